import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  evaluationStepsMax,
  graphElementsMax,
  layersMax,
  modelBytesMax,
  onnxInitializersMax,
  onnxNameBytesMax,
  onnxNodesMax,
  onnxNumbersMax,
  tensorElementsMax,
  tensorNumbersMax,
  treeNodesMax,
  treesMax,
} from '../../src/provable/limits.ts'
import { modelFaultReasons } from '../../src/provable/model-fault.ts'
import { operatorNames } from '../../src/provable/operators.ts'
import { layerKinds } from '../support/arbitrary-graphs.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/provable-models.md'), 'utf8')
const between = (from: string, to: string): string =>
  page.slice(page.indexOf(`## ${from}`), page.indexOf(`## ${to}`))

test('the operators are those that there are', () => {
  const text = between('Operators', 'Layers')
  const listed = text.slice(0, text.indexOf('\n- '))
  const named = [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  expect(named.toSorted()).toEqual(operatorNames().toSorted())
})

test('the layers are those that there are', () => {
  const named = [...between('Layers', 'Arithmetic').matchAll(/`(\w+)`[,.]/g)].map(
    ([, name]) => name,
  )
  expect(named.toSorted()).toEqual(layerKinds.toSorted())
})

test('every reason of a refusal has its row', () => {
  const rows = [...between('Refusals', 'Models of your own').matchAll(/^\| `(\w+)` \|/gm)]
  expect(rows.map(([, reason]) => reason)).toEqual(modelFaultReasons)
})

test('the limits are those that hold', () => {
  const text = between('Limits', 'Refusals')
  const numbers = [...text.matchAll(/\d[\d,]*(?= and| \|$)/gm)].map(([number]) =>
    Number(number.replaceAll(',', '')),
  )
  expect(numbers).toEqual(
    expect.arrayContaining([
      modelBytesMax,
      onnxNodesMax,
      onnxInitializersMax,
      tensorNumbersMax,
      onnxNumbersMax,
      tensorElementsMax,
      graphElementsMax,
      layersMax,
      evaluationStepsMax,
      treesMax,
      treeNodesMax,
      onnxNameBytesMax,
    ]),
  )
})
