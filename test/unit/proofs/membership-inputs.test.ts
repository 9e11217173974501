import { expect, test } from 'vitest'
import { type Signature, unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import { type MembershipClaim, membershipStatement } from '../../../src/proofs/membership-inputs.ts'
import { membershipNullifier } from '../../../src/proofs/membership-statement.ts'
import { membershipPlace } from '../../support/membership-receipt.ts'
import { usageGateway, wordOf } from '../../support/usage-receipts.ts'

test('a statement says what the claim and the receipt say, and the root that the path leads to', () => {
  const { receipt, claim, root } = membershipPlace(5)
  const statement = membershipStatement(receipt, claim)
  expect(statement).toMatchObject({
    ok: true,
    value: {
      root,
      modelId: receipt.receipt.work.modelId,
      tiers: 3,
      gateway: usageGateway,
      nullifier: membershipNullifier(receipt.receipt.receiptId, claim.scope),
      bound: claim.bound,
    },
  })
})

test.each<[string, Partial<MembershipClaim>]>([
  ['tiers_missing', { tiers: 4 }],
  ['finished_outside', { finishedAfter: unixSeconds(1_800_000_000) }],
  ['finished_outside', { finishedBefore: unixSeconds(1_600_000_000) }],
  ['path_too_long', { siblings: Array.from({ length: 13 }, (_, index) => wordOf(index)) }],
  ['bound_missing', { bound: zeroAddress }],
])('%s: nothing is stated', (reason, change) => {
  const { receipt, claim } = membershipPlace(5, change)
  expect(membershipStatement(receipt, claim)).toMatchObject({ ok: false, error: { reason } })
})

test('a receipt that shares its signature is asked for with one of its own', () => {
  const { receipt, claim } = membershipPlace(5)
  const shared = `${receipt.gatewaySignature}${'66'.repeat(32)}` as Signature
  const stated = membershipStatement({ ...receipt, gatewaySignature: shared }, claim)
  expect(stated).toMatchObject({ ok: false, error: { reason: 'signature_malformed' } })
  expect(!stated.ok && stated.error.detail).toContain('?signature=plain')
})

test('a receipt that a contract signed for its gateway cannot be proven', () => {
  const { receipt, claim } = membershipPlace(5)
  const signed = { ...receipt, gatewaySignature: `0x${'66'.repeat(40)}` as Signature }
  expect(membershipStatement(signed, claim)).toMatchObject({
    error: { reason: 'signature_malformed' },
  })
})
