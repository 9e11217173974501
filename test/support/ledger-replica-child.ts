/*
 * One of several gateways on one ledger: argv[2] is the URL of Redis, argv[3] the prefix, argv[4] its name, argv[5] how
 * many requests it serves at once. Waits for `go` on its standard input, so that all begin together, and says at the end what it held and charged.
 */
import { once } from 'node:events'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { serveAtOnce } from './serve-at-once.ts'

const [url = '', keyPrefix = '', name = '', count = '0'] = process.argv.slice(2)
const store = await openRedisLedger({ url, keyPrefix })
process.stdout.write('ready\n')
await once(process.stdin, 'data')
const served = await serveAtOnce(store, { name, count: Number(count) })
await store.close()
process.stdout.write(`${JSON.stringify(served)}\n`)
process.stdin.destroy()
