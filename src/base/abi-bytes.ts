/*
 * `abi.encode` of byte strings by hand, both ways. Decoding takes what Solidity's `abi.encode` writes and nothing else: whoever is
 * paid for an answer to some bytes must not be able to read them as another question than the contract wrote.
 */

const wordBytes = 32

const paddedLength = (length: number): number => Math.ceil(length / wordBytes) * wordBytes

function word(value: number): Buffer {
  const bytes = Buffer.alloc(wordBytes)
  bytes.writeUIntBE(value, wordBytes - 6, 6)
  return bytes
}

/** `abi.encode` of these `bytes` or `string` values (a string is its UTF-8 bytes). */
export function encodeByteStrings(values: readonly Uint8Array[]): Buffer {
  const heads: Buffer[] = []
  const tails: Buffer[] = []
  let at = values.length * wordBytes
  for (const value of values) {
    heads.push(word(at))
    tails.push(word(value.length), Buffer.from(value), padding(value.length))
    at += wordBytes + paddedLength(value.length)
  }
  return Buffer.concat([...heads, ...tails])
}

const padding = (length: number): Buffer => Buffer.alloc(paddedLength(length) - length)

/** The one value of `abi.encode(bytes)` or `abi.encode(string)`; undefined for everything else. */
export function decodeByteString(encoded: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  if (bytes.length < 2 * wordBytes || smallWord(bytes, 0) !== wordBytes) return undefined
  const length = smallWord(bytes, wordBytes)
  if (length === undefined || bytes.length !== 2 * wordBytes + paddedLength(length)) {
    return undefined
  }
  const end = 2 * wordBytes + length
  return bytes.subarray(end).every((byte) => byte === 0)
    ? bytes.subarray(2 * wordBytes, end)
    : undefined
}

/** A word below 2^48; undefined for more, which is no length or place of anything that fits in memory. */
function smallWord(bytes: Buffer, at: number): number | undefined {
  const high = bytes.subarray(at, at + wordBytes - 6)
  return high.every((byte) => byte === 0) ? bytes.readUIntBE(at + wordBytes - 6, 6) : undefined
}

/** The words of `abi.encode(int256[])`, or of `abi.encode` of as many `int256`; undefined for everything else. */
export function decodeInt256s(
  encoded: Uint8Array,
  form: 'array' | 'words',
): readonly bigint[] | undefined {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  if (bytes.length % wordBytes !== 0) return undefined
  const head = form === 'array' ? 2 * wordBytes : 0
  if (bytes.length < head) return undefined
  const count = (bytes.length - head) / wordBytes
  if (form === 'array') {
    if (smallWord(bytes, 0) !== wordBytes || smallWord(bytes, wordBytes) !== count) return undefined
  }
  return Array.from({ length: count }, (_, index) => {
    const at = head + index * wordBytes
    return BigInt.asIntN(256, BigInt(`0x${bytes.toString('hex', at, at + wordBytes)}`))
  })
}

/** The reverse. Values are within int256. */
export function encodeInt256s(values: readonly bigint[], form: 'array' | 'words'): Buffer {
  const words = values.map((value) => {
    const digits = BigInt.asUintN(256, value)
      .toString(16)
      .padStart(2 * wordBytes, '0')
    return Buffer.from(digits, 'hex')
  })
  const head = form === 'array' ? [word(wordBytes), word(values.length)] : []
  return Buffer.concat([...head, ...words])
}
