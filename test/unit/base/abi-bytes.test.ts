import { AbiCoder } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeByteString,
  decodeInt256s,
  encodeByteStrings,
  encodeInt256s,
} from '../../../src/base/abi-bytes.ts'

const abi = AbiCoder.defaultAbiCoder()
const encoded = (types: readonly string[], values: readonly unknown[]): Buffer =>
  Buffer.from(abi.encode(types, values).slice(2), 'hex')
const bytes = fc.uint8Array({ maxLength: 100 })
const int256 = fc.bigInt({ min: -(2n ** 255n), max: 2n ** 255n - 1n })

/** The same with another byte at `at`. */
function changed(whole: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(whole)
  copy[at] = byte
  return copy
}

describe('byte strings', () => {
  test('are what abi.encode makes of them, one or several', () => {
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), (values) => {
        const types = values.map(() => 'bytes')
        expect(encodeByteStrings(values)).toEqual(encoded(types, values))
      }),
    )
  })

  test('are read back', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(decodeByteString(encoded(['bytes'], [value]))).toEqual(Buffer.from(value))
      }),
    )
  })

  const hello = encoded(['string'], ['hello'])
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['one word', hello.subarray(0, 32)],
    ['bare text', Buffer.from('hello')],
    ['a byte behind the end', Buffer.concat([hello, Buffer.alloc(1)])],
    ['a word behind the end', Buffer.concat([hello, Buffer.alloc(32)])],
    ['a word missing', hello.subarray(0, -32)],
    ['another place', changed(hello, 31, 0x40)],
    ['a length beyond the end', changed(hello, 63, 33)],
    ['a length that leaves a word over', changed(encoded(['bytes'], [Buffer.alloc(33)]), 63, 32)],
    ['a length of 2^255', changed(hello, 32, 0x80)],
    ['padding that says something', changed(hello, hello.length - 1, 1)],
    ['two values', encoded(['string', 'string'], ['hello', 'you'])],
  ])('are not %s', (_what, wrong) => {
    expect(decodeByteString(wrong)).toBeUndefined()
  })
})

describe('rows of int256', () => {
  test('are what abi.encode makes of them, with a length or without', () => {
    fc.assert(
      fc.property(fc.array(int256, { minLength: 1, maxLength: 8 }), (values) => {
        const array = encoded(['int256[]'], [values])
        const words = encoded([`int256[${values.length}]`], [values])
        expect(encodeInt256s(values, 'array')).toEqual(array)
        expect(encodeInt256s(values, 'words')).toEqual(words)
        expect(decodeInt256s(array, 'array')).toEqual(values)
        expect(decodeInt256s(words, 'words')).toEqual(values)
      }),
    )
  })

  const three = encoded(['int256[]'], [[1, 2, 3]])
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['one word', three.subarray(0, 32)],
    ['a byte more', Buffer.concat([three, Buffer.alloc(1)])],
    ['a word more', Buffer.concat([three, Buffer.alloc(32)])],
    ['a word less', three.subarray(0, -32)],
    ['another place', changed(three, 31, 0x40)],
    ['a length of 2^255', changed(three, 32, 0x80)],
  ])('with a length are not %s', (_what, wrong) => {
    expect(decodeInt256s(wrong, 'array')).toBeUndefined()
  })

  test('without a length are whole words', () => {
    expect(decodeInt256s(three.subarray(1), 'words')).toBeUndefined()
  })
})
