/* Messages of protocol buffers, field by field. Specification: protobuf.dev, "Encoding". */

export type Bytes = Uint8Array

const utf8 = new TextEncoder()

/** Two's complement of 64 bits for a negative number, as the specification has it. */
function varint(value: number | bigint): Bytes {
  const bytes: number[] = []
  let left = BigInt.asUintN(64, BigInt(value))
  while (left > 0x7fn) {
    bytes.push(Number(left & 0x7fn) | 0x80)
    left >>= 7n
  }
  bytes.push(Number(left))
  return Uint8Array.from(bytes)
}

export const joined = (parts: readonly Bytes[]): Bytes => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export const integerField = (field: number, value: number | bigint): Bytes =>
  joined([varint(field * 8), varint(value)])

export const bytesField = (field: number, bytes: Bytes): Bytes =>
  joined([varint(field * 8 + 2), varint(bytes.length), bytes])

export const textField = (field: number, value: string): Bytes =>
  bytesField(field, utf8.encode(value))

export const messageField = (field: number, fields: readonly Bytes[]): Bytes =>
  bytesField(field, joined(fields))

export function float32Field(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return joined([varint(field * 8 + 5), bytes])
}
