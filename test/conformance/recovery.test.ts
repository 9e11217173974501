/*
 * When the ledger fails under a request, or the gateway under an answer: nobody is told that all is well, and what a
 * client was given is charged once the books can be written again.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkpointEventsMax } from '../../src/base/limits.ts'
import { findRequest } from '../../src/gateway/find-request.ts'
import { recoverHolds } from '../../src/gateway/recover-holds.ts'
import { UnservedRequests } from '../../src/gateway/unserved-requests.ts'
import { createPaymentStep } from '../../src/payment/payment-step.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { ask } from '../support/ask.ts'
import { nobodyLimited } from '../support/caller-limits.ts'
import { untilDurable } from '../support/channels.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import { alterTables, copyLedger } from '../support/ledger-place.ts'
import {
  answerWell,
  chunk,
  type ScriptedUpstream,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
} from '../support/scripted-upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeEach(async () => {
  upstream = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({ upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }] })
})

afterEach(async () => {
  await gateway.stop()
  await upstream.close()
})

const ways = [{ stream: false }, { stream: true }]
const unavailable = { code: 'store_unavailable', type: 'api_error' }

/** What the disk says, as the next process finds it. */
async function onDisk<T>(look: (ledger: ReturnType<typeof openSqliteLedger>) => Promise<T>) {
  const copy = copyLedger(gateway.ledgerPath)
  const ledger = openSqliteLedger({ path: copy.path })
  try {
    return await look(ledger)
  } finally {
    await ledger.close()
    copy.remove()
  }
}

/** An answer that began and waits for `release` before it ends. */
function answerInTwoParts() {
  const released = Promise.withResolvers<void>()
  upstream.become(async (request, response) => {
    if (request.json['stream'] !== true) {
      await released.promise
      await answerWell()(request, response)
      return
    }
    startSse(response)
    response.write(sse(chunk({ content: 'begun ' })))
    await released.promise
    response.end(sse(chunk({}, 'stop')) + sseDone)
  })
  return released.resolve
}

/** Of an answer in one piece nothing is written before its charge: a death before that leaves nothing but the hold to give back. */
const firstWritten = ({ stream }: (typeof ways)[number]) => (stream ? 'holds' : 'receipts')

describe.each(ways)('a ledger that cannot be written, %o', (asked) => {
  test('before anything of it is durable: 503, although the upstream answered', async () => {
    alterTables(gateway.ledgerPath, `ALTER TABLE ${firstWritten(asked)} RENAME TO lost`)
    const answer = await ask(gateway, asked)
    expect(answer).toMatchObject({ status: 503, error: unavailable })
    if (!asked.stream) alterTables(gateway.ledgerPath, 'ALTER TABLE lost RENAME TO receipts')
    await onDisk(async (ledger) => {
      expect(await ledger.channel(testChannelId)).toMatchObject({
        heldAmount: 0n,
        chargedCumulativeAmount: 0n,
      })
    })
    expect((await gateway.books()).receipts).toEqual([])
    const outcome = asked.stream ? 'refused' : 'failed'
    expect(gateway.log).toMatchObject([{ outcome, reason: 'store_unavailable' }])
    // From then on nobody is asked to work for nothing, and a load balancer sends no one.
    const ready = await fetch(`${gateway.origin}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ error: unavailable })
    expect((await fetch(`${gateway.origin}/health/live`)).status).toBe(200)
    upstream.become(answerWell())
    expect(await ask(gateway, asked)).toMatchObject({ status: 503, error: unavailable })
    expect(upstream.requests).toHaveLength(0)
  })

  test('under the charge: the client is not told of an end, and no receipt says so', async () => {
    const release = answerInTwoParts()
    const answered = ask(gateway, asked)
    await upstream.nextRequest()
    await untilDurable(gateway.ledger, testChannelId)
    alterTables(gateway.ledgerPath, 'ALTER TABLE receipts RENAME TO lost')
    release()
    const answer = await answered
    expect(answer.error).toMatchObject(unavailable)
    expect(answer.done).toBe(false)
    expect(answer.status).toBe(asked.stream ? 200 : 503)
    alterTables(gateway.ledgerPath, 'ALTER TABLE lost RENAME TO receipts')
    expect((await gateway.books()).receipts).toEqual([])
    await onDisk(async (ledger) => {
      expect(await ledger.orphanedHolds()).toHaveLength(asked.stream ? 1 : 0)
      expect(await ledger.channel(testChannelId)).toMatchObject({ chargedCumulativeAmount: 0n })
    })
  })
})

describe.each(ways)(
  'a gateway that stood still for so long that another ended its request, %o',
  (asked) => {
    test('tells its client, and the books have one ending', async () => {
      const release = answerInTwoParts()
      const answered = ask(gateway, asked)
      await upstream.nextRequest()
      await untilDurable(gateway.ledger, testChannelId)
      // What a reaper of another replica does to a request of which nothing was delivered.
      const requestId = String(upstream.requests[0]?.headers['x-request-id'])
      expect(await gateway.ledger.release(requestId)).toBe(true)
      release()
      const answer = await answered
      expect(answer.error).toMatchObject({ code: 'hold_lost', type: 'api_error' })
      expect(answer.done).toBe(false)
      expect(answer.status).toBe(asked.stream ? 200 : 503)
      const { channel, receipts } = await gateway.books()
      expect(receipts).toEqual([])
      expect(channel).toMatchObject({ heldAmount: 0n, chargedCumulativeAmount: 0n })
      expect(gateway.log).toMatchObject([{ outcome: 'failed', reason: 'hold_lost' }])
      expect(gateway.internalErrors).toEqual([])
    })
  },
)

describe('a gateway that died', () => {
  const recover = (ledger: ReturnType<typeof openSqliteLedger>) =>
    recoverHolds({
      ...nobodyLimited,
      payment: createPaymentStep(ledger),
      signer: gateway.signer,
      payerOf: async (channelId) => (await ledger.channel(channelId))?.config.payer,
      nowMs: Date.now,
    })

  test.each(ways)('before an answer began releases its hold, %o', async (asked) => {
    const left = Promise.withResolvers<void>()
    upstream.become(() => left.promise)
    const answered = ask(gateway, asked)
    await upstream.nextRequest()
    await untilDurable(gateway.ledger, testChannelId)
    await onDisk(async (ledger) => {
      // One of an answer in one piece ended with the memory that it was in.
      const written = asked.stream ? 1 : 0
      expect(await ledger.orphanedHolds()).toHaveLength(written)
      expect(await recover(ledger)).toEqual({ charged: 0, released: written })
      expect(await ledger.channel(testChannelId)).toMatchObject({
        heldAmount: 0n,
        chargedCumulativeAmount: 0n,
      })
    })
    await upstream.close()
    await answered
  })

  test('in the middle of a stream charges what was delivered up to the last checkpoint, with a receipt', async () => {
    const events = checkpointEventsMax + 10
    upstream.become((_request, response) => {
      startSse(response)
      response.write(sse(chunk({ content: 'a' })))
      for (let event = 1; event < events; event += 1) response.write(sse(chunk({ content: ' a' })))
    })
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}` },
      body: JSON.stringify({
        model: 'm',
        messages: [{ role: 'user', content: 'Say hello.' }],
        stream: true,
      }),
    })
    const receiptId = response.headers.get('x-vouch-receipt')
    const reader = response.body?.getReader()
    for (let text = ''; text.split('data: ').length <= events; ) {
      text += Buffer.from((await reader?.read())?.value ?? []).toString()
    }
    await untilDurable(gateway.ledger, testChannelId)
    await onDisk(async (ledger) => {
      expect(await recover(ledger)).toEqual({ charged: 1, released: 0 })
      // Each event was at least one token at 2; the prompt was not counted and costs nothing.
      const channel = await ledger.channel(testChannelId)
      expect(channel?.heldAmount).toBe(0n)
      expect(channel?.chargedCumulativeAmount).toBeGreaterThanOrEqual(
        2n * BigInt(checkpointEventsMax),
      )
      expect(channel?.chargedCumulativeAmount).toBeLessThanOrEqual(2n * BigInt(events))
      const receipt = await ledger.receipt(receiptId as never)
      expect(JSON.parse(receipt?.body ?? '{}')).toMatchObject({
        receipt: {
          receiptId,
          cost: String(channel?.chargedCumulativeAmount),
          channelSeq: 1,
          work: { status: 1 },
        },
      })
      const requestId = response.headers.get('x-request-id') ?? ''
      const recovered = { payment: createPaymentStep(ledger), unserved: new UnservedRequests() }
      // Who answered died with the gateway.
      expect(await findRequest(recovered, testChannelId, requestId)).toMatchObject({
        value: { status: 'aborted', record: { modelName: 'm', stream: true, attempts: [] } },
      })
    })
    await reader?.cancel()
    await gateway.books()
  })

  test('again in the middle of recovery charges nothing twice', async () => {
    const release = answerInTwoParts()
    const answered = ask(gateway, { stream: true })
    await upstream.nextRequest()
    await untilDurable(gateway.ledger, testChannelId)
    await onDisk(async (ledger) => {
      const first = await recover(ledger)
      const second = await recover(ledger)
      expect(first.charged + first.released).toBe(1)
      expect(second).toEqual({ charged: 0, released: 0 })
    })
    release()
    await answered
  })
})
