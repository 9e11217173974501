import { describe, expect, test } from 'vitest'
import { openUsageSigner } from '../../../src/contributor/usage-key.ts'
import { scalarModulus } from '../../../src/proofs/field.ts'
import { isUsageSignature, usageKeyOrder } from '../../../src/proofs/usage-signature.ts'
import { contributorKey, testKey } from '../../support/signed-receipt.ts'

/** Made by @zk-kit/eddsa-poseidon of 32 bytes of 7, over 12345. */
const key = {
  x: 14422859473778768188622151430526693594403470008420308922992775064941455773685n,
  y: 7592518773672929099542717438998516546396504563265155469693554058278098107299n,
}
const signature = {
  nonce: {
    x: 18008092520735465167678173769115284620088340916342099450981716514489325127894n,
    y: 11980796113348048247946624014116775161923144072027858437769791856058171957048n,
  },
  response: 1964921839505891232360319407045172261567101407783930118768398154682366201970n,
}
const message = 12345n

describe('a signature of another library', () => {
  test('holds', () => {
    expect(isUsageSignature(signature, { key, message })).toBe(true)
  })

  test('holds for its own message and key alone', () => {
    expect(isUsageSignature(signature, { key, message: 12346n })).toBe(false)
    const other = openUsageSigner(contributorKey).key
    expect(isUsageSignature(signature, { key: other, message })).toBe(false)
  })

  test('has one spelling', () => {
    const larger = { ...signature, response: signature.response + usageKeyOrder }
    expect(isUsageSignature(larger, { key, message })).toBe(false)
    const wrapped = { ...key, x: key.x + scalarModulus }
    expect(isUsageSignature(signature, { key: wrapped, message })).toBe(false)
  })

  test('is none by coordinates that are no point, or a key that three doublings make neutral', () => {
    const offCurve = { ...key, x: key.x + 1n }
    expect(isUsageSignature(signature, { key: offCurve, message })).toBe(false)
    // Of order 2: whoever is asked for challenge · 8 · key gets the neutral point, and signs with the nonce alone.
    const neutral = { x: 0n, y: scalarModulus - 1n }
    expect(isUsageSignature(signature, { key: neutral, message })).toBe(false)
  })
})

describe('the key that follows from a signing key', () => {
  const signer = openUsageSigner(contributorKey)

  test('signs, and the same message gets the same signature', () => {
    const signed = signer.sign(message)
    expect(isUsageSignature(signed, { key: signer.key, message })).toBe(true)
    expect(openUsageSigner(contributorKey).sign(message)).toEqual(signed)
  })

  test('never uses a nonce for two messages', () => {
    const nonces = [1n, 2n, 3n].map((one) => signer.sign(one).nonce.x)
    expect(new Set(nonces).size).toBe(3)
  })

  test('is the same for the same signing key, and another one for another', () => {
    expect(openUsageSigner(contributorKey).usageKey).toBe(signer.usageKey)
    expect(openUsageSigner(testKey('b3')).usageKey).not.toBe(signer.usageKey)
    // What a contributor endorsed once must be its key in every later version.
    expect(signer.usageKey).toBe(
      '0x29fac67dacbebd78a021bd6254d9d5a429721aff2f9103b69e5a6b8405031824',
    )
  })
})
