/*
 * A replica that is killed with places taken: argv[2] is the URL of Redis, argv[3] the prefix, argv[4] the counter, argv[5]
 * how many places of 1,000 it takes. Says `inside` and stays.
 */
import { openRedisConcurrency } from '../../src/store/concurrency-store-redis.ts'

const [url = '', keyPrefix = '', counter = '', places = '0'] = process.argv.slice(2)
const store = await openRedisConcurrency({ url, keyPrefix })
for (let count = 0; count < Number(places); count += 1) {
  const entered = await store.enter([{ counter, max: 1_000 }], Date.now())
  if (!entered.ok) throw new Error('there is room')
}
process.stdout.write('inside\n')
process.stdin.resume()
