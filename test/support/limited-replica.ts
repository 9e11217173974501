/*
 * One replica of several that count their callers' requests together, in one Redis. As a program of its own it can be
 * killed: `limited-replica.ts REDIS_URL KEY_PREFIX UPSTREAM_URL API_KEY`, with the signing key on standard input; it prints
 * its origin.
 */

import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { type PrivateKey, parsePrivateKey } from '../../src/chain/private-key.ts'
import { hashApiKey } from '../../src/domain/api-key.ts'
import { unlimited } from '../../src/domain/caller-limits.ts'
import { apiKeyOf } from '../../src/payment/authenticate.ts'
import { CallerLimitsDesk } from '../../src/payment/caller-limits-desk.ts'
import { LimitOverrides } from '../../src/payment/caller-limits-overrides.ts'
import { openRedisCallerLimits } from '../../src/store/caller-limits-store-redis.ts'
import { openRedisConcurrency } from '../../src/store/concurrency-store-redis.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { openRedisRateWindows } from '../../src/store/rate-window-store-redis.ts'
import { startGatewayOnLedger, type TestGateway, testChannelId } from './gateway-on-ledger.ts'

/** Dead replicas are found soon, and Redis itself did not restart. */
const lease = { durationMs: 1_000, renewalMs: 300 }

export type LimitedReplica = {
  readonly gateway: TestGateway
  readonly desk: CallerLimitsDesk
  readonly ledger: LedgerStore
  readonly overrides: LimitOverrides
  readonly stop: () => Promise<void>
}

export async function startLimitedReplica(terms: {
  readonly url: string
  readonly keyPrefix: string
  readonly upstreamUrl: string
  readonly privateKey: PrivateKey
  /** A key that all replicas know. */
  readonly apiKey: string
  /** Called with the ledger before the gateway starts. */
  readonly prepare?: (ledger: LedgerStore) => Promise<void>
}): Promise<LimitedReplica> {
  const { privateKey, upstreamUrl, ...redis } = terms
  const ledger = await openRedisLedger({ ...redis, lease, restartGraceMs: 0 })
  await terms.prepare?.(ledger)
  const windows = await openRedisRateWindows(redis)
  const concurrency = await openRedisConcurrency({ ...redis, lease, restartGraceMs: 0 })
  const overrides = await LimitOverrides.open(await openRedisCallerLimits(redis))
  const desk = new CallerLimitsDesk({
    defaults: unlimited,
    overrides,
    windows,
    concurrency,
    nowMs: Date.now,
  })
  const gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstreamUrl }],
    replica: { ledger, channelId: testChannelId, privateKey },
    limits: desk,
  })
  await gateway.apiKeys.insert(sharedKeyOf(terms.apiKey))
  const stop = async () => {
    await gateway.stop()
    await overrides.close()
    await windows.close()
    await concurrency.close()
  }
  return { gateway, desk, ledger, overrides, stop }
}

/** The same key has the same name everywhere. */
export const sharedKeyOf = (secret: string) =>
  apiKeyOf(hashApiKey(secret), { label: 'shared', channelId: testChannelId, nowMs: 0 })

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url = '', keyPrefix = '', upstreamUrl = '', apiKey = ''] = process.argv.slice(2)
  const privateKey = parsePrivateKey(await text(process.stdin))
  if (privateKey === undefined) throw new Error('standard input is no key')
  const replica = await startLimitedReplica({ url, keyPrefix, upstreamUrl, apiKey, privateKey })
  process.stdout.write(`${JSON.stringify({ origin: replica.gateway.origin })}\n`)
}
