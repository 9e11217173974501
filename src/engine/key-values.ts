import { assert } from '../base/assert.ts'
import type { ModelConfig } from './model-config.ts'

/** For each position, layer and head there is a key and a value of `headDimension` numbers. */
export type KeyValueShape = Pick<
  ModelConfig,
  'layers' | 'heads' | 'headDimension' | 'contextTokensMax'
>

/** Keys and values of sequences side by side, each with room for `capacity` positions. */
export type KeyValues = {
  readonly rows: number
  readonly capacity: number
  /** Key and value of layer 0, of layer 1 and so on: each [rows, heads, capacity, head dimension]. */
  readonly arrays: readonly Float32Array[]
  readonly heads: number
  readonly headDimension: number
}

/** What the kernels add up at once, and the positions that stay empty: see `capacityFor`. */
const lanes = 64
const tail = 4

/**
 * Room for a past of `tokens` positions: 64 less one, times one, two, three, four, six, eight and so on up to the context.
 *
 * Why one less: a row's bits must not depend on the room that its neighbours need. onnxruntime's CPU kernels add up in groups of up
 * to 64 terms and put what is left over into another order; with the one new key in front a row of scores is a
 * multiple of 64 long, whatever the room. The product of shares and values goes by fours, so the last three positions stay
 * empty. batch-check.ts tries all of it.
 */
export function capacityFor(tokens: number, contextTokensMax: number): number {
  const most = Math.ceil((contextTokensMax + tail - 1) / lanes)
  let groups = 1
  while (groups * lanes < tokens + tail)
    groups += Math.max(1, 2 ** Math.floor(Math.log2(groups) - 1))
  return Math.min(groups, most) * lanes - 1
}

export function allocate(
  { layers, heads, headDimension }: KeyValueShape,
  { rows, capacity }: { readonly rows: number; readonly capacity: number },
): KeyValues {
  const length = rows * heads * capacity * headDimension
  const arrays = Array.from({ length: 2 * layers }, () => new Float32Array(length))
  return { rows, capacity, arrays, heads, headDimension }
}

/** A stretch of one row. */
type Positions = { readonly of: KeyValues; readonly row: number; readonly first: number }

/** Copies `count` positions; both sides are of one model. */
export function copyPositions(from: Positions, to: Positions, count: number): void {
  assert(from.first + count <= from.of.capacity, 'what is copied is there')
  assert(to.first + count <= to.of.capacity, 'what is copied has room')
  const { heads, headDimension } = from.of
  for (const [index, array] of from.of.arrays.entries()) {
    const target = to.of.arrays[index]
    for (let head = 0; head < heads; head += 1) {
      const start = ((from.row * heads + head) * from.of.capacity + from.first) * headDimension
      const place = ((to.row * heads + head) * to.of.capacity + to.first) * headDimension
      target?.set(array.subarray(start, start + count * headDimension), place)
    }
  }
}

/** Rows `first` to `first + count`, sharing their memory. */
export function rowsOf(
  { capacity, arrays, heads, headDimension }: KeyValues,
  { first, count }: { readonly first: number; readonly count: number },
): KeyValues {
  const size = heads * capacity * headDimension
  return {
    rows: count,
    capacity,
    arrays: arrays.map((array) => array.subarray(first * size, (first + count) * size)),
    heads,
    headDimension,
  }
}
