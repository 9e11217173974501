import type { Bytes32 } from '../domain/units.ts'

/** Names of everything that a ledger keeps in Redis (docs/storage.md). */
export type LedgerKeys = {
  readonly layout: string
  /** While replicas compete, the one that goes first. */
  readonly turn: string
  /** Of every replica that ever wrote and is not forgotten, the number of its newest batch. */
  readonly replicas: string
  readonly table: (name: string) => string
  /** By number of the gateway, each receipt without its body (receipt-rows-redis.ts). */
  readonly sequence: string
  /** By request id, the number of its receipt, and its record while that is kept. */
  readonly requests: string
  /** The number of the newest receipt whose body is gone. */
  readonly expired: string
  /** By number of the channel, the bodies of its receipts while they are kept. */
  readonly receipts: (channelId: Bytes32) => string
  /** Ids of a channel's answers that do not follow from their request's, each with the number of its newest receipt. */
  readonly answers: (channelId: Bytes32) => string
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
    sequence: named('sequence'),
    requests: named('requests'),
    expired: named('expired'),
    receipts: (channelId) => named(`receipts:${channelId}`),
    answers: (channelId) => named(`answers:${channelId}`),
    owned: (replica) => named(`owned:${replica}`),
    lease: (replica) => named(`lease:${replica}`),
  }
}
