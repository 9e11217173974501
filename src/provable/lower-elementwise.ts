/* Operators on each value by itself, or on two at the same place. */
import { broadcast, broadcastShape } from './arranging.ts'
import { affine, patternOf, spread } from './lower-linear.ts'
import {
  addLayer,
  attribute,
  type Constant,
  constantAt,
  fail,
  type Lower,
  type LoweredNode,
  type Operand,
  operandAt,
  optionalConstant,
  type Value,
  valueAt,
} from './lowering.ts'

/** Two operands at the shape that they broadcast to. */
type Pair =
  | { readonly kind: 'values'; readonly first: Value; readonly second: Value }
  | {
      readonly kind: 'constant'
      readonly value: Value
      readonly numbers: readonly number[]
      /** The constant is the first operand. */
      readonly isFirst: boolean
    }

function pairOf(lowered: LoweredNode): Pair {
  return pairedWith(lowered, operandAt(lowered, 0), operandAt(lowered, 1))
}

function pairedWith(lowered: LoweredNode, first: Operand, second: Operand): Pair {
  const shape = broadcastShape(lowered, first.shape, second.shape)
  if (first.kind === 'value' && second.kind === 'value') {
    return {
      kind: 'values',
      first: broadcast(lowered, first, shape),
      second: broadcast(lowered, second, shape),
    }
  }
  const value = first.kind === 'value' ? first : second
  const constant = first.kind === 'value' ? second : first
  if (value.kind !== 'value' || constant.kind !== 'constant') {
    return fail(lowered, 'unsupported_operand', 'has constants alone')
  }
  return {
    kind: 'constant',
    value: broadcast(lowered, value, shape),
    numbers: spread(lowered, constant, shape),
    isFirst: first.kind === 'constant',
  }
}

type Factors = readonly [first: number, second: number]

/** first · factor + second · factor. */
function weighted(lowered: LoweredNode, pair: Pair, [ofFirst, ofSecond]: Factors): Value {
  if (pair.kind === 'constant') {
    const { value, numbers, isFirst } = pair
    return affine(lowered, value, {
      multipliers: numbers.map(() => (isFirst ? ofSecond : ofFirst)),
      offsets: numbers.map((number) => number * (isFirst ? ofFirst : ofSecond)),
    })
  }
  const { first, second } = pair
  const inputs = [first.tensor, second.tensor] as const
  const multipliers = [ofFirst, ofSecond] as const
  return addLayer(lowered, { kind: 'add', inputs, multipliers, offset: 0 }, first.shape)
}

export const add: Lower = (lowered) => [weighted(lowered, pairOf(lowered), [1, 1])]
export const subtract: Lower = (lowered) => [weighted(lowered, pairOf(lowered), [1, -1])]

/** Any number of operands. */
export const sum: Lower = (lowered) => {
  const [first, ...others] = lowered.inputs.map((_, index) => operandAt(lowered, index))
  if (first === undefined) return fail(lowered, 'shape_mismatch', 'has no inputs')
  return [
    others.reduce(
      (total, operand) => weighted(lowered, pairedWith(lowered, total, operand), [1, 1]),
      first,
    ),
  ]
}

export const multiply: Lower = (lowered) => {
  const pair = pairOf(lowered)
  if (pair.kind === 'constant') return [timesConstant(lowered, pair.value, pair.numbers)]
  return [product(lowered, pair.first, pair.second)]
}

function timesConstant(lowered: LoweredNode, value: Value, numbers: readonly number[]): Value {
  return affine(lowered, value, { multipliers: numbers, offsets: numbers.map(() => 0) })
}

function product(lowered: LoweredNode, first: Value, second: Value): Value {
  const inputs = [first.tensor, second.tensor] as const
  return addLayer(lowered, { kind: 'multiply', inputs, offset: 0 }, first.shape)
}

export const divide: Lower = (lowered) => {
  const pair = pairOf(lowered)
  if (pair.kind === 'values' || pair.isFirst) {
    return fail(lowered, 'unsupported_operand', 'divides by a value that is computed')
  }
  const inverses = pair.numbers.map((number) => 1 / number)
  if (!inverses.every(Number.isFinite)) fail(lowered, 'not_finite', 'divides by 0')
  return [timesConstant(lowered, pair.value, inverses)]
}

export const negate: Lower = (lowered) => [negated(lowered, valueAt(lowered, 0))]

export const negated = (lowered: LoweredNode, value: Value): Value =>
  addLayer(
    lowered,
    { kind: 'scale', input: value.tensor, multipliers: [-1], offsets: [0], repeat: 1 },
    value.shape,
  )

/** Squares, and what needs no arithmetic. */
export const power: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const exponents = [...constantAt(lowered, 1).values]
  const [exponent] = exponents
  if (exponents.length !== 1 || (exponent !== 1 && exponent !== 2)) {
    fail(
      lowered,
      'unsupported_operand',
      `raises to ${exponents.slice(0, 4)}; 1 and 2 are supported`,
    )
  }
  return [exponent === 1 ? value : product(lowered, value, value)]
}

type Bounds = { readonly atLeast: number | null; readonly atMost: number | null }

const clipped = (lowered: LoweredNode, value: Value, bounds: Bounds): Value =>
  addLayer(lowered, { kind: 'clip', input: value.tensor, ...bounds }, value.shape)

const rectified = (lowered: LoweredNode, value: Value): Value =>
  clipped(lowered, value, { atLeast: 0, atMost: null })

export const relu: Lower = (lowered) => [rectified(lowered, valueAt(lowered, 0))]

/** Bounds are attributes up to operator set 10, then inputs. */
export const clip: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const bound = (name: 'min' | 'max', index: number): number | null =>
    attribute(lowered, name, 'float') ?? optionalConstant(lowered, index)?.values[0] ?? null
  const atLeast = bound('min', 1)
  const atMost = bound('max', 2)
  if (atLeast !== null && atMost !== null && atLeast > atMost) {
    fail(lowered, 'unsupported_operand', `clips to nothing, ${atLeast} to ${atMost}`)
  }
  return [clipped(lowered, value, { atLeast, atMost })]
}

export const leakyRelu: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  return [bent(lowered, value, [attribute(lowered, 'alpha', 'float') ?? 0.01])]
}

function bent(lowered: LoweredNode, value: Value, all: readonly number[]): Value {
  const { multipliers: slopes, repeat } = patternOf({ multipliers: all, offsets: all }, value.shape)
  const layer = { kind: 'leakyRelu', input: value.tensor, slopes, repeat, offset: 0 } as const
  return addLayer(lowered, layer, value.shape)
}

export const pRelu: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  return [bent(lowered, value, spread(lowered, constantAt(lowered, 1), value.shape))]
}

/** Below zero the slope is −1. */
export const absolute: Lower = (lowered) => [bent(lowered, valueAt(lowered, 0), [-1])]

function hardSigmoidOf(lowered: LoweredNode, value: Value, line: readonly [number, number]): Value {
  const [slope, offset] = line
  const scaled = addLayer(
    lowered,
    { kind: 'scale', input: value.tensor, multipliers: [slope], offsets: [offset], repeat: 1 },
    value.shape,
  )
  return clipped(lowered, scaled, { atLeast: 0, atMost: 1 })
}

export const hardSigmoid: Lower = (lowered) => {
  const slope = attribute(lowered, 'alpha', 'float') ?? 0.2
  const offset = attribute(lowered, 'beta', 'float') ?? 0.5
  return [hardSigmoidOf(lowered, valueAt(lowered, 0), [slope, offset])]
}

export const hardSwish: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  return [product(lowered, value, hardSigmoidOf(lowered, value, [1 / 6, 0.5]))]
}

/** max(a, b) = b + relu(a − b); min(a, b) = b − relu(b − a). Of any number of operands. */
function extreme(lowered: LoweredNode, sign: 1 | -1): readonly Operand[] {
  const [first, ...others] = lowered.inputs.map((_, index) => operandAt(lowered, index))
  if (first === undefined) return fail(lowered, 'shape_mismatch', 'has no inputs')
  return [
    others.reduce((chosen, operand) => {
      const bound = operand.kind === 'constant' ? onlyNumberOf(operand) : undefined
      if (chosen.kind === 'value' && bound !== undefined) {
        const bounds = { atLeast: sign > 0 ? bound : null, atMost: sign > 0 ? null : bound }
        return clipped(lowered, chosen, bounds)
      }
      const differences = weighted(lowered, pairedWith(lowered, chosen, operand), [sign, -sign])
      const beyond = rectified(lowered, differences)
      return weighted(lowered, pairedWith(lowered, beyond, operand), [sign, 1])
    }, first),
  ]
}

/** Of a constant that has one and does not make the other operand larger. */
const onlyNumberOf = ({ shape, values }: Constant): number | undefined =>
  values.length === 1 && shape.length <= 1 ? values[0] : undefined

export const max: Lower = (lowered) => extreme(lowered, 1)
export const min: Lower = (lowered) => extreme(lowered, -1)
