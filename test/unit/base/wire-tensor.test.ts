import { AbiCoder } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeTensor, encodeTensor } from '../../../src/base/wire-tensor.ts'

const abi = AbiCoder.defaultAbiCoder()
const encoded = (values: readonly (number | bigint)[]): Buffer =>
  Buffer.from(abi.encode(['int256[]'], [values]).slice(2), 'hex')
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

describe('the wire form of a tensor', () => {
  test.each([[[]], [[0]], [[-1]], [[1, -2, 2 ** 31 - 1, -(2 ** 31)]]])(
    'of %j is what abi.encode makes of it',
    (values) => {
      const bytes = encodeTensor(Int32Array.from(values))
      expect(Buffer.from(bytes)).toEqual(encoded(values))
      expect(decodeTensor(bytes)).toEqual(Int32Array.from(values))
    },
  )

  test('is the same for whatever integers', () => {
    fc.assert(
      fc.property(fc.array(int32, { maxLength: 20 }), (values) => {
        expect(Buffer.from(encodeTensor(Int32Array.from(values)))).toEqual(encoded(values))
        expect(decodeTensor(encoded(values))).toEqual(Int32Array.from(values))
      }),
    )
  })

  test.each([
    ['a value beyond 32 bits', encoded([2n ** 31n])],
    ['a value below 32 bits', encoded([-(2n ** 31n) - 1n])],
    ['a byte more', Buffer.concat([encoded([1]), Buffer.alloc(1)])],
    ['a word more', Buffer.concat([encoded([1]), Buffer.alloc(32)])],
    ['a word less', encoded([1, 2]).subarray(0, -32)],
    ['nothing', Buffer.alloc(0)],
    ['another offset', Buffer.from(encoded([1])).fill(0x40, 31, 32)],
    ['a length of 2^255', Buffer.from(encoded([1])).fill(0x80, 32, 33)],
  ])('is not %s', (_what, bytes) => {
    expect(decodeTensor(bytes)).toBeUndefined()
  })

  test('is read where it stands in a larger buffer', () => {
    const bytes = Buffer.concat([Buffer.alloc(7, 0xff), encoded([5, -6])])
    expect(decodeTensor(bytes.subarray(7))).toEqual(Int32Array.from([5, -6]))
  })

  test('no single bit of it can be another without being noticed, or being another value', () => {
    const bytes = encoded([5, -6])
    let noticed = 0
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      const read = decodeTensor(flipped)
      if (read === undefined) noticed += 1
      else expect(Buffer.from(encodeTensor(read))).toEqual(flipped)
    }
    // All but the 32 bits of each value, whose highest bit is the sign of the rest.
    expect(noticed).toBe(bytes.length * 8 - 2 * 31)
  })
})
