/*
 * Outboxes and their entries, as their tests need them.
 */
import { address, bytes32 } from '../../src/domain/units.ts'
import type { OutboxEntry, OutboxStore } from '../../src/store/outbox-store.ts'
import { openRedisOutbox } from '../../src/store/outbox-store-redis.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { inRedis, inSqlite, type StorePlaceOf } from './shared-store.ts'

export type OutboxPlace = StorePlaceOf<OutboxStore>

export const sqliteOutboxPlace: () => Promise<OutboxPlace> = inSqlite(openSqliteOutbox)
export const redisOutboxPlace: () => Promise<OutboxPlace> = inRedis(openRedisOutbox)

export const lane = { chainId: 31337, sender: address(`0x${'5e'.repeat(20)}`) }

const attempt = {
  transactionHash: bytes32(`0x${'aa'.repeat(32)}`),
  raw: '0x02f8',
  gasLimit: 2n ** 60n + 1n,
  maxFeePerGas: 10n ** 20n + 7n,
  maxPriorityFeePerGas: 1n,
  signedAtMs: 1_700_000_000_001,
  isEmpty: false,
} as const

/** A queued intent. */
export const entryOf = (intentId: string, change: Partial<OutboxEntry> = {}): OutboxEntry => ({
  ...lane,
  intentId,
  kind: 'claim',
  channelIds: [bytes32(`0x${'c1'.repeat(32)}`)],
  to: address(`0x${'70'.repeat(20)}`),
  data: '0x1234',
  caps: undefined,
  createdAtMs: 1_700_000_000_000,
  state: 'queued',
  nonce: undefined,
  attempts: [],
  inclusion: undefined,
  failure: undefined,
  revision: 0,
  ...change,
})

/** What makes an entry a signed one. */
export const sentWith = (nonce: number): Partial<OutboxEntry> => ({
  state: 'sent',
  nonce,
  attempts: [attempt],
})
