import { expect, test } from 'vitest'
import { tier } from '../../../src/domain/receipt.ts'
import { claimedTiers, knownTierBits, tierClaims } from '../../../src/domain/tier-claims.ts'

test('every tier of a receipt has its sentences, and each its own', () => {
  expect(tierClaims.map(({ bit }) => bit)).toEqual(Object.values(tier))
  expect(knownTierBits).toBe(255)
  const sentences = tierClaims.flatMap(({ name, proves, doesNotProve }) => [
    name,
    proves,
    doesNotProve,
  ])
  expect(new Set(sentences).size).toBe(3 * tierClaims.length)
})

test('claimed are those whose bit is set', () => {
  expect(claimedTiers(1 | 16 | 256).map(({ name }) => name)).toEqual([
    'gateway-signed',
    'tee-bound-key',
  ])
})
