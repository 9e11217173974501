/*
 * One replica of several in a process of its own, to be killed: `replica-process.ts REDIS_URL KEY_PREFIX CHANNEL_ID
 * UPSTREAM_URL`, with the signing key on standard input so that no list of processes shows it. Prints origin and API key.
 */
import { text } from 'node:stream/consumers'
import { parsePrivateKey } from '../../src/chain/private-key.ts'
import { bytes32 } from '../../src/domain/units.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { startGatewayOnLedger } from './gateway-on-ledger.ts'

const [url = '', keyPrefix = '', channelId = '', baseUrl = ''] = process.argv.slice(2)
const privateKey = parsePrivateKey(await text(process.stdin))
if (privateKey === undefined) throw new Error('standard input is no key')
const ledger = await openRedisLedger({
  url,
  keyPrefix,
  lease: { durationMs: 1_000, renewalMs: 300 },
})
const { origin, apiKey } = await startGatewayOnLedger({
  upstreams: [{ id: 'one', baseUrl }],
  replica: { ledger, channelId: bytes32(channelId), privateKey },
})
process.stdout.write(`${JSON.stringify({ origin, apiKey })}\n`)
