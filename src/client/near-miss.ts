/*
 * Why bytes that look the same have another hash. Editors, shells and mail add or change invisible
 * bytes; naming the change spares a person an hour, but a near miss is a miss.
 */

import { joinBytes, sameBytes } from '../base/bytes.ts'

type Change = { readonly name: string; readonly of: (bytes: Uint8Array) => Uint8Array }

const lineFeed = Uint8Array.of(0x0a)
const lineBreak = Uint8Array.of(0x0d, 0x0a)
const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf)

const endsWith = (bytes: Uint8Array, tail: Uint8Array): boolean =>
  bytes.length >= tail.length && sameBytes(bytes.subarray(bytes.length - tail.length), tail)
const startsWith = (bytes: Uint8Array, head: Uint8Array): boolean =>
  sameBytes(bytes.subarray(0, head.length), head)
const withoutTail = (bytes: Uint8Array, tail: Uint8Array): Uint8Array =>
  endsWith(bytes, tail) ? bytes.subarray(0, bytes.length - tail.length) : bytes

const changes: readonly Change[] = [
  {
    name: 'only a line feed at the end is too many (editors and `echo` add one)',
    of: (bytes) => withoutTail(bytes, lineFeed),
  },
  {
    name: 'only a line break (CR LF) at the end is too many (editors add one)',
    of: (bytes) => withoutTail(bytes, lineBreak),
  },
  {
    name: 'only a line feed at the end is missing',
    of: (bytes) => joinBytes([bytes, lineFeed]),
  },
  {
    name: 'only a byte order mark at the start is too many',
    of: (bytes) =>
      startsWith(bytes, byteOrderMark) ? bytes.subarray(byteOrderMark.length) : bytes,
  },
  {
    name: 'only the line ends differ: they are CR LF here and LF in the answer',
    of: (bytes) =>
      bytes.filter((byte, at) => byte !== lineBreak[0] || bytes[at + 1] !== lineBreak[1]),
  },
]

/**
 * What alone keeps `bytes` from being the right ones; undefined when it is more than one such
 * change.
 */
export function nameNearMiss(
  bytes: Uint8Array,
  isRight: (candidate: Uint8Array) => boolean,
): string | undefined {
  return changes.find((change) => isRight(change.of(bytes)))?.name
}
