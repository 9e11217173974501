/*
 * Tensors as callers write them, and the integers that they stand for. A number `v` of a tensor with `scaleBits` s is the
 * integer nearest to `v × 2^s`, halves upwards; what a model cannot take is refused and never cut to what it can.
 */
import { err, ok, type Result } from '../../base/result.ts'
import type { RequestRefusal } from '../../domain/refusal.ts'
import { type InputTensor, type Tensor, valueCountOf } from '../../domain/tensor-terms.ts'
import { isFields } from '../field-reader.ts'

type Refused = Result<never, RequestRefusal>

/** Undefined where it has another shape. */
type Flattened = readonly number[] | undefined

/** `value` is one tensor, or an object with each by its name. */
export function readTensors(
  param: string,
  value: unknown,
  tensors: readonly InputTensor[],
): Result<Int32Array, RequestRefusal> {
  const integers = new Int32Array(valueCountOf(tensors))
  let at = 0
  for (const named of partsOf(param, value, tensors)) {
    const { tensor, part } = named
    const flattened = flatten(part, tensor.shape)
    if (flattened === undefined) return mistyped(named.param, shapeText(tensor))
    for (const [index, number] of flattened.entries()) {
      const integer = Math.round(number * 2 ** tensor.scaleBits)
      const [least, most] = [boundAt(tensor.minima, index), boundAt(tensor.maxima, index)]
      if (!(integer >= least && integer <= most)) {
        const scale = 2 ** tensor.scaleBits
        const expected = `a number from ${least / scale} to ${most / scale}`
        return err({ reason: 'invalid_value', param: `${named.param}[${index}]`, expected })
      }
      integers[at] = integer
      at += 1
    }
  }
  return ok(integers)
}

/** The same of integers, one list for all tensors behind each other. */
export function readIntegers(
  param: string,
  value: unknown,
  tensors: readonly InputTensor[],
): Result<Int32Array, RequestRefusal> {
  const count = valueCountOf(tensors)
  if (!Array.isArray(value) || value.length !== count) return mistyped(param, `${count} integers`)
  const bounds = tensors.flatMap((tensor) =>
    Array.from({ length: valueCountOf([tensor]) }, (_, index) => ({
      least: boundAt(tensor.minima, index),
      most: boundAt(tensor.maxima, index),
    })),
  )
  for (const [index, { least, most }] of bounds.entries()) {
    const integer: unknown = value[index]
    if (!Number.isInteger(integer) || Number(integer) < least || Number(integer) > most) {
      const expected = `an integer from ${least} to ${most}`
      return err({ reason: 'invalid_value', param: `${param}[${index}]`, expected })
    }
  }
  return ok(Int32Array.from(value))
}

type Part = { readonly param: string; readonly tensor: InputTensor; readonly part: unknown }

function partsOf(param: string, value: unknown, tensors: readonly InputTensor[]): readonly Part[] {
  const [only] = tensors
  if (only !== undefined && tensors.length === 1 && !isFields(value)) {
    return [{ param, tensor: only, part: value }]
  }
  const parts = isFields(value) ? value : {}
  return tensors.map((tensor) => ({
    param: `${param}.${tensor.name}`,
    tensor,
    part: Object.hasOwn(parts, tensor.name) ? parts[tensor.name] : undefined,
  }))
}

/** Flat, or nested as the shape is: with a batch of one around it, or without the ones that it begins with. */
function flatten(value: unknown, shape: readonly number[]): Flattened {
  const count = shape.reduce((product, size) => product * size, 1)
  if (typeof value === 'number') return count === 1 ? [value] : undefined
  if (!Array.isArray(value)) return undefined
  if (value.length === count && value.every((entry) => typeof entry === 'number')) return value
  const bare = shape.slice(shape.findIndex((size) => size !== 1))
  for (const sizes of [shape, [1, ...shape], bare]) {
    const numbers: number[] = []
    if (gather(value, sizes, numbers)) return numbers
  }
  return undefined
}

function gather(value: unknown, sizes: readonly number[], into: number[]): boolean {
  const [size, ...inner] = sizes
  if (size === undefined) {
    if (typeof value === 'number') into.push(value)
    return typeof value === 'number'
  }
  if (!Array.isArray(value) || value.length !== size) return false
  return value.every((entry) => gather(entry, inner, into))
}

/** One bound for all, or one for each. */
const boundAt = (bounds: readonly number[], index: number): number =>
  (bounds.length === 1 ? bounds[0] : bounds[index]) ?? Number.NaN

const shapeText = ({ shape }: Tensor): string =>
  `${valueCountOf([{ shape }])} numbers, flat or of the shape [${shape.join(', ')}]`

const mistyped = (param: string, expected: string): Refused =>
  err({ reason: 'invalid_type', param, expected })
