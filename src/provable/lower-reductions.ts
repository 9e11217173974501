/* Operators that make one value of many along axes. */
import { transposed } from './arranging.ts'
import { elementsOf, type Window } from './fixed-point-graph.ts'
import { negated } from './lower-elementwise.ts'
import { labelled } from './lower-linear.ts'
import {
  addLayer,
  attribute,
  axisOf,
  integersAt,
  type Lower,
  type LoweredNode,
  mustBe,
  type Value,
  valueAt,
} from './lowering.ts'

type Reduction = {
  readonly axes: readonly number[]
  /** Axes stay, of size 1. */
  readonly isKept: boolean
}

function reductionOf(lowered: LoweredNode, rank: number): Reduction {
  const noop = attribute(lowered, 'noop_with_empty_axes', 'int') ?? 0
  mustBe(lowered, { name: 'noop_with_empty_axes', value: noop, expected: 0 })
  const given = attribute(lowered, 'axes', 'ints') ?? integersAt(lowered, 1) ?? []
  const all = Array.from({ length: rank }, (_, axis) => axis)
  const axes = given.length === 0 ? all : given.map((axis) => axisOf(lowered, axis, rank))
  const isKept = (attribute(lowered, 'keepdims', 'int') ?? 1) !== 0
  return { axes: all.filter((axis) => axes.includes(axis)), isKept }
}

type Reduce = (window: Window, input: number) => Parameters<typeof addLayer>[1]

/** The axes become the last ones, over which a window as long as they are stands once. */
function reduced(lowered: LoweredNode, value: Value, reduction: Reduction, reduce: Reduce): Value {
  const { axes, isKept } = reduction
  const others = value.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  const moved = transposed(lowered, value, [...others, ...axes])
  const width = elementsOf(axes.map((axis) => value.shape[axis] ?? 1))
  const window: Window = {
    channels: elementsOf(value.shape) / width,
    height: 1,
    width,
    kernel: [1, width],
    strides: [1, 1],
    dilations: [1, 1],
    padding: [0, 0, 0, 0],
  }
  const kept = value.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  const shape = isKept ? kept : others.map((axis) => value.shape[axis] ?? 1)
  return addLayer(lowered, reduce(window, moved.tensor), shape)
}

const summing =
  (factor: (width: number) => number): Reduce =>
  (window, input) => ({
    kind: 'sumPool',
    input,
    window,
    multipliers: [factor(window.width)],
    offset: 0,
  })

const greatest: Reduce = (window, input) => ({ kind: 'maxPool', input, window })

const reducing =
  (reduce: Reduce): Lower =>
  (lowered) => {
    const value = valueAt(lowered, 0)
    return [reduced(lowered, value, reductionOf(lowered, value.shape.length), reduce)]
  }

export const reduceSum: Lower = reducing(summing(() => 1))
export const reduceMean: Lower = reducing(summing((width) => 1 / width))
export const reduceMax: Lower = reducing(greatest)

export const reduceMin: Lower = (lowered) => {
  const value = negated(lowered, valueAt(lowered, 0))
  const least = reduced(lowered, value, reductionOf(lowered, value.shape.length), greatest)
  return [negated(lowered, least)]
}

/** Every axis behind batch and channels. */
const overAll =
  (reduce: Reduce): Lower =>
  (lowered) => {
    const value = valueAt(lowered, 0)
    const axes = value.shape.map((_, axis) => axis).slice(2)
    return [reduced(lowered, value, { axes, isKept: true }, reduce)]
  }

export const globalAveragePool: Lower = overAll(summing((width) => 1 / width))
export const globalMaxPool: Lower = overAll(greatest)

export const argMax: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const last = attribute(lowered, 'select_last_index', 'int') ?? 0
  mustBe(lowered, { name: 'select_last_index', value: last, expected: 0 })
  const rank = value.shape.length
  const axis = axisOf(lowered, attribute(lowered, 'axis', 'int') ?? 0, rank)
  const others = value.shape.map((_, at) => at).filter((at) => at !== axis)
  const moved = transposed(lowered, value, [...others, axis])
  const labels = Array.from({ length: value.shape[axis] ?? 1 }, (_, at) => at)
  const chosen = labelled(lowered, moved, labels)
  const isKept = (attribute(lowered, 'keepdims', 'int') ?? 1) !== 0
  const shape = isKept ? value.shape.with(axis, 1) : others.map((at) => value.shape[at] ?? 1)
  return [{ ...chosen, shape }]
}
