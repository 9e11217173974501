/*
 * Where an outbox keeps its data, as its tests need it: opened again and again, and removed. A second implementation joins
 * the conformance suite with a place of its own.
 */
import { join } from 'node:path'
import { address, bytes32 } from '../../src/domain/units.ts'
import type { OutboxEntry, OutboxStore } from '../../src/store/outbox-store.ts'
import { openRedisOutbox } from '../../src/store/outbox-store-redis.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import { temporaryFolder } from './embedded-chain.ts'
import { startRedisServer } from './redis-server.ts'

export type OutboxPlace = {
  /** Opens what is there; several at once are several processes. */
  readonly open: () => Promise<OutboxStore>
  readonly remove: () => Promise<void>
}

export async function sqliteOutboxPlace(): Promise<OutboxPlace> {
  const folder = temporaryFolder()
  return {
    open: async () => openSqliteOutbox(join(folder.path, 'outbox.db')),
    remove: async () => folder.remove(),
  }
}

/** A real redis-server of its own. */
export async function redisOutboxPlace(): Promise<OutboxPlace> {
  const server = await startRedisServer()
  return {
    open: () => openRedisOutbox({ url: server.url, keyPrefix: 'test' }),
    remove: () => server.stop(),
  }
}

export const lane = { chainId: 31337, sender: address(`0x${'5e'.repeat(20)}`) }

const attempt = {
  transactionHash: bytes32(`0x${'aa'.repeat(32)}`),
  raw: '0x02f8',
  gasLimit: 2n ** 60n + 1n,
  maxFeePerGas: 10n ** 20n + 7n,
  maxPriorityFeePerGas: 1n,
  signedAtMs: 1_700_000_000_001,
} as const

/** A queued intent. */
export const entryOf = (intentId: string, change: Partial<OutboxEntry> = {}): OutboxEntry => ({
  ...lane,
  intentId,
  kind: 'claim',
  channelIds: [bytes32(`0x${'c1'.repeat(32)}`)],
  to: address(`0x${'70'.repeat(20)}`),
  data: '0x1234',
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
