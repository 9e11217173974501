/*
 * `GET /v1/usage/requests/{id}`: what a caller is told of each of its requests, however it ended, and nobody else. What
 * has a receipt is told after a restart and by any replica (the two last tests); what has none, by the process that took it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { digestOfDocument } from '../../src/attestation/seal-receipt.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { bytes32 } from '../../src/domain/units.ts'
import { findRequest } from '../../src/gateway/find-request.ts'
import { UnservedRequests } from '../../src/gateway/unserved-requests.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import { createPaymentStep } from '../../src/payment/payment-step.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { openSignedChannel } from '../support/channels.ts'
import {
  openTestChannel,
  startGatewayOnLedger,
  type TestGateway,
  testAsset,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import { copyLedger } from '../support/ledger-place.ts'
import { startRedisServer } from '../support/redis-server.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  completion,
  type ScriptedUpstream,
  sse,
  startScriptedUpstream,
  startSse,
  streamBytes,
  usageObject,
} from '../support/scripted-upstream.ts'

let cheap: ScriptedUpstream
let dear: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  cheap = await startScriptedUpstream()
  dear = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'cheap', baseUrl: cheap.baseUrl, completionPrice: 1_000_000n },
      { id: 'dear', baseUrl: dear.baseUrl, completionPrice: 3_000_000n },
    ],
  })
})

beforeEach(() => {
  cheap.become(answerWell())
  dear.become(answerWell())
  for (const id of ['cheap', 'dear']) gateway.pool.readmit(id)
})

afterAll(async () => {
  await gateway.stop()
  await cheap.close()
  await dear.close()
})

const usageOf = async (
  id: string | null | undefined,
  { origin, apiKey }: Pick<TestGateway, 'origin' | 'apiKey'> = gateway,
) => {
  const headers = { authorization: `Bearer ${apiKey}` }
  const answer = await fetch(`${origin}/v1/usage/requests/${id}`, { headers })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const milliseconds = expect.any(Number)
const secret = 'prompt text that an engine echoes'

describe('an answer', () => {
  test('in one piece: what it was, who gave it, what it cost', async () => {
    const answer = await ask(gateway)
    const id = answer.headers.get('x-request-id')
    const receiptId = answer.headers.get('x-vouch-receipt') ?? ''
    const { status, body } = await usageOf(id)
    expect(status).toBe(200)
    expect(body).toEqual({
      object: 'vouch.request_usage',
      id,
      model: 'm',
      endpoint: 'chat/completions',
      stream: false,
      status: 'ok',
      reason: null,
      attempts: [
        {
          contributor: 'cheap',
          outcome: 'served',
          status: null,
          first_token_ms: null,
          duration_ms: milliseconds,
        },
      ],
      usage: {
        prompt_tokens: 5,
        cached_prompt_tokens: 0,
        completion_tokens: 3,
        reasoning_tokens: 0,
        total_tokens: 8,
        estimated: false,
        source: 'reported',
      },
      price: {
        amount: '8',
        asset: testAsset,
        chain_id: 31337,
        decimals: 6,
        formatted: '0.000008',
      },
      receipt_id: receiptId,
      receipt_hash: digestOfDocument(await gateway.receipt(receiptId)),
      created_at: milliseconds,
      duration_ms: milliseconds,
    })
    expect(await usageOf(receiptId)).toEqual({ status: 200, body })
  })

  test('whose engine counts cached and reasoning tokens tells both, and what is estimated is marked', async () => {
    const detailed = {
      ...usageObject(5, 9),
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 6 },
    }
    cheap.become(answerStatus(200, JSON.stringify(completion('Hello there!', detailed))))
    const known = await ask(gateway)
    cheap.become(answerStatus(200, JSON.stringify(completion('Hello there!', null))))
    const unknown = await ask(gateway)
    expect((await usageOf(known.headers.get('x-request-id'))).body['usage']).toMatchObject({
      cached_prompt_tokens: 4,
      reasoning_tokens: 6,
      estimated: false,
    })
    expect((await usageOf(unknown.headers.get('x-request-id'))).body['usage']).toMatchObject({
      estimated: true,
      source: 'counted',
    })
  })

  test('that a second contributor gave tells why the first did not, in our words alone', async () => {
    cheap.become(answerStatus(500, JSON.stringify({ error: { message: secret } })))
    const answer = await ask(gateway, { stream: true })
    const { body } = await usageOf(answer.headers.get('x-request-id'))
    expect(body).toMatchObject({ status: 'ok', stream: true, price: { amount: '14' } })
    expect(body['attempts']).toEqual([
      {
        contributor: 'cheap',
        outcome: 'upstream_unavailable',
        status: 500,
        first_token_ms: null,
        duration_ms: milliseconds,
      },
      {
        contributor: 'dear',
        outcome: 'served',
        status: null,
        first_token_ms: milliseconds,
        duration_ms: milliseconds,
      },
    ])
    expect(JSON.stringify(body)).not.toContain(secret)
  })

  test('that was cut is failed, cost nothing and has a receipt', async () => {
    cheap.become(streamBytes([sse(chunk({ content: secret }))], 'cut'))
    const answer = await ask(gateway, { stream: true })
    const { body } = await usageOf(answer.headers.get('x-request-id'))
    expect(body).toMatchObject({
      status: 'failed',
      reason: 'upstream_stream_interrupted',
      attempts: [{ contributor: 'cheap', outcome: 'upstream_stream_interrupted' }],
      price: { amount: '0', formatted: '0.000000' },
      receipt_id: answer.headers.get('x-vouch-receipt'),
    })
    expect(JSON.stringify(body)).not.toContain(secret)
  })
})

describe('a client that left', () => {
  const leaveAfter = async (words: readonly string[]) => {
    const arrived = Promise.withResolvers<void>()
    cheap.become((_request, response) => {
      startSse(response)
      for (const content of words) response.write(sse(chunk({ content })))
      arrived.resolve()
    })
    const leaving = new AbortController()
    const asked = fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}` },
      body: JSON.stringify({ model: 'm', messages: askedMessages, stream: true }),
      signal: leaving.signal,
    })
    if (words.length > 0) {
      const reader = (await asked).body?.getReader()
      await reader?.read()
    } else {
      await arrived.promise
    }
    leaving.abort()
    await asked.catch(() => {})
    await gateway.books()
    return usageOf(gateway.log.at(-1)?.requestId)
  }

  test('in the middle is told what was delivered', async () => {
    expect((await leaveAfter(['Hello', ' there'])).body).toMatchObject({
      status: 'aborted',
      reason: 'client_gone',
      attempts: [{ contributor: 'cheap', outcome: 'client_gone' }],
      receipt_id: expect.any(String),
      usage: { estimated: true },
    })
  })

  test('before the first token was told nothing, and nothing was charged', async () => {
    expect((await leaveAfter([])).body).toMatchObject({
      status: 'aborted',
      attempts: [{ contributor: 'cheap', outcome: 'client_gone' }],
      price: { amount: '0' },
      usage: null,
      receipt_id: null,
      receipt_hash: null,
    })
  })
})

describe('a request that moved no money', () => {
  test('is refused where nobody was asked', async () => {
    const answer = await ask(gateway, { model: 'nobody offers this' })
    expect((await usageOf(answer.headers.get('x-request-id'))).body).toMatchObject({
      model: 'nobody offers this',
      status: 'refused',
      reason: 'model_not_found',
      attempts: [],
      price: { amount: '0' },
      usage: null,
      receipt_id: null,
    })
  })

  test('is failed where nobody answered', async () => {
    for (const upstream of [cheap, dear]) upstream.become(answerStatus(503, secret))
    const answer = await ask(gateway)
    const { body } = await usageOf(answer.headers.get('x-request-id'))
    expect(body).toMatchObject({
      status: 'failed',
      reason: 'upstream_unavailable',
      attempts: [
        { contributor: 'cheap', outcome: 'upstream_unavailable', status: 503 },
        { contributor: 'dear', outcome: 'upstream_unavailable', status: 503 },
      ],
    })
    expect(JSON.stringify(body)).not.toContain(secret)
  })

  test('is forgotten once many others came after it', async () => {
    const answer = await ask(gateway, { model: 'unknown' })
    const id = answer.headers.get('x-request-id') ?? ''
    const unserved = new UnservedRequests(2)
    const record = (await findRequest(emptyOf(unserved), testChannelId, id)).ok
    expect(record).toBe(false)
    for (const requestId of ['a', 'b', 'c']) {
      unserved.note(requestId, { channelId: testChannelId, status: 'refused', record: {} as never })
    }
    expect(['a', 'b', 'c'].map((requestId) => unserved.find(requestId) !== undefined)).toEqual([
      false,
      true,
      true,
    ])
  })
})

const emptyOf = (unserved: UnservedRequests) => ({
  payment: createPaymentStep(gateway.ledger),
  unserved,
})

describe('nothing is told', () => {
  const notFound = { error: { code: 'request_not_found', param: 'id' } }

  test.each([
    ['of an id that was never given', `req_${'0'.repeat(24)}`],
    ['of a receipt that is not there', `0x${'0'.repeat(64)}`],
    ['of what is no id', 'nonsense'],
    ['of what is none but looks like one', `req_${'0'.repeat(24)}%00`],
  ])('%s', async (_name, id) => {
    expect(await usageOf(id)).toMatchObject({ status: 404, body: notFound })
  })

  test('of a receipt id that only begins like one', async () => {
    const receiptId = (await ask(gateway)).headers.get('x-vouch-receipt') ?? ''
    const another = receiptId.slice(0, -1) + (receiptId.endsWith('0') ? '1' : '0')
    expect(await usageOf(another)).toMatchObject({ status: 404, body: notFound })
  })

  test('to another account, answered or refused, nor to a stranger', async () => {
    const answered = (await ask(gateway)).headers.get('x-request-id')
    const refused = (await ask(gateway, { model: 'x' })).headers.get('x-request-id')
    const other = bytes32(`0x${'c2'.repeat(32)}`)
    await openSignedChannel(gateway.ledger, other, 1_000n)
    const { secret: apiKey, apiKey: key } = createApiKey({
      label: 'other',
      channelId: other,
      nowMs: Date.now(),
    })
    await gateway.apiKeys.insert(key)
    for (const id of [answered, refused]) {
      expect((await usageOf(id)).status).toBe(200)
      const asOther = await usageOf(id, { origin: gateway.origin, apiKey })
      expect(asOther).toMatchObject({ status: 404, body: notFound })
      const asStranger = await usageOf(id, { origin: gateway.origin, apiKey: 'sk-vouch-x' })
      expect(asStranger.status).toBe(401)
    }
  })

  test('of a request that is still being answered', async () => {
    const release = Promise.withResolvers<void>()
    cheap.become(async (request, response) => {
      await release.promise
      await answerWell()(request, response)
    })
    const answered = ask(gateway, { stream: true })
    await cheap.nextRequest()
    const [held] = await heldRequests()
    const pending = { error: { code: 'receipt_pending', param: 'id' } }
    expect(await usageOf(held)).toMatchObject({ status: 409, body: pending })
    release.resolve()
    await answered
    expect(await usageOf(held)).toMatchObject({ status: 200 })
  })
})

/** Of the streams under way, as the disk knows them. */
async function heldRequests(): Promise<readonly string[]> {
  for (;;) {
    const copy = copyLedger(gateway.ledgerPath)
    const ledger = openSqliteLedger({ path: copy.path })
    const held = (await ledger.orphanedHolds()).map(({ requestId }) => requestId)
    await ledger.close()
    copy.remove()
    if (held.length > 0) return held
  }
}

test('after a restart everything that has a receipt is told as before', async () => {
  cheap.become(answerStatus(500, ''))
  const answer = await ask(gateway)
  const id = answer.headers.get('x-request-id') ?? ''
  const before = await findRequest(emptyOf(new UnservedRequests()), testChannelId, id)
  const copy = copyLedger(gateway.ledgerPath)
  const ledger = openSqliteLedger({ path: copy.path })
  const restarted = { payment: createPaymentStep(ledger), unserved: new UnservedRequests() }
  const after = await findRequest(restarted, testChannelId, id)
  await ledger.close()
  copy.remove()
  expect(after).toEqual(before)
  expect(after).toMatchObject({ ok: true, value: { record: { attempts: [{}, {}] } } })
})

test('any replica tells of what another one answered', async () => {
  const redis = await startRedisServer()
  const privateKey = randomPrivateKey()
  const open = async () => {
    const ledger = await openRedisLedger({ url: redis.url, keyPrefix: 'usage' })
    return startGatewayOnLedger({
      upstreams: [{ id: 'cheap', baseUrl: cheap.baseUrl }],
      replica: { ledger, channelId: testChannelId, privateKey },
    })
  }
  const [one, two] = [await open(), await open()]
  await openTestChannel(one.ledger, 1_000_000n)
  const answer = await ask(one)
  const id = answer.headers.get('x-request-id')
  const told = await usageOf(id, one)
  expect(told).toMatchObject({ status: 200, body: { id, status: 'ok', price: { amount: '11' } } })
  expect(await usageOf(id, two)).toEqual(told)
  expect(await usageOf(answer.headers.get('x-vouch-receipt'), two)).toEqual(told)
  await one.stop()
  await two.stop()
  await redis.stop()
})
