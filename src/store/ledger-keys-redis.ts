import type { Bytes32 } from '../domain/units.ts'

/** Names of everything that a ledger keeps in Redis (docs/storage.md). */
export type LedgerKeys = {
  readonly layout: string
  /** While replicas compete, the one that goes first. */
  readonly turn: string
  /** Of every replica that ever wrote and is not forgotten, the number of its newest batch. */
  readonly replicas: string
  readonly table: (name: string) => string
  /** By receipt id, the channel and its number there. */
  readonly receiptIds: string
  /** By request id, the channel and the number of its receipt, and its record. */
  readonly requests: string
  /** By number, the bodies of a channel's receipts. */
  readonly receipts: (channelId: Bytes32) => string
  /** Open holds of a replica, each with its checkpoint; empty text where there is none. */
  readonly owned: (replica: string) => string
  readonly lease: (replica: string) => string
}

/** The prefix is a hash tag: a cluster keeps all of a ledger in one slot, because one script writes it. */
export function ledgerKeys(prefix: string): LedgerKeys {
  const named = (name: string): string => `{${prefix}}:${name}`
  return {
    layout: named('layout'),
    turn: named('turn'),
    replicas: named('replicas'),
    table: named,
    receiptIds: named('receipt-ids'),
    requests: named('requests'),
    receipts: (channelId) => named(`receipts:${channelId}`),
    owned: (replica) => named(`owned:${replica}`),
    lease: (replica) => named(`lease:${replica}`),
  }
}
