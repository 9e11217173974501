import type { Example } from './example.ts'

/** offset + Σ weights · (input − mean) / deviation. */
export type LinearModel = {
  readonly means: readonly number[]
  readonly deviations: readonly number[]
  readonly weights: readonly number[]
  readonly offset: number
}

export const runLinear = (model: LinearModel, inputs: readonly number[]): number =>
  inputs.reduce(
    (sum, value, at) =>
      sum +
      ((model.weights[at] ?? 0) * (value - (model.means[at] ?? 0))) / (model.deviations[at] ?? 1),
    model.offset,
  )

/** Logistic regression of labels of 0 and 1 by steps down the whole slope; the log-odds are linear. */
export function fitLogistic(examples: readonly Example[], steps: number): LinearModel {
  const features = examples[0]?.inputs.length ?? 0
  const columns = Array.from({ length: features }, (_, at) =>
    examples.map(({ inputs }) => inputs[at] ?? 0),
  )
  const means = columns.map((column) => sumOf(column) / column.length)
  const deviations = columns.map((column, at) => {
    const squares = column.map((value) => (value - (means[at] ?? 0)) ** 2)
    return Math.sqrt(sumOf(squares) / column.length) || 1
  })
  const rows = examples.map(({ inputs }) =>
    inputs.map((value, at) => (value - (means[at] ?? 0)) / (deviations[at] ?? 1)),
  )
  const weights = new Array<number>(features).fill(0)
  let offset = 0
  for (let step = 0; step < steps; step += 1) {
    const slopes = new Array<number>(features).fill(0)
    let slope = 0
    for (const [at, row] of rows.entries()) {
      const logOdds = row.reduce((sum, value, of) => sum + value * (weights[of] ?? 0), offset)
      const error = 1 / (1 + Math.exp(-logOdds)) - (examples[at]?.wanted ?? 0)
      slope += error
      for (const [of, value] of row.entries()) slopes[of] = (slopes[of] ?? 0) + error * value
    }
    offset -= slope / rows.length
    for (const [of, sum] of slopes.entries()) weights[of] = (weights[of] ?? 0) - sum / rows.length
  }
  return { means, deviations, weights, offset }
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
