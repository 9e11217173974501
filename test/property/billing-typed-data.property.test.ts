import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/base/canonical-json.ts'
import {
  apiKeyGrantDigest,
  apiKeyRevokeDigest,
  billingQueryDigest,
  refundOrderDigest,
  scopeHash,
} from '../../src/chain/billing-typed-data.ts'
import { agreementDomain } from '../../src/chain/fx-typed-data.ts'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import { zeroBytes32 } from '../../src/domain/units.ts'
import { anyAddress, anyAmount, anyBytes32, anyTime, anyUint64 } from '../support/arbitraries.ts'

/** As in payments.md 4g, spelled a second time on purpose. */
const types = {
  ApiKeyGrant: [
    { type: 'bytes32', name: 'channelId' },
    { type: 'bytes32', name: 'keyHash' },
    { type: 'uint128', name: 'spendCap' },
    { type: 'uint64', name: 'expiresAt' },
    { type: 'bytes32', name: 'scopeHash' },
    { type: 'uint64', name: 'nonce' },
  ],
  ApiKeyRevoke: [
    { type: 'bytes32', name: 'channelId' },
    { type: 'bytes32', name: 'keyHash' },
    { type: 'uint64', name: 'nonce' },
  ],
  BillingQuery: [
    { type: 'bytes32', name: 'channelId' },
    { type: 'uint64', name: 'validUntil' },
  ],
  RefundOrder: [
    { type: 'bytes32', name: 'channelId' },
    { type: 'uint64', name: 'validUntil' },
  ],
}

const anyPlace = fc.record({ chainId: anyUint64, verifyingContract: anyAddress })
const anyKeyHash = anyBytes32.map((hash) => hash.slice(2))
const anyScope = fc.option(fc.array(fc.string({ unit: 'grapheme' })), { nil: undefined })

function oracle(
  place: { readonly chainId: number; readonly verifyingContract: string },
  type: keyof typeof types,
  value: object,
): string {
  const domain = { name: 'Vouch', version: '1', ...place }
  return TypedDataEncoder.hash(domain, { [type]: types[type] }, value)
}

function holds<T>(values: fc.Arbitrary<T>, agrees: (value: T) => void): void {
  let compared = 0
  fc.assert(
    fc.property(values, (value) => {
      agrees(value)
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
}

test('ApiKeyGrant', () => {
  const anyGrant = fc.record({
    channelId: anyBytes32,
    keyHash: anyKeyHash,
    spendCap: anyAmount,
    expiresAt: anyTime,
    modelScope: anyScope,
    nonce: anyUint64,
  })
  holds(fc.tuple(anyPlace, anyGrant), ([place, grant]) => {
    const value = {
      ...grant,
      keyHash: `0x${grant.keyHash}`,
      scopeHash: scopeHash(grant.modelScope),
    }
    expect(apiKeyGrantDigest(agreementDomain(place), grant)).toBe(
      oracle(place, 'ApiKeyGrant', value),
    )
  })
})

test('ApiKeyRevoke', () => {
  const anyRevoke = fc.record({ channelId: anyBytes32, keyHash: anyKeyHash, nonce: anyUint64 })
  holds(fc.tuple(anyPlace, anyRevoke), ([place, order]) => {
    expect(apiKeyRevokeDigest(agreementDomain(place), order)).toBe(
      oracle(place, 'ApiKeyRevoke', { ...order, keyHash: `0x${order.keyHash}` }),
    )
  })
})

test('BillingQuery and RefundOrder, which never are each other', () => {
  const anyTimed = fc.record({ channelId: anyBytes32, validUntil: anyTime })
  holds(fc.tuple(anyPlace, anyTimed), ([place, order]) => {
    const domain = agreementDomain(place)
    const query = billingQueryDigest(domain, order)
    const refund = refundOrderDigest(domain, order)
    expect(query).toBe(oracle(place, 'BillingQuery', order))
    expect(refund).toBe(oracle(place, 'RefundOrder', order))
    expect(query).not.toBe(refund)
  })
})

test('a scope is the hash of its canonical JSON, whatever order and repetition it comes in', () => {
  expect(scopeHash(undefined)).toBe(zeroBytes32)
  holds(fc.uniqueArray(fc.string({ unit: 'grapheme' })), (models) => {
    const expected = keccak256Utf8(canonicalJson([...models].sort()))
    expect(scopeHash(models)).toBe(expected)
    expect(scopeHash([...models, ...models].reverse())).toBe(expected)
  })
})
