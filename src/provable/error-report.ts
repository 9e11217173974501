/*
 * How far the integers of a model are from its floats, over rows of a sample: what a person decides by whether to serve it. Errors are in
 * the outputs' own unit.
 */

import type { Sample } from './calibrate.ts'
import { evaluate } from './evaluate.ts'
import { elementsOf, type FixedPointGraph } from './fixed-point-graph.ts'
import { evaluateReal, type RealGraph } from './real-graph.ts'

type ErrorSpread = { readonly mean: number; readonly p99: number; readonly max: number }

type OutputErrors = ErrorSpread & {
  readonly name: string
  /** Of the float model over the sample: what an error is to be seen beside. */
  readonly outputMin: number
  readonly outputMax: number
  /** The largest error for the integers themselves, without what rounding the inputs adds; null where `bound` is. */
  readonly maxOnGrid: number | null
  /** What that cannot exceed for any input within the ranges; null where a rounded value is compared (quantise.ts). */
  readonly bound: number | null
}

export type ErrorReport = {
  /** Rows that the model takes. */
  readonly rows: number
  /** Rows of which an input lies outside of the ranges. */
  readonly rowsRefused: number
  readonly outputs: readonly OutputErrors[]
  /**
   * Of rows that decide something, the share that decides the same: the greatest of several values, the label, or the sign of a single
   * value that has both.
   */
  readonly sameDecisions: number
  /** How far another run of the float model, such as onnxruntime's, is from ours at most; null where none was given. */
  readonly floatModelsDiffer: number | null
}

export type ErrorReportTerms = {
  readonly real: RealGraph
  readonly graph: FixedPointGraph
  readonly errorBounds: readonly (number | null)[]
  readonly sample: Sample
  /** Answers of another float model to the rows of the sample, outputs behind each other. They are then what is compared with. */
  readonly floats?: readonly (readonly number[])[]
}

type Row = {
  readonly fixed: readonly number[]
  readonly float: readonly number[]
  readonly onGrid: readonly number[]
  /** Of our own float evaluation to `float`. */
  readonly difference: number
}

export function reportErrors(terms: ErrorReportTerms): ErrorReport {
  const { graph, sample, floats } = terms
  const rows = sample.flatMap((row, index) => rowOf(terms, row, floats?.[index]) ?? [])
  const starts = startsOf(graph)
  const outputs = graph.outputs.map((port, index): OutputErrors => {
    const cut = (values: readonly number[]): readonly number[] =>
      values.slice(starts[index], starts[index + 1])
    const errors = rows.flatMap(({ fixed, float }) => differences(cut(fixed), cut(float)))
    const onGrid = rows.flatMap((row) => differences(cut(row.fixed), cut(row.onGrid)))
    const values = rows.flatMap(({ float }) => cut(float))
    const bound = terms.errorBounds[index] ?? null
    return {
      name: port.name,
      ...spreadOf(errors),
      outputMin: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
      outputMax: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
      maxOnGrid: bound === null ? null : spreadOf(onGrid).max,
      bound,
    }
  })
  const same = rows.filter(({ fixed, float }) => decisionOf(fixed) === decisionOf(float)).length
  return {
    rows: rows.length,
    rowsRefused: sample.length - rows.length,
    outputs,
    sameDecisions: rows.length === 0 ? 0 : same / rows.length,
    floatModelsDiffer:
      floats === undefined ? null : spreadOf(rows.map(({ difference }) => difference)).max,
  }
}

/** Undefined where the row lies outside of the ranges. */
function rowOf(
  { real, graph }: ErrorReportTerms,
  row: readonly number[],
  told: readonly number[] | undefined,
): Row | undefined {
  const inputScales = scalesOf(graph.inputs)
  const integers = row.map((value, at) => Math.round(value * (inputScales[at] ?? 1)))
  const answer = evaluate(graph, integers)
  if (!answer.ok) return undefined
  const outputScales = scalesOf(graph.outputs)
  // The inputs of a float model are float32, and a threshold may be the very number that one is rounded to.
  const own = floatAnswer(real, row.map(Math.fround))
  const float = told ?? own
  return {
    fixed: Array.from(answer.value, (value, at) => value / (outputScales[at] ?? 1)),
    float,
    onGrid: floatAnswer(
      real,
      integers.map((value, at) => value / (inputScales[at] ?? 1)),
    ),
    difference: spreadOf(differences(float, own)).max,
  }
}

const scalesOf = (ports: FixedPointGraph['inputs'] | FixedPointGraph['outputs']): number[] =>
  ports.flatMap(({ shape, scaleBits }) => new Array<number>(elementsOf(shape)).fill(2 ** scaleBits))

function floatAnswer(real: RealGraph, row: readonly number[]): readonly number[] {
  const tensors = evaluateReal(real, row)
  return real.outputs.flatMap(({ tensor }) => [...(tensors[tensor] ?? [])])
}

const differences = (first: readonly number[], second: readonly number[]): readonly number[] =>
  first.map((value, at) => Math.abs(value - (second[at] ?? Number.NaN)))

function startsOf({ outputs }: FixedPointGraph): readonly number[] {
  const starts = [0]
  for (const { shape } of outputs) starts.push((starts.at(-1) ?? 0) + elementsOf(shape))
  return starts
}

function spreadOf(errors: readonly number[]): ErrorSpread {
  const sorted = errors.toSorted((a, b) => a - b)
  const at99 = Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))
  return {
    mean: sorted.reduce((sum, error) => sum + error, 0) / Math.max(1, sorted.length),
    p99: sorted[at99] ?? 0,
    max: sorted.at(-1) ?? 0,
  }
}

/** What a caller would do by an answer; an answer of one value decides by its sign. */
function decisionOf(values: readonly number[]): number {
  if (values.length === 1) return Math.sign(values[0] ?? 0) < 0 ? 0 : 1
  return values.reduce((best, value, at) => (value > (values[best] ?? 0) ? at : best), 0)
}
