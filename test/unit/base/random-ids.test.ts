import { expect, test } from 'vitest'
import { randomHex } from '../../../src/base/random-ids.ts'

test('ids are hex of the asked length and never come twice, across many fills of the pool', () => {
  const ids = Array.from({ length: 3000 }, () => randomHex(12))
  expect(ids.every((id) => /^[0-9a-f]{24}$/.test(id))).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  for (const byteCount of [1, 12, 32, 64]) expect(randomHex(byteCount)).toHaveLength(2 * byteCount)
})

test('no byte is handed out twice: neighbours share nothing', () => {
  const handedOut = Array.from({ length: 500 }, () => randomHex(32))
  const halves = handedOut.flatMap((id) => [id.slice(0, 32), id.slice(32)])
  expect(new Set(halves).size).toBe(halves.length)
})

test('every digit comes about as often as any other', () => {
  const digits = Array.from({ length: 2000 }, () => randomHex(32)).join('')
  for (const digit of '0123456789abcdef') {
    const share = digits.split(digit).length / digits.length
    expect(Math.abs(share - 1 / 16)).toBeLessThan(0.01)
  }
})
