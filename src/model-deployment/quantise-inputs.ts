import { elementsOf, type FixedPointGraph } from '../provable/fixed-point-graph.ts'

/** Floats to the nearest integers on the grid of each input. */
export function quantiseInputs(graph: FixedPointGraph, row: readonly number[]): readonly number[] {
  const scales = graph.inputs.flatMap(({ shape, scaleBits }) =>
    new Array<number>(elementsOf(shape)).fill(scaleBits),
  )
  return row.map((value, at) => Math.round(value * 2 ** (scales[at] ?? 0)))
}
