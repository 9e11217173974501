/*
 * Why bytes that look the same have another hash. Editors, shells and mail add or change invisible
 * bytes; naming the change spares a person an hour, but a near miss is a miss.
 */

type Change = { readonly name: string; readonly of: (bytes: Buffer) => Buffer }

const lineFeed = Buffer.from('\n')
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

const endsWith = (bytes: Buffer, tail: Buffer): boolean =>
  bytes.length >= tail.length && bytes.subarray(bytes.length - tail.length).equals(tail)
const startsWith = (bytes: Buffer, head: Buffer): boolean =>
  bytes.subarray(0, head.length).equals(head)
const withoutTail = (bytes: Buffer, tail: Buffer): Buffer =>
  endsWith(bytes, tail) ? bytes.subarray(0, bytes.length - tail.length) : bytes

const changes: readonly Change[] = [
  {
    name: 'only a line feed at the end is too many (editors and `echo` add one)',
    of: (bytes) => withoutTail(bytes, lineFeed),
  },
  {
    name: 'only a line break (CR LF) at the end is too many (editors add one)',
    of: (bytes) => withoutTail(bytes, Buffer.from('\r\n')),
  },
  {
    name: 'only a line feed at the end is missing',
    of: (bytes) => Buffer.concat([bytes, lineFeed]),
  },
  {
    name: 'only a byte order mark at the start is too many',
    of: (bytes) =>
      startsWith(bytes, byteOrderMark) ? bytes.subarray(byteOrderMark.length) : bytes,
  },
  {
    name: 'only the line ends differ: they are CR LF here and LF in the answer',
    of: (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
  },
]

/**
 * What alone keeps `bytes` from being the right ones; undefined when it is more than one such
 * change.
 */
export function nameNearMiss(
  bytes: Buffer,
  isRight: (candidate: Buffer) => boolean,
): string | undefined {
  return changes.find((change) => isRight(change.of(bytes)))?.name
}
