/*
 * Two gateways that share one ledger in Redis, before one scripted upstream, and the doors of two accounts at each: for what
 * every replica must tell alike.
 */
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { openSignedChannel } from './channels.ts'
import { offeredAt } from './endpoint-answers.ts'
import { startGatewayOnLedger, type TestGateway, testChannelId } from './gateway-on-ledger.ts'
import { type RedisServer, startRedisServer } from './redis-server.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

/** Where an account asks. */
export type Door = Pick<TestGateway, 'origin' | 'apiKey'>

export type ReplicaPair = {
  readonly redis: RedisServer
  readonly upstream: ScriptedUpstream
  readonly gateways: readonly [TestGateway, TestGateway]
  readonly ledgers: readonly [LedgerStore, LedgerStore]
  /** Of another account, at the first replica. */
  readonly other: Door & { readonly channelId: Bytes32 }
  readonly close: () => Promise<void>
}

export const pairKeyPrefix = 'pair'
const offered = offeredAt('chat/completions', 'completions', 'embeddings')

export async function openReplicaPair(): Promise<ReplicaPair> {
  const [redis, upstream] = await Promise.all([startRedisServer(), startScriptedUpstream()])
  const open = () => openRedisLedger({ url: redis.url, keyPrefix: pairKeyPrefix })
  const ledgers = [await open(), await open()] as const
  const privateKey = randomPrivateKey()
  await openSignedChannel(ledgers[0], testChannelId, 1_000_000_000n)
  const start = (ledger: LedgerStore) =>
    startGatewayOnLedger({
      upstreams: [{ id: 'one', baseUrl: upstream.baseUrl, offer: offered }],
      replica: { ledger, channelId: testChannelId, privateKey },
    })
  const gateways = [await start(ledgers[0]), await start(ledgers[1])] as const
  const channelId = bytes32(`0x${'c2'.repeat(32)}`)
  await openSignedChannel(ledgers[0], channelId, 1_000_000_000n)
  const { secret, apiKey } = createApiKey({ label: 'other', channelId, nowMs: Date.now() })
  await gateways[0].apiKeys.insert(apiKey)
  return {
    redis,
    upstream,
    gateways,
    ledgers,
    other: { origin: gateways[0].origin, apiKey: secret, channelId },
    close: async () => {
      for (const gateway of gateways) await gateway.stop()
      await upstream.close()
      await redis.stop()
    },
  }
}
