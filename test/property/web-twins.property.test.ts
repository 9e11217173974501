/*
 * A file and its twin for browsers answer the same. What a page verifies is what a gateway signs only as long as they do.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as hexNode from '../../src/base/hex.ts'
import * as hexWeb from '../../src/base/hex-web.ts'
import * as sha256Node from '../../src/base/sha256.ts'
import * as sha256Web from '../../src/base/sha256-web.ts'
import * as keccakNode from '../../src/chain/keccak.ts'
import * as keccakWeb from '../../src/chain/keccak-web.ts'
import * as postJsonNode from '../../src/chain/post-json.ts'
import * as postJsonWeb from '../../src/chain/post-json-web.ts'

// Beyond the scratch memory of keccak.ts and several blocks of both hashes.
const anyBytes = fc.uint8Array({ maxLength: 6_000 })

const runs = 200

const sameNames = (a: object, b: object) =>
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort())

test('twins export the same names', () => {
  sameNames(hexNode, hexWeb)
  sameNames(sha256Node, sha256Web)
  sameNames(keccakNode, keccakWeb)
  sameNames(postJsonNode, postJsonWeb)
})

test('bytes give the same digits and hashes', () => {
  let compared = 0
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const digits = hexNode.hexDigits(bytes)
      expect(hexWeb.hexDigits(bytes)).toBe(digits)
      expect(hexWeb.toHex(bytes)).toBe(hexNode.toHex(bytes))
      expect(hexWeb.fromHex(`0x${digits}`)).toEqual(new Uint8Array(bytes))
      expect(sha256Web.sha256Hex(bytes)).toBe(sha256Node.sha256Hex(bytes))
      expect(sha256Web.sha256Bytes(bytes)).toEqual(new Uint8Array(sha256Node.sha256Bytes(bytes)))
      expect(keccakWeb.keccak256(bytes)).toBe(keccakNode.keccak256(bytes))
      expect(keccakWeb.keccak256Hex(digits)).toBe(keccakNode.keccak256Hex(digits))
      compared += 1
    }),
    { numRuns: runs },
  )
  expect(compared).toBe(runs)
})

test('text gives the same hashes, also where it is no Unicode', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(texts, (text) => {
      expect(sha256Web.sha256Hex(text)).toBe(sha256Node.sha256Hex(text))
      expect(keccakWeb.keccak256Utf8(text)).toBe(keccakNode.keccak256Utf8(text))
    }),
    { numRuns: runs },
  )
  expect(keccakWeb.keccak256Utf8('\ud800')).toBe(keccakNode.keccak256Utf8('\ufffd'))
})

test('what is no whole number of bytes is refused by both', () => {
  for (const { keccak256Hex } of [keccakNode, keccakWeb]) {
    expect(() => keccak256Hex('abc')).toThrow('whole bytes of hex')
    expect(() => keccak256Hex('zz')).toThrow('whole bytes of hex')
  }
})
