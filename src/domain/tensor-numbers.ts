import { type Tensor, valueCountOf } from './tensor-terms.ts'

/**
 * The numbers that integers stand for, exactly: of one tensor nested lists of its shape, of several an object with each by its
 * name.
 */
export function numbersOf(integers: Int32Array, tensors: readonly Tensor[]): unknown {
  let at = 0
  const named = tensors.map((tensor) => {
    const count = valueCountOf([tensor])
    const numbers = Array.from(integers.subarray(at, at + count), (v) => v / 2 ** tensor.scaleBits)
    at += count
    return [tensor.name, nest(numbers, tensor.shape)] as const
  })
  const [only] = named
  return only !== undefined && named.length === 1 ? only[1] : Object.fromEntries(named)
}

function nest(numbers: readonly number[], shape: readonly number[]): unknown {
  const [size, ...inner] = shape
  if (size === undefined) return numbers[0]
  if (inner.length === 0) return numbers
  const each = numbers.length / size
  return Array.from({ length: size }, (_, index) =>
    nest(numbers.slice(index * each, (index + 1) * each), inner),
  )
}
