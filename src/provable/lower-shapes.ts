/* Operators that give the same values another shape or order. */
import { broadcast, broadcastShape, transposed } from './arranging.ts'
import { elementsOf } from './fixed-point-graph.ts'
import {
  attribute,
  axisOf,
  boundedElements,
  fail,
  integersAt,
  type Lower,
  type LoweredNode,
  mustBe,
  optionalConstant,
  type Value,
  valueAt,
} from './lowering.ts'

const reshaped = (lowered: LoweredNode, value: Value, shape: readonly number[]): Value => {
  if (elementsOf(shape) === elementsOf(value.shape) && shape.every((size) => size > 0)) {
    boundedElements(lowered, shape)
    return { ...value, shape }
  }
  return fail(lowered, 'shape_mismatch', `cannot make [${shape}] of [${value.shape}]`)
}

export const identity: Lower = (lowered) => [valueAt(lowered, 0)]

/** Nothing is dropped while a model is used; the mask that it may answer as well is not there. */
export const dropout: Lower = (lowered) => {
  const training = optionalConstant(lowered, 2)?.values[0] ?? 0
  mustBe(lowered, { name: 'training_mode', value: training, expected: 0 })
  return [valueAt(lowered, 0)]
}

export const reshape: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const allowZero = attribute(lowered, 'allowzero', 'int') ?? 0
  mustBe(lowered, { name: 'allowzero', value: allowZero, expected: 0 })
  const wanted = integersAt(lowered, 1) ?? []
  const sizes = wanted.map((size, axis) => (size === 0 ? (value.shape[axis] ?? 0) : size))
  const known = elementsOf(sizes.filter((size) => size !== -1))
  const follows = elementsOf(value.shape) / known
  return [
    reshaped(
      lowered,
      value,
      sizes.map((size) => (size === -1 ? follows : size)),
    ),
  ]
}

export const flatten: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const axis = attribute(lowered, 'axis', 'int') ?? 1
  const rank = value.shape.length
  const cut = axis === rank ? rank : axisOf(lowered, axis, rank)
  const sizes = [elementsOf(value.shape.slice(0, cut)), elementsOf(value.shape.slice(cut))]
  return [reshaped(lowered, value, sizes)]
}

/** Axes are an attribute up to operator set 12, then an input. */
const axesOf = (lowered: LoweredNode): readonly number[] | undefined =>
  attribute(lowered, 'axes', 'ints') ?? integersAt(lowered, 1)

export const squeeze: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const rank = value.shape.length
  const axes = axesOf(lowered)?.map((axis) => axisOf(lowered, axis, rank))
  const shape = value.shape.filter((size, axis) => !(axes?.includes(axis) ?? size === 1))
  return [reshaped(lowered, value, shape)]
}

export const unsqueeze: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const axes = axesOf(lowered) ?? []
  const rank = value.shape.length + axes.length
  const added = new Set(axes.map((axis) => axisOf(lowered, axis, rank)))
  if (added.size !== axes.length) fail(lowered, 'shape_mismatch', 'names an axis twice')
  const rest = value.shape.values()
  const shape = Array.from({ length: rank }, (_, axis) =>
    added.has(axis) ? 1 : (rest.next().value ?? 1),
  )
  return [reshaped(lowered, value, shape)]
}

export const transpose: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const reversed = value.shape.map((_, axis) => value.shape.length - 1 - axis)
  const order = attribute(lowered, 'perm', 'ints') ?? reversed
  const isOrder = order.length === reversed.length && reversed.every((axis) => order.includes(axis))
  if (!isOrder) fail(lowered, 'shape_mismatch', `has no order of ${reversed.length} axes`)
  return [transposed(lowered, value, order)]
}

export const expand: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const shape = broadcastShape(lowered, value.shape, integersAt(lowered, 1) ?? [])
  return [broadcast(lowered, value, shape)]
}
