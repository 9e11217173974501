/* Operators that join, cut and pick values. */
import { arranged, overPlaces, stridesOf } from './arranging.ts'
import { elementsOf } from './fixed-point-graph.ts'
import {
  addLayer,
  attribute,
  axisOf,
  constantAt,
  fail,
  integersAt,
  type Lower,
  type LoweredNode,
  mustBe,
  type Operand,
  operandAt,
  optionalConstant,
  type Value,
  valueAt,
} from './lowering.ts'

/** Constants among the values are added to places that are left at zero. */
export const concat: Lower = (lowered) => {
  const operands = lowered.inputs.map((_, index) => operandAt(lowered, index))
  const [first] = operands
  if (first === undefined) return fail(lowered, 'shape_mismatch', 'has no inputs')
  const axis = axisOf(lowered, attribute(lowered, 'axis', 'int') ?? 1, first.shape.length)
  const isAlike = operands.every(
    ({ shape }) =>
      shape.length === first.shape.length &&
      shape.every((size, at) => at === axis || size === first.shape[at]),
  )
  if (!isAlike) fail(lowered, 'shape_mismatch', 'has inputs whose shapes do not go together')
  const sizes = operands.map(({ shape }) => shape[axis] ?? 0)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const shape = first.shape.with(axis, total)
  return [joined(lowered, operands, { shape, axis, starts: startsOf(sizes) })]
}

const startsOf = (sizes: readonly number[]): readonly number[] =>
  sizes.map((_, at) => sizes.slice(0, at).reduce((sum, size) => sum + size, 0))

type Joining = {
  readonly shape: readonly number[]
  readonly axis: number
  /** Where each operand begins along the axis. */
  readonly starts: readonly number[]
}

function joined(
  lowered: LoweredNode,
  operands: readonly Operand[],
  { shape, axis, starts }: Joining,
): Value {
  const values = operands.filter((operand) => operand.kind === 'value')
  const firstOf = new Map<Operand, number>()
  let count = 0
  for (const value of values) {
    if (!firstOf.has(value)) firstOf.set(value, count)
    count += elementsOf(value.shape)
  }
  const strides = operands.map((operand) => stridesOf(operand.shape))
  const source = (place: readonly number[]): { operand: Operand | undefined; index: number } => {
    const position = place[axis] ?? 0
    const at = starts.findLastIndex((start) => start <= position)
    const index = place.reduce((sum, here, along) => {
      const inside = along === axis ? here - (starts[at] ?? 0) : here
      return sum + inside * (strides[at]?.[along] ?? 0)
    }, 0)
    return { operand: operands[at], index }
  }
  const indices = overPlaces(lowered, shape, (place) => {
    const { operand, index } = source(place)
    return operand?.kind === 'value' ? (firstOf.get(operand) ?? 0) + index : -1
  })
  const moved = arranged(lowered, values, { indices, shape })
  if (values.length === operands.length) return moved
  const offsets = overPlaces(lowered, shape, (place) => {
    const { operand, index } = source(place)
    return operand?.kind === 'constant' ? (operand.values[index] ?? 0) : 0
  })
  const multipliers = offsets.map(() => 1)
  const scale = { kind: 'scale', input: moved.tensor, multipliers, offsets, repeat: 1 } as const
  return addLayer(lowered, scale, shape)
}

type Cut = {
  readonly axis: number
  readonly start: number
  readonly step: number
  readonly size: number
}

function cutOut(lowered: LoweredNode, value: Value, cuts: readonly Cut[]): Value {
  const strides = stridesOf(value.shape)
  const shape = value.shape.map((size, axis) => cuts.find((cut) => cut.axis === axis)?.size ?? size)
  const indices = overPlaces(lowered, shape, (place) =>
    place.reduce((sum, position, axis) => {
      const cut = cuts.find((one) => one.axis === axis)
      const from = cut === undefined ? position : cut.start + position * cut.step
      return sum + from * (strides[axis] ?? 0)
    }, 0),
  )
  return arranged(lowered, [value], { indices, shape })
}

/** Bounds are attributes up to operator set 9, then inputs. */
export const slice: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const starts = attribute(lowered, 'starts', 'ints') ?? integersAt(lowered, 1) ?? []
  const ends = attribute(lowered, 'ends', 'ints') ?? integersAt(lowered, 2) ?? []
  const axes = attribute(lowered, 'axes', 'ints') ?? integersAt(lowered, 3) ?? [...starts.keys()]
  const steps = integersAt(lowered, 4) ?? starts.map(() => 1)
  if (ends.length !== starts.length || axes.length !== starts.length) {
    fail(lowered, 'shape_mismatch', 'has starts, ends and axes of different lengths')
  }
  const cuts = starts.map((from, at) => {
    const axis = axisOf(lowered, axes[at] ?? 0, value.shape.length)
    const range = { from, to: ends[at] ?? 0, step: steps[at] ?? 1 }
    return { axis, ...sliced(lowered, range, value.shape[axis] ?? 0) }
  })
  if (new Set(cuts.map(({ axis }) => axis)).size !== cuts.length) {
    fail(lowered, 'shape_mismatch', 'names an axis twice')
  }
  return [cutOut(lowered, value, cuts)]
}

/** As Python slices a list of `size`. */
function sliced(
  lowered: LoweredNode,
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
  size: number,
): Omit<Cut, 'axis'> {
  if (step === 0) fail(lowered, 'shape_mismatch', 'has a step of 0')
  const least = step > 0 ? 0 : -1
  const most = step > 0 ? size : size - 1
  const bounded = (at: number): number => Math.min(Math.max(at < 0 ? at + size : at, least), most)
  const start = bounded(from)
  const count = Math.max(0, Math.ceil((bounded(to) - start) / step))
  return { start, step, size: count }
}

export const split: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const axis = axisOf(lowered, attribute(lowered, 'axis', 'int') ?? 0, value.shape.length)
  const size = value.shape[axis] ?? 0
  const parts = lowered.node.outputs.length
  const even = Math.ceil(size / parts)
  const sizes =
    attribute(lowered, 'split', 'ints') ??
    integersAt(lowered, 1) ??
    Array.from({ length: parts }, (_, part) => Math.min(even, size - part * even))
  const isWhole = sizes.length === parts && sizes.every((part) => part > 0)
  if (!isWhole || sizes.reduce((sum, part) => sum + part, 0) !== size) {
    fail(lowered, 'shape_mismatch', `cannot cut ${size} into [${sizes.slice(0, 16)}]`)
  }
  return startsOf(sizes).map((start, part) =>
    cutOut(lowered, value, [{ axis, start, step: 1, size: sizes[part] ?? 0 }]),
  )
}

export const gather: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const axis = axisOf(lowered, attribute(lowered, 'axis', 'int') ?? 0, value.shape.length)
  const { shape, values } = constantAt(lowered, 1)
  return [gathered(lowered, value, { axis, shape, positions: [...values] })]
}

/** ai.onnx.ml's own, along the last axis. */
export const arrayFeatureExtractor: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const positions = integersAt(lowered, 1) ?? []
  const axis = value.shape.length - 1
  return [gathered(lowered, value, { axis, shape: [positions.length], positions })]
}

type Gathering = {
  readonly axis: number
  readonly shape: readonly number[]
  readonly positions: readonly number[]
}

function gathered(
  lowered: LoweredNode,
  value: Value,
  { axis, shape, positions }: Gathering,
): Value {
  const size = value.shape[axis] ?? 0
  const counted = positions.map((position) => axisOf(lowered, position, size))
  const strides = stridesOf(value.shape)
  const innerStrides = stridesOf(shape)
  const whole = [...value.shape.slice(0, axis), ...shape, ...value.shape.slice(axis + 1)]
  const rank = shape.length
  const indices = overPlaces(lowered, whole, (place) => {
    const inner = place.slice(axis, axis + rank)
    const at = inner.reduce((sum, here, along) => sum + here * (innerStrides[along] ?? 0), 0)
    const outer = [...place.slice(0, axis), counted[at] ?? 0, ...place.slice(axis + rank)]
    return outer.reduce((sum, here, along) => sum + here * (strides[along] ?? 0), 0)
  })
  return arranged(lowered, [value], { indices, shape: whole })
}

/** Pads are an attribute up to operator set 10, then an input. */
export const pad: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const mode = attribute(lowered, 'mode', 'text') ?? 'constant'
  mustBe(lowered, { name: 'mode', value: mode, expected: 'constant' })
  const filling = attribute(lowered, 'value', 'float') ?? optionalConstant(lowered, 2)?.values[0]
  mustBe(lowered, { name: 'constant_value', value: filling ?? 0, expected: 0 })
  const rank = value.shape.length
  const pads = attribute(lowered, 'pads', 'ints') ?? integersAt(lowered, 1) ?? []
  const axes = integersAt(lowered, 3)?.map((axis) => axisOf(lowered, axis, rank)) ?? [
    ...value.shape.keys(),
  ]
  if (pads.length !== 2 * axes.length || pads.some((size) => size < 0)) {
    fail(lowered, 'unsupported_attribute', 'has pads that are not two sizes for each axis')
  }
  const before = value.shape.map((_, axis) => pads[axes.indexOf(axis)] ?? 0)
  const after = value.shape.map((_, axis) =>
    axes.includes(axis) ? (pads[axes.indexOf(axis) + axes.length] ?? 0) : 0,
  )
  const shape = value.shape.map((size, axis) => size + (before[axis] ?? 0) + (after[axis] ?? 0))
  const strides = stridesOf(value.shape)
  const indices = overPlaces(lowered, shape, (place) => {
    const inside = place.map((position, axis) => position - (before[axis] ?? 0))
    const isInside = inside.every((at, axis) => at >= 0 && at < (value.shape[axis] ?? 0))
    if (!isInside) return -1
    return inside.reduce((sum, here, axis) => sum + here * (strides[axis] ?? 0), 0)
  })
  return [arranged(lowered, [value], { indices, shape })]
}
