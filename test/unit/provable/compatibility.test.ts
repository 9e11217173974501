import { expect, test } from 'vitest'
import {
  type Compatibility,
  compatibility,
  describeRefusal,
} from '../../../src/provable/compatibility.ts'
import { readOnnx } from '../../../src/provable/read-onnx.ts'
import { type OnnxNodeToWrite, writeOnnx } from '../../../src/provable/write-onnx.ts'
import { classifierSamples, numbers, onnxSamples } from '../../support/onnx-samples.ts'

function foundFor(bytes: Uint8Array, outputs?: readonly string[]): Compatibility {
  const model = readOnnx(bytes)
  if (!model.ok) throw new Error(model.error.detail)
  return compatibility(model.value, outputs === undefined ? {} : { outputs })
}

/** x · w, then an activation, then v. */
const network = (activation: Omit<OnnxNodeToWrite, 'inputs' | 'outputs'>): Uint8Array =>
  writeOnnx({
    inputs: [{ name: 'x', elementType: 'float32', shape: ['n', 4] }],
    outputs: [{ name: 'y', elementType: 'float32', shape: undefined }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
      { ...activation, inputs: ['a'], outputs: ['b'] },
      { op: 'MatMul', inputs: ['b', 'v'], outputs: ['y'] },
    ],
    initializers: [numbers('w', 4, 3), numbers('v', 3, 2)],
  })

const bytesOf = (name: string): Uint8Array => {
  const sample = [...onnxSamples, ...classifierSamples].find((one) => one.name === name)
  if (sample === undefined) throw new Error(`There is no sample ${name}`)
  return sample.bytes
}

test('a dense network is for every system', () => {
  expect(foundFor(network({ op: 'Relu' }))).toEqual({
    circom: [],
    noir: [],
    'ezkl-own': [],
    'ezkl-python': [],
  })
})

test('what only ezkl has is named by its node, and ezkl with it', () => {
  const found = foundFor(network({ op: 'Sigmoid', name: 'gate' }))
  expect(found.circom).toEqual(['graph.node[1] Sigmoid "gate": Sigmoid is not supported'])
  expect(found['ezkl-own']).toEqual(found.circom)
  expect(found['ezkl-python']).toEqual([])
  expect(describeRefusal(found, 'noir')).toBe(
    'graph.node[1] Sigmoid "gate": Sigmoid is not supported. ezkl-python can take it.',
  )
})

test('trees and convolutions are for our circuits', () => {
  const trees = foundFor(bytesOf('trees'))
  expect(trees.circom).toEqual([])
  expect(trees['ezkl-own']).toEqual(['layer "y": treeEnsemble is not written for ezkl'])
  expect(trees['ezkl-python']).toEqual([
    'graph.node[0] TreeEnsembleRegressor "y": TreeEnsembleRegressor of "ai.onnx.ml" is not known to be taken by ezkl',
  ])
  const image = foundFor(bytesOf('image'))
  expect(image.noir).toEqual([])
  expect(image['ezkl-python']).toEqual([])
  expect(image['ezkl-own'].length).toBeGreaterThan(0)
  expect(describeRefusal(image, 'ezkl-own')).toContain('circom, noir, ezkl-python can take it.')
})

test('what nobody has is said to be for nobody', () => {
  const found = foundFor(network({ op: 'LSTM', name: 'memory' }))
  expect(describeRefusal(found, 'circom')).toBe(
    'graph.node[1] LSTM "memory": LSTM is not supported. No system here takes it.',
  )
})

test('an attribute that changes the meaning keeps a model out of our circuits', () => {
  const found = foundFor(
    network({ op: 'Relu', name: 'r', attributes: { ceiling: { kind: 'float', value: 6 } } }),
  )
  expect(found.circom).toEqual(['graph.node[1] Relu "r": attribute "ceiling" is not supported'])
})

test('of two outputs only the wanted one is asked about', () => {
  expect(foundFor(bytesOf('three classes'), ['scores']).circom).toEqual([])
  expect(foundFor(bytesOf('three classes'), ['nothing']).circom).toEqual([
    'outputs are without "nothing"',
  ])
})
