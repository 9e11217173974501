import type { DatabaseSync } from 'node:sqlite'
import type { Channel, ChannelConfig } from '../domain/channel.ts'
import { type AtomicAmount, atomic, bytes32, signature } from '../domain/units.ts'

/*
 * Tables and rows of the embedded ledger. Amounts are decimal text: an asset with 18 decimals overflows SQLite's 64-bit
 * integers, and all arithmetic happens in domain/channel-ledger.ts anyway. `heldAmount` has no column: it is the sum of
 * the open holds, and a second copy could disagree.
 */

export type ChannelRow = readonly [
  channelId: string,
  config: string,
  balance: string,
  totalClaimed: string,
  signedMaxClaimable: string,
  voucherSignature: string,
  charged: string,
  closing: number,
  receiptSeq: number,
  receiptDigest: string,
]
export type HoldRow = readonly [
  requestId: string,
  channelId: string,
  heldAmount: string,
  context: string,
  checkpoint: string | null,
]
export type ReceiptRow = readonly [
  gatewaySeq: number,
  receiptId: string,
  channelId: string,
  channelSeq: number,
  body: string,
]

/** Everything that one durable commit writes. A channel stands here once however many requests changed it. */
export type WriteBatch = {
  readonly channels: readonly ChannelRow[]
  readonly holds: readonly HoldRow[]
  readonly checkpoints: readonly (readonly [checkpoint: string, requestId: string])[]
  readonly endedHolds: readonly string[]
  readonly receipts: readonly ReceiptRow[]
}

/** Unique (channel_id, channel_seq) makes two receipts for one position impossible even after a bug above. */
export const ledgerSchema = `
  CREATE TABLE IF NOT EXISTS channels (
    channel_id TEXT PRIMARY KEY, config TEXT NOT NULL, balance TEXT NOT NULL, total_claimed TEXT NOT NULL,
    signed_max_claimable TEXT NOT NULL, voucher_signature TEXT NOT NULL, charged TEXT NOT NULL,
    closing INTEGER NOT NULL, receipt_seq INTEGER NOT NULL, receipt_digest TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS holds (
    request_id TEXT PRIMARY KEY, channel_id TEXT NOT NULL, held TEXT NOT NULL,
    context TEXT NOT NULL, checkpoint TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS receipts (
    gateway_seq INTEGER PRIMARY KEY, receipt_id TEXT NOT NULL, channel_id TEXT NOT NULL,
    channel_seq INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS receipts_by_id ON receipts (receipt_id);
  CREATE UNIQUE INDEX IF NOT EXISTS receipts_by_channel ON receipts (channel_id, channel_seq);
`

/** Every commit reaches the disk before it is answered: WAL alone would lose the last commits in a power cut. */
export const durablePragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'

export const channelRow = (channel: Channel): ChannelRow => [
  channel.channelId,
  JSON.stringify(channel.config),
  String(channel.balance),
  String(channel.totalClaimed),
  String(channel.signedMaxClaimable),
  channel.voucherSignature,
  String(channel.chargedCumulativeAmount),
  channel.closing ? 1 : 0,
  channel.receiptSeq,
  channel.receiptDigest,
]

const text = (row: Record<string, unknown>, column: string): string => String(row[column])
export const amountFrom = (decimal: unknown): AtomicAmount => atomic(BigInt(String(decimal)))

/** Reads every channel with the sum of its open holds. */
export function readChannels(database: DatabaseSync): Channel[] {
  const held = new Map<string, bigint>()
  for (const row of database.prepare('SELECT channel_id, held FROM holds').iterate()) {
    const channelId = text(row, 'channel_id')
    held.set(channelId, (held.get(channelId) ?? 0n) + amountFrom(row['held']))
  }
  return database
    .prepare('SELECT * FROM channels')
    .all()
    .map((row) => ({
      channelId: bytes32(text(row, 'channel_id')),
      config: JSON.parse(text(row, 'config')) as ChannelConfig,
      balance: amountFrom(row['balance']),
      totalClaimed: amountFrom(row['total_claimed']),
      signedMaxClaimable: amountFrom(row['signed_max_claimable']),
      voucherSignature: signature(text(row, 'voucher_signature')),
      chargedCumulativeAmount: amountFrom(row['charged']),
      heldAmount: atomic(held.get(text(row, 'channel_id')) ?? 0n),
      closing: row['closing'] === 1,
      receiptSeq: Number(row['receipt_seq']),
      receiptDigest: bytes32(text(row, 'receipt_digest')),
    }))
}
