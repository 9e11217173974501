import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JoinedBytes } from '../../../src/base/joined-bytes.ts'

test('is what a list of the pieces would be, and never changes what it handed out', () => {
  let dropped = 0
  const step = fc.record({ piece: fc.uint8Array({ maxLength: 20 }), drop: fc.nat(25) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const joined = new JoinedBytes()
      let expected = Buffer.alloc(0)
      const handedOut: { readonly bytes: Buffer; readonly were: string }[] = []
      for (const { piece, drop } of steps) {
        expected = Buffer.concat([expected, piece])
        const bytes = joined.add(Buffer.from(piece))
        expect(bytes.equals(expected)).toBe(true)
        handedOut.push({ bytes, were: bytes.toString('hex') })
        const count = Math.min(drop, expected.length)
        dropped += count
        joined.drop(count)
        expected = expected.subarray(count)
        expect(joined.bytes.equals(expected)).toBe(true)
      }
      for (const { bytes, were } of handedOut) expect(bytes.toString('hex')).toBe(were)
    }),
  )
  expect(dropped).toBeGreaterThan(0)
})

test('a single piece is not copied', () => {
  const piece = Buffer.from('whole')
  expect(new JoinedBytes().add(piece)).toBe(piece)
})

test('a million pieces of one byte take the time of a million bytes', () => {
  const joined = new JoinedBytes()
  const byte = Buffer.from('x')
  for (let count = 0; count < 1_000_000; count += 1) joined.add(byte)
  expect(joined.bytes.equals(Buffer.alloc(1_000_000, 'x'))).toBe(true)
})
