/*
 * A process to kill: works on the ledger in argv[2], the path of a file or `URL PREFIX`, with the seed in argv[3], and
 * says of every step what it is about to do and what has become durable, until it is ended. Lines: `hold ID AMOUNT`
 * (durable), `charging ID`, `charge ID AMOUNT` (durable), `releasing ID`.
 */
import { writeSync } from 'node:fs'
import { atomic } from '../../src/domain/units.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { channelIdOf, holdOf, sealNote } from './channels.ts'
import { seededRandom } from './seeded-random.ts'

const [where = '', seed = '1'] = process.argv.slice(2)
const [url = '', keyPrefix = ''] = where.split(' ')
const random = seededRandom(Number(seed))
const store = where.startsWith('redis:')
  ? await openRedisLedger({ url, keyPrefix })
  : openSqliteLedger({ path: where })
/** Straight to the pipe: a line that was said is there even when the process dies with the next instruction. */
const say = (line: string) => writeSync(1, `${line}\n`)
let requests = 0

async function serve(): Promise<void> {
  requests += 1
  const requestId = `${seed}-${requests}`
  const heldAmount = random(50) + 1
  const held = await store.hold(holdOf(requestId, channelIdOf(0), BigInt(heldAmount)))
  if (!held.ok) return
  await held.value.durable
  say(`hold ${requestId} ${heldAmount}`)
  const fate = random(10)
  if (fate < 2) store.checkpoint(requestId, `far ${requestId}`)
  if (fate === 0) return
  if (fate < 3) {
    say(`releasing ${requestId}`)
    await store.release(requestId)
    return
  }
  const amount = random(heldAmount + 1)
  say(`charging ${requestId}`)
  const charged = await store.charge(requestId, atomic(BigInt(amount)), sealNote(requestId))
  await charged?.durable
  say(`charge ${requestId} ${amount}`)
}

async function serveOn(): Promise<void> {
  for (;;) await serve()
}

await Promise.all(Array.from({ length: 8 }, serveOn))
