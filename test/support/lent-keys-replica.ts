/*
 * One replica of several that serve from the same lent keys: `lent-keys-replica.ts REDIS_URL KEY_PREFIX UPSTREAM_URL`, with
 * the signing key on standard input. Prints origin and API key.
 */
import { text } from 'node:stream/consumers'
import { parsePrivateKey } from '../../src/chain/private-key.ts'
import { openRedisConcurrency } from '../../src/store/concurrency-store-redis.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { openRedisRateWindows } from '../../src/store/rate-window-store-redis.ts'
import { startGatewayOnLedger, testChannelId } from './gateway-on-ledger.ts'
import { lentKeys } from './lent-keys.ts'

const [url = '', keyPrefix = '', baseUrl = ''] = process.argv.slice(2)
const privateKey = parsePrivateKey(await text(process.stdin))
if (privateKey === undefined) throw new Error('standard input is no key')
const redis = { url, keyPrefix }
const { origin, apiKey } = await startGatewayOnLedger({
  upstreams: lentKeys(baseUrl),
  replica: { ledger: await openRedisLedger(redis), channelId: testChannelId, privateKey },
  pool: {
    windows: await openRedisRateWindows(redis),
    concurrency: await openRedisConcurrency(redis),
  },
})
process.stdout.write(`${JSON.stringify({ origin, apiKey })}\n`)
