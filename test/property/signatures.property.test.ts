import { computeAddress, recoverAddress, SigningKey } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/hex.ts'
import type { Curve } from '../../src/chain/curve.ts'
import { loadNativeCurve } from '../../src/chain/curve-native.ts'
import { nobleCurve } from '../../src/chain/curve-noble.ts'
import { curveOrder } from '../../src/chain/private-key.ts'
import {
  addressOfPrivateKey,
  parseSignature,
  recoverSigner,
  signDigest,
} from '../../src/chain/signatures.ts'
import { type Signature, signature } from '../../src/domain/units.ts'
import { anyBytes32, anyPrivateKey } from '../support/arbitraries.ts'

const word = (value: bigint): string => value.toString(16).padStart(64, '0')

/** The other signature of the same digest by the same key: r, order - s, flipped v. */
function highTwin(low: Signature): Signature {
  const s = curveOrder - BigInt(`0x${low.slice(66, 130)}`)
  return signature(`${low.slice(0, 66)}${word(s)}${low.endsWith('1b') ? '1c' : '1b'}`)
}

const smallV = (any: Signature): Signature =>
  signature(`${any.slice(0, 130)}${any.endsWith('1b') ? '00' : '01'}`)

test('what we sign, ethers recovers, and it is what ethers signs', () => {
  let signed = 0
  fc.assert(
    fc.property(anyBytes32, anyPrivateKey, (digest, key) => {
      const ours = signDigest(digest, key)
      expect(ours).toBe(new SigningKey(key).sign(digest).serialized)
      const signer = addressOfPrivateKey(key)
      expect(signer).toBe(computeAddress(key).toLowerCase())
      expect(recoverSigner(digest, ours)).toBe(signer)
      signed += 1
    }),
  )
  expect(signed).toBeGreaterThan(0)
})

test('every spelling of a signature has one canonical form, and only that one is valid', () => {
  let canonicalised = 0
  fc.assert(
    fc.property(anyBytes32, anyPrivateKey, (digest, key) => {
      const canonical = signDigest(digest, key)
      const twin = highTwin(canonical)
      for (const spelling of [twin, smallV(canonical), smallV(twin)]) {
        expect(recoverSigner(digest, spelling)).toBeUndefined()
        expect(parseSignature(spelling)).toEqual({ ok: true, value: canonical })
        canonicalised += 1
      }
      expect(parseSignature(canonical.toUpperCase().replace('0X', '0x'))).toEqual({
        ok: true,
        value: canonical,
      })
    }),
  )
  expect(canonicalised).toBeGreaterThan(0)
})

test('no changed bit of a signature or a digest leaves the signer', () => {
  let changed = 0
  fc.assert(
    fc.property(anyBytes32, anyPrivateKey, fc.nat(64 * 8 - 1), (digest, key, bit) => {
      const bytes = fromHex(signDigest(digest, key))
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(recoverSigner(digest, signature(toHex(bytes)))).not.toBe(addressOfPrivateKey(key))
      changed += 1
    }),
  )
  expect(changed).toBeGreaterThan(0)
})

/** Words near every edge that a parser may get wrong, and anything between. */
const anyWord = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    curveOrder / 2n,
    curveOrder / 2n + 1n,
    curveOrder - 1n,
    curveOrder,
    2n ** 256n - 1n,
  ),
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
)

test('on arbitrary words the verdict is that of ethers and StrictSignature’s two rules', () => {
  let accepted = 0
  let rejected = 0
  fc.assert(
    fc.property(
      anyBytes32,
      fc.tuple(anyWord, anyWord, fc.constantFrom(0, 1, 26, 27, 28, 29, 255)),
      (digest, [r, s, v]) => {
        const text = signature(`0x${word(r)}${word(s)}${v.toString(16).padStart(2, '0')}`)
        const signer = recoverSigner(digest, text)
        if (s <= curveOrder / 2n && (v === 27 || v === 28)) {
          expect(signer).toBe(oracle(digest, text))
        } else {
          expect(signer).toBeUndefined()
        }
        if (signer === undefined) rejected += 1
        else accepted += 1
      },
    ),
    // One word in two is the x coordinate of a point, and the edges are mostly refused.
    { numRuns: 400 },
  )
  expect(accepted).toBeGreaterThan(0)
  expect(rejected).toBeGreaterThan(0)
})

function oracle(digest: string, text: string): string | undefined {
  try {
    return recoverAddress(digest, text).toLowerCase()
  } catch {
    return undefined
  }
}

test('the native and the JavaScript curve agree on every signature, key and recovery', () => {
  const native = loadNativeCurve()
  if (native === undefined) throw new Error('this machine has no native binding to compare with')
  const recoveredBy = (curve: Curve, digest: string, rs: string, yParity: 0 | 1) => {
    const publicKey = curve.recover(fromHex(digest as `0x${string}`), {
      rs: fromHex(`0x${rs}`),
      yParity,
    })
    return publicKey === undefined ? undefined : toHex(publicKey)
  }
  let compared = 0
  let recovered = 0
  fc.assert(
    fc.property(
      fc.tuple(anyBytes32, anyPrivateKey),
      fc.tuple(anyWord, anyWord, fc.constantFrom<0 | 1>(0, 1)),
      ([digest, key], [r, s, yParity]) => {
        const signatures = [native, nobleCurve].map((curve) => {
          const { rs, yParity } = curve.sign(fromHex(digest), fromHex(key))
          return { rs: toHex(rs), yParity }
        })
        expect(signatures[0]).toEqual(signatures[1])
        expect(toHex(native.publicKey(fromHex(key)))).toBe(
          toHex(nobleCurve.publicKey(fromHex(key))),
        )
        const byNative = recoveredBy(native, digest, word(r) + word(s), yParity)
        expect(byNative).toBe(recoveredBy(nobleCurve, digest, word(r) + word(s), yParity))
        if (byNative !== undefined) recovered += 1
        compared += 1
      },
    ),
    { numRuns: 200 },
  )
  expect(compared).toBeGreaterThan(0)
  expect(recovered).toBeGreaterThan(0)
})
