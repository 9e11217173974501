import { expect } from 'vitest'
import { type Bytes32, zeroBytes32 } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { noteDigest, type ReceiptNote } from './channels.ts'

/** All receipts of a channel, a page at a time, as `sealNote` wrote them. */
export async function receiptNotesOf(
  store: LedgerStore,
  channelId: Bytes32,
): Promise<ReceiptNote[]> {
  const notes: ReceiptNote[] = []
  for (;;) {
    const page = await store.receipts({ channelId, afterSeq: notes.length, limit: 500 })
    if (page.length === 0) return notes
    notes.push(...page.map((body) => JSON.parse(body) as ReceiptNote))
  }
}

/**
 * The law of one channel: its receipts are one chain without gaps, each request has one, and what they add up to is what
 * was charged, which is never more than was signed. Answers what each request cost.
 */
export async function expectLaw(
  store: LedgerStore,
  channelId: Bytes32,
): Promise<ReadonlyMap<string, bigint>> {
  const costs = new Map<string, bigint>()
  let cumulative = 0n
  let previous: string = zeroBytes32
  for (const [index, note] of (await receiptNotesOf(store, channelId)).entries()) {
    expect(note).toMatchObject({ channelSeq: index + 1, prevReceipt: previous })
    expect(costs.has(note.requestId)).toBe(false)
    costs.set(note.requestId, BigInt(note.cumulative) - cumulative)
    cumulative = BigInt(note.cumulative)
    previous = noteDigest(note.requestId)
  }
  const channel = await store.channel(channelId)
  expect(channel).toMatchObject({
    chargedCumulativeAmount: cumulative,
    receiptSeq: costs.size,
    receiptDigest: previous,
  })
  const { heldAmount = 0n, signedMaxClaimable = 0n, balance = 0n } = channel ?? {}
  expect(cumulative + heldAmount).toBeLessThanOrEqual(signedMaxClaimable)
  expect(signedMaxClaimable).toBeLessThanOrEqual(balance)
  return costs
}

/** Numbers over all channels: 1 to the last, each once. */
export async function expectNumbersWithoutGaps(
  store: LedgerStore,
  channelIds: readonly Bytes32[],
): Promise<void> {
  const notes = await Promise.all(channelIds.map((id) => receiptNotesOf(store, id)))
  const numbers = notes.flat().map(({ gatewaySeq }) => gatewaySeq)
  expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1))
}
