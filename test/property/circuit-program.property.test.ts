import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Step } from '../../src/provable/circuit-program.ts'
import { circuitProgramOf } from '../../src/provable/circuit-program-of.ts'
import { evaluate } from '../../src/provable/evaluate.ts'
import type { FixedPointGraph } from '../../src/provable/fixed-point-graph.ts'
import { anyGraphAndInput, graphOf, layerKinds } from '../support/arbitrary-graphs.ts'
import { expectOk } from '../support/dev-chain.ts'
import { runCircuitProgram } from '../support/run-circuit-program.ts'

/** Every wire, and the outputs against the graph's. */
function heldToGraph(graph: FixedPointGraph, input: readonly number[]): void {
  const program = expectOk(circuitProgramOf(graph))
  const wires = runCircuitProgram(program, input)
  const outputs = program.outputs.map((wire) => wires[wire])
  expect(outputs).toEqual([...expectOk(evaluate(graph, input))])
  for (const step of program.steps) heldToBits(step, wires)
}

/** What a sign or a shift reads has no more bits than its gadget checks: else an honest prover had no proof. */
function heldToBits(step: Step, wires: readonly number[]): void {
  if (step.kind !== 'sign' && step.kind !== 'shift') return
  const least = (bits: number): number => (step.kind === 'shift' && !step.negatives ? 0 : -bits)
  step.of.forEach((wire, element) => {
    const bound = 2 ** (step.bits[element] ?? 0)
    expect(wires[wire]).toBeLessThan(bound)
    expect(wires[wire]).toBeGreaterThanOrEqual(least(bound))
  })
}

test('a program answers what its graph does, and no wire outgrows its bits', () => {
  fc.assert(
    fc.property(anyGraphAndInput, ({ graph, input }) => heldToGraph(graph, input)),
    { numRuns: 200 },
  )
})

test.each(layerKinds)('a program of %s answers what its graph does', (kind) => {
  for (const seed of [1, 2, 3, 4]) {
    const graph = graphOf(6, [
      { kind, seed },
      { kind: 'clip', seed },
      { kind, seed: seed + 10 },
    ])
    const ends = [0, 1].map((end) =>
      graph.inputs.flatMap(({ minima, maxima, shape }) =>
        Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, element) => {
          const bounds = end === 0 ? minima : maxima
          return bounds[element % bounds.length] ?? 0
        }),
      ),
    )
    for (const input of ends) heldToGraph(graph, input)
  }
})
