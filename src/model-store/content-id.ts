import { sha256Hex } from '../base/sha256.ts'

/** sha256 of a file's bytes: 64 lower-case digits without a prefix. */
export type Sha256 = string & { readonly kind: 'sha256 of a file' }

const pattern = /^[0-9a-f]{64}$/

export const isSha256 = (text: string): text is Sha256 => pattern.test(text)

export const sha256Of = (bytes: Uint8Array): Sha256 => sha256Hex(bytes) as Sha256

/**
 * The same as a CID of version 1, codec raw (0x55), multihash sha2-256 (0x12) of 32 bytes, in lower-case base32: the name that a
 * file has in IPFS where it is one block. Source: multiformats/cid and multiformats/multicodec.
 */
export const cidOf = (sha256: Sha256): string =>
  `b${base32(Buffer.from(`01551220${sha256}`, 'hex'))}`

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** RFC 4648 section 6, lower-case and without padding. */
function base32(bytes: Uint8Array): string {
  let [text, bits, held] = ['', 0, 0]
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >>> bits) & 31]
    }
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31]
}
