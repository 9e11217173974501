/*
 * Bytes as every platform has them: what a verifier reads is read in a browser too, where there is no Buffer. Code that runs
 * in the gateway alone keeps Node's own, which is faster.
 */

const encoder = new TextEncoder()
/** A byte order mark is part of what was sent, so it stays; what is no UTF-8 becomes U+FFFD, as in Node's own reading. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export const utf8Bytes = (text: string): Uint8Array => encoder.encode(text)

export const utf8Text = (bytes: Uint8Array): string => decoder.decode(bytes)

export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at])
