import { err, ok, type Result } from '../base/result.ts'
import { evaluate } from '../provable/evaluate.ts'
import type { FixedPointGraph } from '../provable/fixed-point-graph.ts'
import { elementsOf } from '../provable/fixed-point-graph.ts'
import { evaluateReal, type RealGraph } from '../provable/real-graph.ts'
import { quantiseInputs } from './quantise-inputs.ts'
import type { Sample } from './read-sample.ts'

/** How far the integers are from the floats of the same model, over the rows of a sample. In the outputs' own unit. */
export type ErrorReport = {
  readonly rows: number
  /** Rows of which an input lies outside of what the model takes. */
  readonly rowsRefused: number
  readonly mean: number
  readonly p99: number
  readonly max: number
  /** Of the outputs of the float model over the sample: what an error is to be seen beside. */
  readonly outputMin: number
  readonly outputMax: number
  /** What no input can exceed; null where there is no such bound. */
  readonly bound: number | null
}

export function reportErrors({
  real,
  graph,
  sample,
  errorBounds,
}: {
  readonly real: RealGraph
  readonly graph: FixedPointGraph
  readonly sample: Sample
  readonly errorBounds: readonly (number | null)[]
}): Result<ErrorReport, string> {
  const scales = graph.outputs.flatMap(({ shape, scaleBits }) =>
    new Array<number>(elementsOf(shape)).fill(scaleBits),
  )
  const [errors, outputs]: [number[], number[]] = [[], []]
  let rowsRefused = 0
  for (const row of sample) {
    const integers = evaluate(graph, quantiseInputs(graph, row))
    if (!integers.ok) {
      rowsRefused += 1
      continue
    }
    const tensors = evaluateReal(real, row)
    const floats = real.outputs.flatMap(({ tensor }) => [...(tensors[tensor] ?? [])])
    for (const [at, float] of floats.entries()) {
      outputs.push(float)
      errors.push(Math.abs((integers.value[at] ?? Number.NaN) / 2 ** (scales[at] ?? 0) - float))
    }
  }
  if (errors.length === 0) return err('the model takes no row of the sample')
  errors.sort((a, b) => a - b)
  const bounds = errorBounds.filter((bound) => bound !== null)
  return ok({
    rows: sample.length,
    rowsRefused,
    mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    p99: errors[Math.min(errors.length - 1, Math.floor(0.99 * errors.length))] ?? 0,
    max: errors.at(-1) ?? 0,
    outputMin: outputs.reduce((least, value) => Math.min(least, value)),
    outputMax: outputs.reduce((most, value) => Math.max(most, value)),
    bound: bounds.length === errorBounds.length ? Math.max(...bounds) : null,
  })
}
