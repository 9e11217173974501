import type { Redis } from 'ioredis'
import { storeScanRows } from '../base/limits.ts'
import type { Channel } from '../domain/channel.ts'
import { requestIdOf } from '../domain/request-id.ts'
import { type Bytes32, bytes32, unixSeconds } from '../domain/units.ts'
import type { LedgerKeys } from './ledger-keys-redis.ts'
import { StoreFailure } from './ledger-store.ts'
import { readTable } from './read-rows-redis.ts'
import { sequenceText } from './receipt-rows-redis.ts'

const layout = '3'
/** Found receipts by their ids alone; no gateway of it may run any more. */
const formerLayout = '2'

/** Marks a new ledger, and brings one of the layout before up to this. Throws StoreFailure where neither can be done. */
export async function layOut(redis: Redis, keys: LedgerKeys): Promise<void> {
  await redis.setnx(keys.layout, layout)
  const found = await redis.get(keys.layout)
  if (found === formerLayout) await bringUp(redis, keys)
  else if (found !== layout) {
    throw new StoreFailure(
      `the ledger in Redis has layout ${found} and this version reads layout ${layout}: settle it with the version of Vouch that made it, then set another store.keyPrefix`,
    )
  }
}

/** Where it is cut short, or two gateways do it at once, the same is written again. */
async function bringUp(redis: Redis, keys: LedgerKeys): Promise<void> {
  for (const channel of await readTable(redis, keys, 'channels')) {
    for (let afterSeq = 0; afterSeq < channel.receiptSeq; afterSeq += storeScanRows) {
      await bringUpPage(redis, keys, { channel, afterSeq })
    }
  }
  await redis.set(keys.layout, layout)
  await redis.del(keys.table('receipt-ids'))
}

/** A receipt's digest stands in its channel's next one, and of the newest in the channel. */
async function bringUpPage(
  redis: Redis,
  keys: LedgerKeys,
  page: { readonly channel: Channel; readonly afterSeq: number },
): Promise<void> {
  const { channelId, receiptSeq, receiptDigest } = page.channel
  const last = Math.min(page.afterSeq + storeScanRows, receiptSeq)
  const numbers = Array.from({ length: last - page.afterSeq + 1 }, (_, i) => page.afterSeq + 1 + i)
  const bodies = await redis.hmget(keys.receipts(channelId), ...numbers.map(String))
  const documents = bodies.map((body) => (body === null ? undefined : readDocument(body)))
  const found = documents.slice(0, -1).filter((document) => document !== undefined)
  const requestIds = found.map(({ receiptId }) => requestIdOf(receiptId))
  const records = await redis.hmget(keys.requests, ...requestIds)
  const pipeline = redis.pipeline()
  for (const [index, document] of found.entries()) {
    const { receiptId, gatewaySeq, sealedAt } = document
    const channelSeq = page.afterSeq + 1 + index
    const digest = documents[index + 1]?.prevReceipt ?? receiptDigest
    const text = sequenceText({ receiptId, channelId, channelSeq, digest, sealedAt })
    pipeline.hset(keys.sequence, String(gatewaySeq), text)
    const record = /^0x\S+ \d+ (.+)$/.exec(records[index] ?? '')?.[1]
    const requestId = requestIds[index]
    if (requestId !== undefined && record !== undefined) {
      pipeline.hset(keys.requests, requestId, `${gatewaySeq} ${record}`)
    } else if (requestId !== undefined && records[index] === null) {
      pipeline.hset(keys.requests, requestId, String(gatewaySeq))
    }
  }
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error
}

function readDocument(body: string) {
  const { receipt } = JSON.parse(body) as {
    readonly receipt: {
      readonly receiptId: Bytes32
      readonly gatewaySeq: number
      readonly prevReceipt: Bytes32
      readonly work: { readonly finishedAt: number }
    }
  }
  return {
    receiptId: bytes32(receipt.receiptId),
    gatewaySeq: receipt.gatewaySeq,
    prevReceipt: bytes32(receipt.prevReceipt),
    sealedAt: unixSeconds(receipt.work.finishedAt),
  }
}
