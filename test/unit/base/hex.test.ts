import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/hex.ts'
import { sha256Hex } from '../../../src/base/sha256.ts'

test('bytes go to lower-case hex and back, views of larger buffers included', () => {
  const bytes = new Uint8Array([0, 1, 0xab, 0xff]).subarray(1)
  expect(toHex(bytes)).toBe('0x01abff')
  expect([...fromHex('0x01abff')]).toEqual([1, 0xab, 0xff])
  expect(toHex(new Uint8Array())).toBe('0x')
  expect(fromHex('0x')).toHaveLength(0)
})

test('sha256 of text is that of its UTF-8 bytes', () => {
  // FIPS 180-2, appendix B.1.
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(sha256Hex('é')).toBe(sha256Hex(Buffer.from('é')))
})
