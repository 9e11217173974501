/*
 * The public inputs of a model's circuit, made of the integers of its wire form (wire-tensor.ts): every int32 value v stands as the 32
 * bits of v + 2^31, seven values to a field element, the first lowest. The input values come first, then the output values, each
 * list with zero bits behind its last value. ModelProofs packs them the same way.
 */

export const valuesInElement = 7
export const valueBits = 32
/** What makes an int32 a natural number. */
export const valueOffset: number = 2 ** 31

export const packedLength = (values: number): number => Math.ceil(values / valuesInElement)

export function packedValues(values: ArrayLike<number>): readonly bigint[] {
  const elements = new Array<bigint>(packedLength(values.length)).fill(0n)
  for (let at = 0; at < values.length; at += 1) {
    const element = Math.floor(at / valuesInElement)
    const place = BigInt(valueBits * (at % valuesInElement))
    elements[element] =
      (elements[element] ?? 0n) + (BigInt((values[at] ?? 0) + valueOffset) << place)
  }
  return elements
}
