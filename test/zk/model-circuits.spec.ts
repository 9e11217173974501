import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { assert } from '../../src/base/assert.ts'
import { packedLength, packedValues } from '../../src/base/packed-tensor.ts'
import { circuitProgramOf } from '../../src/provable/circuit-program-of.ts'
import { evaluate } from '../../src/provable/evaluate.ts'
import type { FixedPointGraph } from '../../src/provable/fixed-point-graph.ts'
import { writeCircom } from '../../src/provable/write-circom.ts'
import { noirManifest, writeNoir } from '../../src/provable/write-noir.ts'
import {
  assortedModel,
  denseModel,
  edgeInput,
  someInput,
  treeModel,
} from '../support/circuit-models.ts'
import { type CompiledCircuit, compiledCircom, compiledNoir } from '../support/compiled-circuits.ts'
import { mutateEachSignal } from '../support/mutate-witness.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-models-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const compilers = {
  circom: (graph: FixedPointGraph, name: string) =>
    compiledCircom(writeCircom(programOf(graph)), { folder, name: `${name}-circom` }),
  noir: (graph: FixedPointGraph, name: string) =>
    compiledNoir(writeNoir(programOf(graph)), noirManifest, { folder, name: `${name}-noir` }),
} as const

/** Rows that each model takes: a change of these numbers is a change of what every proof costs. */
const models = [
  { name: 'dense', graph: denseModel([4, 6, 2]), rows: { circom: 267, noir: 316 } },
  { name: 'trees', graph: treeModel(2, 3, 8), rows: { circom: 372, noir: 437 } },
  { name: 'assorted', graph: assortedModel(), rows: { circom: 431, noir: 790 } },
]

describe.each(['circom', 'noir'] as const)('%s', (language) => {
  describe.each(models)('the $name model', ({ name, graph, rows }) => {
    let compiled: CompiledCircuit | undefined
    const circuit = async (): Promise<CompiledCircuit> => {
      compiled ??= await compilers[language](graph, name)
      return compiled
    }

    test('takes as many rows as it did', async () => {
      expect((await circuit()).system.constraints.length).toBe(rows[language])
    })

    test('is satisfied by what the model answers, and by no other answer', async () => {
      const { witness } = await circuit()
      const inputs = [edgeInput(graph, 'least'), edgeInput(graph, 'greatest'), someInput(graph, 5)]
      for (const x of inputs) {
        const y = answerOf(graph, x)
        await expect(witness([...packedValues(x), ...packedValues(y)])).resolves.toBeDefined()
        for (const wrong of wrongAnswers(y)) {
          await expect(witness([...packedValues(x), ...packedValues(wrong)])).rejects.toThrow()
        }
      }
    })

    test('is satisfied by no input outside of its bounds, and by no bit behind the last', async () => {
      const { witness } = await circuit()
      const x = someInput(graph, 6)
      const valid = [...packedValues(x), ...packedValues(answerOf(graph, x))]
      const beyond = x.map((value, at) =>
        at === 0 ? (edgeInput(graph, 'greatest')[0] ?? 0) + 1 : value,
      )
      const answer = answerOf(graph, x)
      await expect(witness([...packedValues(beyond), ...packedValues(answer)])).rejects.toThrow()
      for (const at of valid.keys()) {
        const marked = valid.map((element, place) =>
          place === at ? element + 2n ** 224n : element,
        )
        await expect(witness(marked)).rejects.toThrow()
      }
    })

    test('breaks when any one signal of the prover is another', async () => {
      const { system, names, witness } = await circuit()
      const x = someInput(graph, 8)
      const valid = await witness([...packedValues(x), ...packedValues(answerOf(graph, x))])
      const { mutated, free } = mutateEachSignal(system, valid, names)
      expect(mutated).toBe(system.wireCount - 1)
      const publics = system.publicInputCount
      expect(free.filter(({ wire }) => wire > publics)).toEqual([])
      // A public element alone can be another where that is another statement, and a true one.
      for (const { wire, instead } of free) {
        assert(instead !== 'any', 'a public element is bound')
        const statement = valid.slice(1, publics + 1).with(wire - 1, instead)
        const { inputs, outputs } = unpacked(graph, statement)
        expect(inputs).not.toEqual(x)
        expect(outputs).toEqual(answerOf(graph, inputs))
      }
    })
  })
})

function programOf(graph: FixedPointGraph) {
  const program = circuitProgramOf(graph)
  assert(program.ok, 'the model has a circuit')
  return program.value
}

function answerOf(graph: FixedPointGraph, x: readonly number[]): readonly number[] {
  const y = evaluate(graph, x)
  assert(y.ok, 'the model answers')
  return [...y.value]
}

/** Each value one more, and one less. */
const wrongAnswers = (y: readonly number[]): readonly (readonly number[])[] =>
  [1, -1].flatMap((step) =>
    y.map((_, at) => y.map((value, place) => value + (place === at ? step : 0))),
  )

/** The values of a statement, as packed-values.ts writes them. */
function unpacked(graph: FixedPointGraph, statement: readonly bigint[]) {
  const { inputs, outputs } = programOf(graph)
  const valuesOf = (elements: readonly bigint[], count: number) =>
    Array.from({ length: count }, (_, at) => {
      const element = elements[Math.floor(at / 7)] ?? 0n
      return Number((element >> BigInt(32 * (at % 7))) & 0xffffffffn) - 2 ** 31
    })
  const ofInputs = packedLength(inputs.length)
  return {
    inputs: valuesOf(statement, inputs.length),
    outputs: valuesOf(statement.slice(ofInputs), outputs.length),
  }
}
