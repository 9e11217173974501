import { expect, test } from 'vitest'
import { sameBytes } from '../../../src/base/bytes.ts'
import { nameNearMiss } from '../../../src/client/near-miss.ts'

const right = 'line one\nline two'
const name = (text: string) =>
  nameNearMiss(Buffer.from(text), (candidate) => sameBytes(candidate, Buffer.from(right)))

test.each([
  [`${right}\n`, 'only a line feed at the end is too many (editors and `echo` add one)'],
  [`${right}\r\n`, 'only a line break (CR LF) at the end is too many (editors add one)'],
  [`\ufeff${right}`, 'only a byte order mark at the start is too many'],
  [
    right.replace('\n', '\r\n'),
    'only the line ends differ: they are CR LF here and LF in the answer',
  ],
])('%j', (text, expected) => {
  expect(name(text)).toBe(expected)
})

test('a missing line feed', () => {
  const isRight = (candidate: Uint8Array) => sameBytes(candidate, Buffer.from('ends\n'))
  expect(nameNearMiss(Buffer.from('ends'), isRight)).toBe('only a line feed at the end is missing')
})

test.each(['', 'line one', `${right}\n\n`, `${right} `, `\ufeff${right}\n`])(
  '%j differs in more than one of these',
  (text) => {
    expect(name(text)).toBeUndefined()
  },
)
