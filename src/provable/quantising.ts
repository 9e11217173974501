/* What a layer is quantised with: the tensors before it, how fine its output should be, and how far it may be off. */
import type { Layer } from './fixed-point-graph.ts'
import { type Intervals, layerIntervals } from './layer-intervals.ts'
import { exactIntegerMax, nameLengthMax, scaleBitsMax, shiftBitsMax } from './limits.ts'
import { refuse } from './model-fault.ts'

/** A tensor of the fixed-point graph that stands for one of the real graph. */
export type FixedTensor = {
  readonly tensor: number
  readonly scaleBits: number
  /** Its integers. */
  readonly intervals: Intervals
  /**
   * How far integer / 2^scaleBits is from the real value at most, for every input on the grid within the ranges; Infinity behind a
   * comparison of values that are not exact.
   */
  readonly error: number
}

export type Quantising = {
  readonly layers: Layer[]
  /** The number of the next tensor. */
  next: number
  /** Bits of the largest value of the sample, of a tensor. */
  readonly activationBits: number
}

/** A layer of the real graph, with what it reads and what the sample says of what comes out. */
export type LayerToQuantise<L extends Layer = Layer> = {
  readonly quantising: Quantising
  readonly layer: L
  readonly inputs: readonly FixedTensor[]
  /** The largest absolute value that the sample makes. */
  readonly magnitude: number
}

/** No value of a tensor needs more, whatever the input, so that sums of products stay exact and outputs are int32. */
const valueBitsMax = 30
/** A scale beyond this says nothing of any model that we know. */
const fineBitsMax = 24
const coefficientBitsMax = 30

export const roundedTimes = (value: number, bits: number): number =>
  Math.round(value * 2 ** bits) + 0

/** The least power of two that is not below a positive number; −1,074 and less is taken for a value that is always 0. */
export const bitsAbove = (value: number): number => (value > 0 ? Math.ceil(Math.log2(value)) : 0)

/** How far from its value a coefficient is at a scale. */
export const offBy = (value: number, bits: number): number =>
  Math.abs(roundedTimes(value, bits) / 2 ** bits - value)

export function greatestOf(values: Iterable<number>): number {
  let greatest = 0
  for (const value of values) greatest = Math.max(greatest, value)
  return greatest
}

/** The largest absolute value of a tensor, in the model's numbers. */
export function reachOf({ intervals, scaleBits }: FixedTensor): number {
  const integers = Math.max(
    greatestOf(intervals.maxima),
    greatestOf(intervals.minima.map((value) => -value)),
  )
  return integers / 2 ** scaleBits
}

/** The scale at which what the sample makes has as many bits as are wanted. */
const wantedScale = ({ quantising, magnitude }: LayerToQuantise): number =>
  Math.min(Math.max(quantising.activationBits - 1 - bitsAbove(magnitude), 0), fineBitsMax)

/**
 * Bits behind the point of a layer's coefficients. Each is off by half of the last; over `terms` values of up to `reach` that adds up
 * like a random walk, to about half a step of the output.
 */
export function coefficientBits(
  at: LayerToQuantise,
  {
    coefficients,
    terms,
    reach,
  }: { readonly coefficients: readonly number[]; readonly terms: number; readonly reach: number },
): number {
  if (coefficients.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 20)) return 0
  const bits = wantedScale(at) + bitsAbove(reach) + Math.ceil(Math.log2(terms) / 2)
  return Math.min(Math.max(bits, 0), coefficientBitsMax)
}

/** A layer at its finest, before its rescale, and where its offsets are. */
export type Sums = {
  readonly layer: Layer
  /** Scale of the sums. */
  readonly scaleBits: number
  readonly rescaled: (shift: number, half: number) => Layer
}

/** Coarser coefficients until every sum is exact; then the sums are brought to the scale that the output should have. */
export function fitSums(
  at: LayerToQuantise,
  bits: number,
  sumsAt: (bits: number) => Sums,
): {
  readonly fixed: Omit<FixedTensor, 'error'>
  readonly bits: number
  readonly rounding: number
} {
  const inputs = at.inputs.map(({ intervals }) => intervals)
  let tried = bits
  while (tried >= 0) {
    const sums = sumsAt(tried)
    const { output, magnitude } = layerIntervals(sums.layer, inputs)
    // Half of what exact sums may reach leaves room for what rounding adds.
    const excess = Math.ceil(Math.log2(magnitude / (exactIntegerMax / 2)))
    if (excess > 0) {
      tried -= excess
      continue
    }
    const reach = reachOf({ tensor: 0, error: 0, intervals: output, scaleBits: sums.scaleBits })
    const most = valueBitsMax - bitsAbove(reach)
    const scaleBits = Math.min(wantedScale(at), sums.scaleBits, most)
    if (scaleBits < 0 || sums.scaleBits - scaleBits > shiftBitsMax) break
    const shift = sums.scaleBits - scaleBits
    const half = shift === 0 ? 0 : 2 ** (shift - 1)
    const rounded = (sum: number): number => Math.floor((sum + half) / 2 ** shift) + 0
    const intervals = {
      minima: output.minima.map(rounded),
      maxima: output.maxima.map(rounded),
    }
    const tensor = pushLayer(at, sums.rescaled(shift, half), scaleBits)
    const rounding = shift === 0 ? 0 : 2 ** -(scaleBits + 1)
    return { fixed: { tensor, scaleBits, intervals }, bits: tried, rounding }
  }
  return refuse(
    'overflow',
    `layer ${JSON.stringify(at.layer.name)}`,
    'can reach values that no scale holds, for inputs within the ranges',
  )
}

/** Adds a layer whose sums are known to be exact. */
export function addFixed(
  at: LayerToQuantise,
  layer: Layer,
  scaleBits: number,
): Omit<FixedTensor, 'error'> {
  const inputs = at.inputs.map(({ intervals }) => intervals)
  const { output, magnitude } = layerIntervals(layer, inputs)
  if (!(magnitude <= exactIntegerMax && scaleBits >= 0 && scaleBits <= scaleBitsMax)) {
    refuse('overflow', `layer ${JSON.stringify(at.layer.name)}`, 'has sums that no scale holds')
  }
  return { tensor: pushLayer(at, layer, scaleBits), scaleBits, intervals: output }
}

/** The number of the layer's tensor. */
function pushLayer(
  { quantising, layer: { name } }: LayerToQuantise,
  layer: Layer,
  scaleBits: number,
): number {
  quantising.layers.push({ ...layer, name: name.slice(0, nameLengthMax), scaleBits })
  quantising.next += 1
  return quantising.next - 1
}
