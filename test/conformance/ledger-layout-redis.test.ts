import { afterAll, beforeAll, expect, test } from 'vitest'
import { atomic, bytes32, unixSeconds } from '../../src/domain/units.ts'
import { newRequestIds } from '../../src/gateway/request-ids.ts'
import { channelIdOf, holdOf, openSignedChannel } from '../support/channels.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { redisPlace } from '../support/store-places.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedisServer()
})

afterAll(() => server.stop())

/** Two channels with three receipts each, as a gateway of layout 2 left them. Answers what was sealed, in order. */
async function leaveLayout2(keyPrefix: string) {
  const store = await placeOf(keyPrefix).open()
  const sealed = []
  for (const channel of [0, 1]) await openSignedChannel(store, channelIdOf(channel), 100n)
  for (let number = 1; number <= 6; number += 1) {
    const channelId = channelIdOf(number % 2)
    const { requestId, receiptId } = newRequestIds(number)
    await store.hold(holdOf(requestId, channelId, 1n))
    const charged = await store.charge(requestId, atomic(1n), (at) => ({
      receiptId,
      digest: bytes32(`0x${String(number).repeat(64)}`),
      body: () =>
        JSON.stringify({
          receipt: {
            receiptId,
            gatewaySeq: at.gatewaySeq,
            prevReceipt: at.prevReceipt,
            work: { finishedAt: number },
          },
        }),
      record: `{"of":"${requestId}"}`,
      sealedAt: unixSeconds(1),
      answerId: undefined,
    }))
    await charged?.durable
    if (charged !== undefined) sealed.push({ ...charged.value, requestId, channelId })
  }
  await store.close()
  const key = (name: string) => `{${keyPrefix}}:${name}`
  await server.command('DEL', key('sequence'))
  for (const [index, { receiptId, requestId, channelId, record }] of sealed.entries()) {
    const place = `${channelId} ${Math.floor(index / 2) + 1}`
    await server.command('HSET', key('receipt-ids'), receiptId, place)
    await server.command('HSET', key('requests'), requestId, `${place} ${record}`)
  }
  // Of a time when no records were kept yet.
  await server.command('HDEL', key('requests'), sealed[0]?.requestId ?? '')
  await server.command('SET', key('layout'), '2')
  return sealed
}

const placeOf = (keyPrefix: string) => redisPlace({ server, keyPrefix, remove: async () => {} })

test('a ledger of layout 2 is brought up to date when it is opened, by two gateways at once too', async () => {
  const sealed = await leaveLayout2('former')
  const stores = await Promise.all([placeOf('former').open(), placeOf('former').open()])
  for (const store of stores) {
    const told = await store.receiptsBySeq({ afterSeq: 0, limit: 9 })
    expect(told).toEqual(
      sealed.map(({ channelId, receiptId, digest, body }, index) => ({
        channelId,
        receiptId,
        gatewaySeq: index + 1,
        digest,
        body: body(),
      })),
    )
    for (const [index, { requestId, receiptId, record }] of sealed.entries()) {
      expect((await store.receipt(receiptId))?.gatewaySeq).toBe(index + 1)
      const found = await store.requestRecord(requestId)
      expect(found).toMatchObject({ receiptId })
      expect(found?.record).toBe(index === 0 ? undefined : record)
    }
  }
  const [store] = stores
  // The time of an old receipt stands in its body.
  expect(await store?.expireReceipts({ before: unixSeconds(4), limit: 9 })).toBe(3)
  expect(await server.command('EXISTS', '{former}:receipt-ids')).toBe(0)
  for (const open of stores) await open.close()
})

test('a ledger of a layout that is not known is left alone', async () => {
  await server.command('SET', '{later}:layout', '9')
  await expect(placeOf('later').open()).rejects.toThrow(
    /has layout 9 and this version reads layout 3/,
  )
})
