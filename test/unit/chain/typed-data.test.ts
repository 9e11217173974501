import { describe, expect, test } from 'vitest'
import { keccak256, keccak256Hex, keccak256Utf8 } from '../../../src/chain/keccak.ts'
import { addressWord, uintWord } from '../../../src/chain/typed-data.ts'
import { address } from '../../../src/domain/units.ts'

describe('keccak', () => {
  const ofNothing = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
  const ofAbc = '0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'

  test('is Ethereum’s function, not SHA-3', () => {
    expect(keccak256(new Uint8Array())).toBe(ofNothing)
    expect(keccak256Utf8('abc')).toBe(ofAbc)
    expect(keccak256Hex('616263')).toBe(ofAbc)
  })

  test.each(['1', '0x', '0g', 'é0'])(
    '%j is not whole bytes of hex: a bug, not a hash',
    (digits) => {
      expect(() => keccak256Hex(digits)).toThrow('whole bytes of hex')
    },
  )
})

describe('words', () => {
  test('integers are right-aligned', () => {
    expect(uintWord(0, 8)).toBe('0'.repeat(64))
    expect(uintWord(255, 8)).toBe(`${'0'.repeat(62)}ff`)
    expect(uintWord(2n ** 256n - 1n, 256)).toBe('f'.repeat(64))
  })

  test.each([
    [256, 8],
    [2n ** 128n, 128],
    [-1, 8],
    [-1n, 8],
    [1.5, 32],
    [2 ** 53, 64],
    [Number.NaN, 64],
    [Number.POSITIVE_INFINITY, 64],
  ])('%s does not fit uint%i', (value, bits) => {
    expect(() => uintWord(value, bits)).toThrow('a typed-data integer')
  })

  test('addresses are right-aligned', () => {
    expect(addressWord(address(`0x${'ab'.repeat(20)}`))).toBe('0'.repeat(24) + 'ab'.repeat(20))
  })
})
