/* Values that only move: what comes out is a list of where each value comes from. */
import { elementsOf } from './fixed-point-graph.ts'
import { addLayer, boundedElements, fail, type LoweredNode, type Value } from './lowering.ts'

/** How far apart neighbours along each axis lie. */
export const stridesOf = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => elementsOf(shape.slice(axis + 1)))

/** A value for each place of a shape, in row-major order. */
export function overPlaces(
  at: { readonly place: string },
  shape: readonly number[],
  indexAt: (place: readonly number[]) => number,
): readonly number[] {
  const elements = boundedElements(at, shape)
  const place = shape.map(() => 0)
  const indices = new Array<number>(elements)
  for (let element = 0; element < elements; element += 1) {
    indices[element] = indexAt(place)
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      place[axis] = (place[axis] ?? 0) + 1
      if ((place[axis] ?? 0) < (shape[axis] ?? 0)) break
      place[axis] = 0
    }
  }
  return indices
}

/** Nothing is added where every value stays where it is. */
export function arranged(
  lowered: LoweredNode,
  values: readonly Value[],
  { indices, shape }: { readonly indices: readonly number[]; readonly shape: readonly number[] },
): Value {
  const [first] = values
  const isSame =
    first !== undefined &&
    values.length === 1 &&
    indices.length === elementsOf(first.shape) &&
    indices.every((index, element) => index === element)
  if (isSame) return { ...first, shape }
  const inputs = values.map(({ tensor }) => tensor)
  return addLayer(lowered, { kind: 'arrange', inputs, indices }, shape)
}

/** The same values at the places of a larger shape, as NumPy broadcasts them. */
export function broadcastIndices(
  at: { readonly place: string },
  from: readonly number[],
  to: readonly number[],
): readonly number[] {
  const strides = stridesOf(from)
  const skipped = to.length - from.length
  return overPlaces(at, to, (place) =>
    from.reduce((index, size, axis) => {
      const position = size === 1 ? 0 : (place[axis + skipped] ?? 0)
      return index + position * (strides[axis] ?? 0)
    }, 0),
  )
}

export function broadcastShape(
  at: { readonly place: string },
  first: readonly number[],
  second: readonly number[],
): readonly number[] {
  const rank = Math.max(first.length, second.length)
  return Array.from({ length: rank }, (_, axis) => {
    const a = first[axis - rank + first.length] ?? 1
    const b = second[axis - rank + second.length] ?? 1
    if (a !== b && a !== 1 && b !== 1) {
      fail(at, 'shape_mismatch', `has operands of shapes [${first}] and [${second}]`)
    }
    return a === 1 ? b : a
  })
}

export function broadcast(lowered: LoweredNode, value: Value, shape: readonly number[]): Value {
  if (elementsOf(value.shape) === elementsOf(shape)) return { ...value, shape }
  const indices = broadcastIndices(lowered, value.shape, shape)
  return arranged(lowered, [value], { indices, shape })
}

/** With the axes in another order. */
export function transposed(lowered: LoweredNode, value: Value, order: readonly number[]): Value {
  const strides = stridesOf(value.shape)
  const shape = order.map((axis) => value.shape[axis] ?? 1)
  const steps = order.map((axis) => strides[axis] ?? 0)
  const indices = overPlaces(lowered, shape, (place) =>
    place.reduce((index, position, axis) => index + position * (steps[axis] ?? 0), 0),
  )
  return arranged(lowered, [value], { indices, shape })
}
