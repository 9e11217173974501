import type { Example } from './example.ts'

/** A model that was trained, and what it is judged by. */
export type TrainedModel = {
  /** Its folder in models/. */
  readonly name: string
  readonly onnx: Uint8Array
  /** Of the file's floats: what the circuit is compared with. */
  readonly run: (inputs: readonly number[]) => number
  /** None of them was seen in training. */
  readonly heldOut: readonly Example[]
  /** What others say of the same examples, in their order. */
  readonly baselines: readonly Contender[]
  readonly measures: readonly Measure[]
}

export type Contender = { readonly name: string; readonly scores: readonly number[] }

type Measure = {
  readonly name: string
  readonly of: (judged: readonly Judged[]) => number
}

export type Judged = { readonly score: number; readonly wanted: number }

/** One line for each contender: its name and each measure. */
export function compare(
  { heldOut, measures }: Pick<TrainedModel, 'heldOut' | 'measures'>,
  contenders: readonly Contender[],
): readonly { readonly name: string; readonly values: readonly number[] }[] {
  return contenders.map(({ name, scores }) => {
    const judged = heldOut.map(({ wanted }, at) => ({ wanted, score: scores[at] ?? Number.NaN }))
    return { name, values: measures.map((measure) => measure.of(judged)) }
  })
}
