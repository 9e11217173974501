import type { DatabaseSync } from 'node:sqlite'
import { joinBytes } from '../base/bytes.ts'
import type { Channel, ChannelConfig } from '../domain/channel.ts'
import { microUsd } from '../domain/exchange.ts'
import type { Hold, OrphanedHold } from '../domain/hold.ts'
import type { KeySpending } from '../domain/key-spending.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import {
  type AtomicAmount,
  address,
  atomic,
  type Bytes32,
  bytes32,
  signature,
  unixSeconds,
} from '../domain/units.ts'
import { emptyUsdBook, type UsdBook } from '../domain/usd-book.ts'
import type { LedgerState, StoredReceipt } from './ledger-state.ts'

/*
 * Tables and rows of the embedded ledger. Amounts are decimal text: an asset with 18 decimals overflows SQLite's 64-bit
 * integers, and all arithmetic happens in domain/ anyway. Held amounts have no column: they are the sums of the open
 * holds, and a second copy could disagree.
 */

export type ChannelRow = readonly [
  channelId: string,
  chainId: number,
  config: string,
  balance: string,
  totalClaimed: string,
  signedMaxClaimable: string,
  voucherSignature: string,
  charged: string,
  announced: string,
  closing: number,
  withdrawFinalAtS: number | null,
  frozen: number,
  receiptSeq: number,
  receiptDigest: string,
]
export type HoldRow = readonly [
  requestId: string,
  channelId: string,
  heldAmount: string,
  context: string,
  checkpoint: string | null,
  budgetId: string | null,
  capAmount: string | null,
  announces: number,
]
export type SpendingRow = readonly [budgetId: string, charged: string]
export type PayoutRow = readonly [
  payoutId: string,
  chainId: number,
  contributor: string,
  config: string,
  balance: string,
  totalClaimed: string,
  earned: string,
  promised: string,
  voucherSignature: string,
]
export type ReceiptRow = readonly [
  gatewaySeq: number,
  receiptId: string,
  channelId: string,
  channelSeq: number,
  body: string,
  record: string,
  digest: string,
  sealedAtS: number,
]
/** A receipt whose body and record are bytes, which end at `packedEnd` in those of its batch and begin where the one before ends. */
type PackedRow = readonly [
  gatewaySeq: number,
  receiptId: string,
  channelId: string,
  channelSeq: number,
  sealedAtS: number,
  packedEnd: number,
]
/** An answer's id that does not follow from its request's. */
export type AnswerRow = readonly [channelId: string, answerId: string, gatewaySeq: number]

/** A receipt whose body goes. Its digest is written with that, because rows of layout 3 have none. */
export type ExpiredRow = readonly [digest: string, gatewaySeq: number]

export type UsdBookRow = readonly [charged: string, earned: string]

/** Those of one batch, and the bytes of all of them. */
export type PackedReceipts = {
  readonly rows: readonly PackedRow[]
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Everything that one durable commit writes. A channel stands here once however many requests changed it. */
export type WriteBatch = {
  readonly channels: readonly ChannelRow[]
  readonly holds: readonly HoldRow[]
  readonly extendedHolds: readonly (readonly [heldAmount: string, requestId: string])[]
  readonly checkpoints: readonly (readonly [checkpoint: string, requestId: string])[]
  readonly endedHolds: readonly string[]
  readonly spendings: readonly SpendingRow[]
  readonly payouts: readonly PayoutRow[]
  readonly receipts: readonly ReceiptRow[]
  readonly packed: PackedReceipts
  readonly answers: readonly AnswerRow[]
  readonly expired: readonly ExpiredRow[]
  readonly usdBook: UsdBookRow | undefined
}

export const channelRow = (channel: Channel): ChannelRow => [
  channel.channelId,
  channel.chainId,
  JSON.stringify(channel.config),
  String(channel.balance),
  String(channel.totalClaimed),
  String(channel.signedMaxClaimable),
  channel.voucherSignature,
  String(channel.chargedCumulativeAmount),
  String(channel.announcedAmount),
  channel.closing ? 1 : 0,
  channel.withdrawFinalAtS ?? null,
  channel.frozen ? 1 : 0,
  channel.receiptSeq,
  channel.receiptDigest,
]

/** A hold of which more is to be done after the death of its gateway than to give it back: another is not written. */
export type LastingHold = Hold & { readonly context: string }

export const isLasting = (hold: Hold): hold is LastingHold => hold.context !== undefined

export const holdRow = (hold: LastingHold): HoldRow => [
  hold.requestId,
  hold.channelId,
  String(hold.heldAmount),
  hold.context,
  null,
  hold.budget?.budgetId ?? null,
  hold.budget === undefined ? null : String(hold.budget.capAmount),
  hold.announces ? 1 : 0,
]

export const spendingRow = (spending: KeySpending): SpendingRow => [
  spending.budgetId,
  String(spending.chargedAmount),
]

export const payoutRow = (payout: Payout): PayoutRow => [
  payout.payoutId,
  payout.chainId,
  payout.contributor,
  JSON.stringify(payout.config),
  String(payout.balance),
  String(payout.totalClaimed),
  String(payout.earnedAmount),
  String(payout.promisedAmount),
  payout.voucherSignature,
]

export const receiptRow = (receipt: StoredReceipt): ReceiptRow => [
  receipt.gatewaySeq,
  receipt.receiptId,
  receipt.channelId,
  receipt.channelSeq,
  receipt.body(),
  receipt.record,
  receipt.digest,
  receipt.sealedAt,
]

/** The bytes have memory of their own, so that they are handed to another thread and not copied. */
export function packedReceipts(receipts: readonly StoredReceipt[]): PackedReceipts {
  const rows: PackedRow[] = []
  const pieces: Uint8Array[] = []
  let end = 0
  for (const receipt of receipts) {
    const piece = receipt.packed?.()
    if (piece === undefined) continue
    pieces.push(piece)
    end += piece.length
    const { gatewaySeq, receiptId, channelId, channelSeq, sealedAt } = receipt
    rows.push([gatewaySeq, receiptId, channelId, channelSeq, sealedAt, end])
  }
  return { rows, bytes: joinBytes(pieces) }
}

/** Micro-dollars. */
export const usdBookRow = (book: UsdBook): UsdBookRow => [
  String(book.chargedMicroUsd),
  String(book.earnedMicroUsd),
]

type Row = Record<string, unknown>
const text = (row: Row, column: string): string => String(row[column])
const amount = (row: Row, column: string): AtomicAmount => atomic(BigInt(text(row, column)))
const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
  value === null || value === undefined ? undefined : read(value)

/** Fills the state with everything that was written. Answers the holds that an earlier process left open. */
export function readLedger(database: DatabaseSync, state: LedgerState): readonly OrphanedHold[] {
  const orphans = rows(database, 'holds').map(readHold)
  const heldOnChannels = new Map<Bytes32, bigint>()
  const heldUnderKeys = new Map<string, bigint>()
  for (const { checkpoint: _, ...hold } of orphans) {
    state.holds.set(hold.requestId, hold)
    const { channelId, heldAmount, budget } = hold
    heldOnChannels.set(channelId, (heldOnChannels.get(channelId) ?? 0n) + heldAmount)
    if (budget === undefined) continue
    heldUnderKeys.set(budget.budgetId, (heldUnderKeys.get(budget.budgetId) ?? 0n) + heldAmount)
  }
  for (const row of rows(database, 'channels')) {
    const channel = readChannel(row, heldOnChannels)
    state.channels.set(channel.channelId, channel)
  }
  const charged = new Map(
    rows(database, 'key_spendings').map((row) => [text(row, 'budget_id'), amount(row, 'charged')]),
  )
  for (const budgetId of new Set([...charged.keys(), ...heldUnderKeys.keys()])) {
    const chargedAmount = charged.get(budgetId) ?? atomic(0n)
    const heldAmount = atomic(heldUnderKeys.get(budgetId) ?? 0n)
    state.spendings.set(budgetId, { budgetId, chargedAmount, heldAmount })
  }
  for (const row of rows(database, 'payouts')) {
    const payout = readPayout(row)
    state.payouts.set(payout.payoutId, payout)
  }
  const newest = database.prepare('SELECT max(gateway_seq) AS seq FROM receipts').get()
  state.head = { ...readUsdBook(database), gatewaySeq: Number(newest?.['seq'] ?? 0) }
  return orphans
}

function readUsdBook(database: DatabaseSync): UsdBook {
  const [row] = rows(database, 'usd_book')
  if (row === undefined) return emptyUsdBook
  const dollars = (column: string) => microUsd(BigInt(text(row, column)))
  return { chargedMicroUsd: dollars('charged'), earnedMicroUsd: dollars('earned') }
}

const rows = (database: DatabaseSync, table: string): Row[] =>
  database.prepare(`SELECT * FROM ${table}`).all()

const readHold = (row: Row): OrphanedHold => ({
  requestId: text(row, 'request_id'),
  channelId: bytes32(text(row, 'channel_id')),
  heldAmount: amount(row, 'held'),
  context: text(row, 'context'),
  checkpoint: optional(row['checkpoint'], String),
  budget: optional(row['budget_id'], (budgetId) => ({
    budgetId: String(budgetId),
    capAmount: amount(row, 'cap'),
  })),
  announces: row['announces'] === 1,
})

function readChannel(row: Row, held: ReadonlyMap<Bytes32, bigint>): Channel {
  const channelId = bytes32(text(row, 'channel_id'))
  return {
    channelId,
    chainId: Number(row['chain_id']),
    config: JSON.parse(text(row, 'config')) as ChannelConfig,
    balance: amount(row, 'balance'),
    totalClaimed: amount(row, 'total_claimed'),
    signedMaxClaimable: amount(row, 'signed_max_claimable'),
    voucherSignature: signature(text(row, 'voucher_signature')),
    chargedCumulativeAmount: amount(row, 'charged'),
    heldAmount: atomic(held.get(channelId) ?? 0n),
    announcedAmount: amount(row, 'announced'),
    closing: row['closing'] === 1,
    withdrawFinalAtS: optional(row['withdraw_final_at'], (at) => unixSeconds(Number(at))),
    frozen: row['frozen'] === 1,
    receiptSeq: Number(row['receipt_seq']),
    receiptDigest: bytes32(text(row, 'receipt_digest')),
  }
}

const readPayout = (row: Row): Payout => ({
  payoutId: bytes32(text(row, 'payout_id')),
  chainId: Number(row['chain_id']),
  contributor: address(text(row, 'contributor')),
  config: JSON.parse(text(row, 'config')) as ChannelConfig,
  balance: amount(row, 'balance'),
  totalClaimed: amount(row, 'total_claimed'),
  earnedAmount: amount(row, 'earned'),
  promisedAmount: amount(row, 'promised'),
  voucherSignature: signature(text(row, 'voucher_signature')),
})
