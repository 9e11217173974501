/*
 * The wire form of a tensor of a provable model: `abi.encode(int256[])` of its integers, row-major. A contract decodes the
 * very bytes that a receipt's `contentHash` is of.
 */

/** A tensor has no value beyond 32 bits: what is proven is range-checked to them. */
export const int32Min: number = -(2 ** 31)
export const int32Max: number = 2 ** 31 - 1

const wordBytes = 32
/** Where the array begins, and how long it is. */
const headBytes = 2 * wordBytes

const wireBytesOf = (valueCount: number): number => headBytes + valueCount * wordBytes

/** `values` are 32-bit integers. */
export function encodeTensor(values: Int32Array): Uint8Array {
  const bytes = new Uint8Array(wireBytesOf(values.length))
  const view = new DataView(bytes.buffer)
  view.setUint32(wordBytes - 4, wordBytes)
  view.setUint32(headBytes - 4, values.length)
  let at = headBytes
  for (const value of values) {
    if (value < 0) bytes.fill(0xff, at, at + wordBytes - 4)
    view.setInt32(at + wordBytes - 4, value)
    at += wordBytes
  }
  return bytes
}

/** Undefined for what `encodeTensor` does not write: another length, a word beyond 32 bits, anything behind the end. */
export function decodeTensor(bytes: Uint8Array): Int32Array | undefined {
  const valueCount = (bytes.length - headBytes) / wordBytes
  if (!Number.isInteger(valueCount) || valueCount < 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!isFilled(bytes, 0, 0) || view.getUint32(wordBytes - 4) !== wordBytes) return undefined
  if (!isFilled(bytes, wordBytes, 0)) return undefined
  if (view.getUint32(headBytes - 4) !== valueCount) return undefined
  const values = new Int32Array(valueCount)
  for (let index = 0; index < valueCount; index += 1) {
    const at = headBytes + index * wordBytes
    const value = view.getInt32(at + wordBytes - 4)
    if (!isFilled(bytes, at, value < 0 ? 0xff : 0)) return undefined
    values[index] = value
  }
  return values
}

/** Whether the word at `at` has `filler` in all bytes before its last four. */
function isFilled(bytes: Uint8Array, at: number, filler: number): boolean {
  for (let index = at; index < at + wordBytes - 4; index += 1) {
    if (bytes[index] !== filler) return false
  }
  return true
}
