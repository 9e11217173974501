import { describe, expect, test } from 'vitest'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, recoverSigner } from '../../../src/chain/signatures.ts'
import { usageKeyDigest } from '../../../src/chain/usage-key-typed-data.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { type BatchSigner, signBatch } from '../../../src/contributor/sign-batch.ts'
import { atomic, signature } from '../../../src/domain/units.ts'
import { checkSignedBatch } from '../../../src/proofs/signed-batch.ts'
import {
  batchNowMs,
  batchSigner,
  consecutiveReceipts,
  signedBatchOf,
  someUsages,
} from '../../support/signed-batch.ts'
import {
  contributorKey,
  gatewayKey,
  place,
  signReceipt,
  testKey,
} from '../../support/signed-receipt.ts'

const three = consecutiveReceipts(someUsages(3))
const signed = (receipts: readonly ParsedReceipt[], signer: BatchSigner = batchSigner) =>
  signBatch(signer, receipts, batchNowMs)

const at = (index: number): ParsedReceipt => {
  const one = three[index]
  if (one === undefined) throw new Error(`no receipt ${index}`)
  return one
}

describe('of consecutive receipts', () => {
  const batch = signedBatchOf(someUsages(3))

  test('the batch says what they say', () => {
    const { statement, entries } = batch
    expect(entries.map(({ cost }) => cost)).toEqual(three.map(({ receipt }) => receipt.cost))
    expect(statement).toMatchObject({
      firstSeq: 7,
      count: 3,
      total: three.reduce((sum, { receipt }) => sum + receipt.cost, 0n),
      previousDigest: at(0).receipt.prevReceipt,
      lastDigest: entries[2]?.receiptDigest,
    })
    // One of three is charged a unit less than it may be.
    expect(statement.priced).toBe(statement.total + 1n)
    expect(checkSignedBatch(batch)).toEqual({ ok: true, value: undefined })
  })

  test('their order does not matter', () => {
    expect(signed(three.toReversed())).toEqual({ ok: true, value: batch })
  })

  test('the signing key endorses the key that signed', () => {
    const { contributor, usageKey } = batch.statement
    const digest = usageKeyDigest(receiptDomain(place), { contributor, usageKey })
    expect(recoverSigner(digest, batch.endorsement)).toBe(addressOfPrivateKey(contributorKey))
  })

  test('sixteen fit, and a Work of a key that was rotated away is its contributor’s own', () => {
    const sixteen = consecutiveReceipts(someUsages(16))
    const rotated = {
      ...batchSigner,
      signingKey: testKey('b7'),
      formerKeys: [addressOfPrivateKey(contributorKey)],
    }
    const result = signed(sixteen, rotated)
    expect(result).toMatchObject({ ok: true, value: { statement: { count: 16 } } })
  })
})

describe('nothing is signed', () => {
  const refused = (receipts: readonly ParsedReceipt[], signer?: BatchSigner) => {
    const result = signed(receipts, signer)
    return result.ok ? undefined : result.error
  }

  test.each([0, 17])('of %i receipts', (count) => {
    const receipts = consecutiveReceipts(someUsages(count))
    expect(refused(receipts)).toEqual({ reason: 'wrong_count', count })
  })

  test('of Works of another key, or another contributor', () => {
    const other = { ...batchSigner, signingKey: testKey('b3') }
    expect(refused(three, other)).toEqual({ reason: 'foreign_work', seq: 7 })
    const byOther = signReceipt({ keys: { gateway: gatewayKey, contributor: testKey('b3') } })
    expect(refused([byOther])).toEqual({ reason: 'foreign_work', seq: 7 })
    const unsigned = signReceipt({ receipt: { tiers: 1 } })
    expect(refused([unsigned])).toEqual({ reason: 'foreign_work', seq: 7 })
    const forged = { ...at(0), contributorSignature: signature(`0x${'11'.repeat(64)}1b`) }
    expect(refused([forged])).toEqual({ reason: 'foreign_work', seq: 7 })
  })

  test('of a receipt by a key that is not the gateway’s', () => {
    const made = signReceipt({ keys: { gateway: testKey('a9'), contributor: contributorKey } })
    expect(refused([made])).toMatchObject({ reason: 'receipt_fails', seq: 7 })
  })

  test('of a receipt that charges more than its sheet', () => {
    const dear = signReceipt({ receipt: { cost: atomic(241n) } })
    expect(refused([dear])).toMatchObject({ reason: 'receipt_fails', detail: /^cost: / })
  })

  test('of a receipt for another place', () => {
    const elsewhere = signReceipt({ place: { chainId: 1 } })
    expect(refused([elsewhere])).toMatchObject({ reason: 'receipt_fails' })
  })

  test('of receipts with a gap', () => {
    expect(refused([at(0), at(2)])).toEqual({ reason: 'not_consecutive', seq: 9 })
  })

  test('of the same receipt twice, or one Work in two receipts', () => {
    expect(refused([at(0), at(0)])).toEqual({ reason: 'duplicate', seq: 7 })
    const again = signReceipt({
      work: at(0).receipt.work,
      receipt: { ...at(1).receipt, cost: at(0).receipt.cost },
    })
    expect(refused([at(0), again])).toEqual({ reason: 'duplicate', seq: 8 })
  })

  test('of receipts that do not follow each other', () => {
    const { work, ...members } = at(1).receipt
    const astray = signReceipt({ work, receipt: { ...members, prevReceipt: work.jobId } })
    expect(refused([at(0), astray])).toMatchObject({ reason: 'chain_broken', seq: 8 })
  })

  test('of receipts of two channels or two price sheets', () => {
    const { work, ...members } = at(1).receipt
    const elsewhere = signReceipt({ work, receipt: { ...members, channelId: work.jobId } })
    expect(refused([at(0), elsewhere])).toEqual({ reason: 'other_channel', seq: 8 })
    const { priceHash: _, ...unpriced } = members
    const sheet = { promptAtomicPerMtok: atomic(200_000n) }
    const dearer = signReceipt({ work, receipt: unpriced, sheet })
    expect(refused([at(0), dearer])).toEqual({ reason: 'other_price_sheet', seq: 8 })
  })

  test('of prices that the circuit has no room for', () => {
    const sheet = { promptAtomicPerMtok: atomic(2n ** 72n) }
    const refusal = refused([signReceipt({ sheet })])
    expect(refusal).toEqual({ reason: 'unprovable', fault: 'price_too_large' })
  })
})
