import type { Redis } from 'ioredis'
import { requestIdOf } from '../domain/request-id.ts'
import { type Bytes32, bytes32, type UnixSeconds } from '../domain/units.ts'
import type { LedgerKeys } from './ledger-keys-redis.ts'
import type { StoredReceipt } from './ledger-state.ts'
import type { KeptReceipt, KeptRequest } from './ledger-store.ts'

/*
 * Receipts of the replicated ledger as they are read. What stays of one for ever is a text under its number of the gateway,
 * `RECEIPT CHANNEL NUMBER DIGEST TIME`; its body lies under its number of the channel, and its record under its request's
 * id behind the number of the gateway, until they expire. Bodies go from the oldest on.
 */

type Sequenced = {
  readonly receiptId: Bytes32
  readonly channelId: Bytes32
  readonly channelSeq: string
  readonly digest: Bytes32
  readonly sealedAtS: number
}

export const sequenceText = (
  receipt: Pick<StoredReceipt, 'receiptId' | 'channelId' | 'channelSeq' | 'digest' | 'sealedAt'>,
): string => {
  const { receiptId, channelId, channelSeq, digest, sealedAt } = receipt
  return `${receiptId} ${channelId} ${channelSeq} ${digest} ${sealedAt}`
}

function sequenced(text: string): Sequenced {
  const [receiptId = '', channelId = '', channelSeq = '', digest = '', sealedAt] = text.split(' ')
  return {
    receiptId: bytes32(receiptId),
    channelId: bytes32(channelId),
    channelSeq,
    digest: bytes32(digest),
    sealedAtS: Number(sealedAt),
  }
}

export async function readRequest(
  redis: Redis,
  keys: LedgerKeys,
  requestId: string,
): Promise<KeptRequest | undefined> {
  const [, seq, record] =
    /^(\d+)(?: (.+))?$/.exec((await redis.hget(keys.requests, requestId)) ?? '') ?? []
  if (seq === undefined) return undefined
  const receipt = await readNumbered(redis, keys, Number(seq))
  return receipt && { ...receipt, record }
}

export async function readReceiptOfAnswer(
  redis: Redis,
  keys: LedgerKeys,
  of: { readonly channelId: Bytes32; readonly answerId: string },
): Promise<KeptReceipt | undefined> {
  const seq = await redis.hget(keys.answers(of.channelId), of.answerId)
  return seq === null ? undefined : readNumbered(redis, keys, Number(seq))
}

async function readNumbered(
  redis: Redis,
  keys: LedgerKeys,
  gatewaySeq: number,
): Promise<KeptReceipt | undefined> {
  const [receipt] = await readReceiptsBySeq(redis, keys, { afterSeq: gatewaySeq - 1, limit: 1 })
  return receipt
}

export async function readReceiptsBySeq(
  redis: Redis,
  keys: LedgerKeys,
  range: { readonly afterSeq: number; readonly limit: number },
): Promise<readonly KeptReceipt[]> {
  const receipts = await readSequence(redis, keys, range)
  const byChannel = Map.groupBy(receipts, ({ channelId }) => channelId)
  const bodies = new Map<Sequenced, string | null | undefined>()
  await Promise.all(
    [...byChannel].map(async ([channelId, of]) => {
      const texts = await redis.hmget(
        keys.receipts(channelId),
        ...of.map(({ channelSeq }) => channelSeq),
      )
      for (const [index, receipt] of of.entries()) bodies.set(receipt, texts[index])
    }),
  )
  return receipts.map((receipt, index) => ({
    channelId: receipt.channelId,
    receiptId: receipt.receiptId,
    gatewaySeq: range.afterSeq + 1 + index,
    digest: receipt.digest,
    body: bodies.get(receipt) ?? undefined,
  }))
}

export const readDigestsBySeq = async (
  redis: Redis,
  keys: LedgerKeys,
  range: { readonly afterSeq: number; readonly limit: number },
): Promise<readonly Bytes32[]> =>
  (await readSequence(redis, keys, range)).map(({ digest }) => digest)

/** Without a gap from the one after `afterSeq`. */
async function readSequence(
  redis: Redis,
  keys: LedgerKeys,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): Promise<readonly Sequenced[]> {
  if (limit <= 0) return []
  return (await redis.hmget(keys.sequence, ...numbersAfter(afterSeq, limit)))
    .filter((text) => text !== null)
    .map(sequenced)
}

/** Bodies of a channel; none where the first is gone. */
export async function readBodies(
  redis: Redis,
  keys: LedgerKeys,
  range: { readonly channelId: Bytes32; readonly afterSeq: number; readonly limit: number },
): Promise<readonly string[]> {
  const { channelId, afterSeq, limit } = range
  if (limit <= 0) return []
  const bodies = await redis.hmget(keys.receipts(channelId), ...numbersAfter(afterSeq, limit))
  return bodies[0] === null ? [] : bodies.filter((body) => body !== null)
}

/** What is done twice, or by two replicas at once, is as if done once. */
export async function expireReceipts(
  redis: Redis,
  keys: LedgerKeys,
  { before, limit }: { readonly before: UnixSeconds; readonly limit: number },
): Promise<number> {
  const afterSeq = Number((await redis.get(keys.expired)) ?? '0')
  const oldest = await readSequence(redis, keys, { afterSeq, limit })
  const young = oldest.findIndex(({ sealedAtS }) => sealedAtS >= before)
  const old = young === -1 ? oldest : oldest.slice(0, young)
  if (old.length === 0) return 0
  const transaction = redis.multi()
  for (const [index, { channelId, channelSeq, receiptId }] of old.entries()) {
    transaction.hdel(keys.receipts(channelId), channelSeq)
    transaction.hset(keys.requests, requestIdOf(receiptId), String(afterSeq + 1 + index))
  }
  transaction.set(keys.expired, String(afterSeq + old.length))
  for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error
  return old.length
}

const numbersAfter = (afterSeq: number, limit: number): string[] =>
  Array.from({ length: limit }, (_, index) => String(afterSeq + 1 + index))
