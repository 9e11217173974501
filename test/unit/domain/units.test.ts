import { describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import {
  address,
  atomic,
  bytes32,
  isAddress,
  isBytes32,
  isHex,
  signature,
  unixSeconds,
  unixSecondsOf,
} from '../../../src/domain/units.ts'

describe('constructors refuse what their unit cannot be', () => {
  test('amounts fit uint128', () => {
    expect(atomic(0n)).toBe(0n)
    expect(atomic(2n ** 128n - 1n)).toBe(2n ** 128n - 1n)
    for (const value of [-1n, 2n ** 128n]) expect(() => atomic(value)).toThrow(InvariantViolation)
  })

  test('times are whole seconds', () => {
    expect(unixSecondsOf(1_999)).toBe(1)
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => unixSeconds(value)).toThrow(InvariantViolation)
    }
  })

  test('hex is lowered where it enters, so that === compares', () => {
    expect(address(`0x${'Ab'.repeat(20)}`)).toBe(`0x${'ab'.repeat(20)}`)
    expect(bytes32(`0x${'Ab'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`)
    expect(signature('0xABcd')).toBe('0xabcd')
  })

  test.each([
    ['an address', address, isAddress, 40],
    ['32 bytes', bytes32, isBytes32, 64],
  ] as const)('%s has its length and nothing but hex', (_name, make, is, digits) => {
    const good = `0x${'0'.repeat(digits)}`
    expect(is(good)).toBe(true)
    for (const bad of [
      good.slice(0, -1),
      `${good}0`,
      good.slice(2),
      good.replace('0x', '0X'),
      `${good}\n`,
      good.replace(/0$/, 'g'),
      '',
    ]) {
      expect(is(bad), JSON.stringify(bad)).toBe(false)
      expect(() => make(bad)).toThrow(InvariantViolation)
    }
    for (const other of [undefined, null, 0, {}, [good]]) expect(is(other)).toBe(false)
  })

  test('a signature is whole bytes, or none', () => {
    expect(isHex('0x')).toBe(true)
    for (const bad of ['0x1', '1234', '0xgg', '']) expect(isHex(bad)).toBe(false)
  })
})
