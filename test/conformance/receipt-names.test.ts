/*
 * A receipt is there for its payer the moment the answer ends, at every replica and by each of its names; for nobody else,
 * and after its time for nobody at all, each told apart.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { isAnswerId } from '../../src/domain/request-id.ts'
import { unixSecondsOf } from '../../src/domain/units.ts'
import { type Answer, ask, askPath } from '../support/ask.ts'
import { testChannelId } from '../support/gateway-on-ledger.ts'
import { type Door, openReplicaPair, pairKeyPrefix } from '../support/replica-pair.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  startSse,
} from '../support/scripted-upstream.ts'

const pair = await openReplicaPair()
const [here, there] = pair.gateways
afterAll(pair.close)
beforeEach(() => pair.upstream.become(answerWell()))

type Told = { readonly status: number; readonly code: unknown; readonly receiptId: unknown }

async function look(path: string, name: string, { origin, apiKey }: Door): Promise<Told> {
  const headers = { authorization: `Bearer ${apiKey}` }
  const response = await fetch(`${origin}${path}${encodeURIComponent(name)}`, { headers })
  const body = (await response.json()) as Partial<ReceiptDocument> & {
    readonly error?: { readonly code: string }
    readonly receipt_id?: string
  }
  const receiptId = body.receipt?.receiptId ?? body.receipt_id
  return { status: response.status, code: body.error?.code, receiptId }
}
const receiptBy = (name: string, door: Door = there) => look('/v1/receipts/', name, door)
const usageBy = (name: string, door: Door = there) => look('/v1/usage/requests/', name, door)

const receiptIdOf = ({ headers }: Answer) => headers.get('x-vouch-receipt') ?? ''
const requestIdOf = ({ headers }: Answer) => headers.get('x-request-id') ?? ''
const found = (answer: Answer) => ({ status: 200, receiptId: receiptIdOf(answer) })
const refused = (status: number, code: string) => ({ status, code })

/** Says that its answer has this id, whatever it was asked by. */
const named =
  (id: unknown): Script =>
  (request, response) => {
    if (request.json['stream'] !== true) {
      return answerStatus(200, JSON.stringify({ ...completion('Hello'), id }))(request, response)
    }
    startSse(response)
    response.write(sse({ ...chunk({ content: 'Hello' }), id }))
    response.end(sse({ ...chunk({}, 'stop'), id }) + sseDone)
  }

/** As engines that name answers after what they are told the request is called. */
const following: Script = (request, response) =>
  named(`chatcmpl-${request.headers['x-request-id']}`)(request, response)

/** How many the ledger has to remember. */
const keptIds = async (): Promise<unknown> =>
  pair.redis.command('HLEN', `{${pairKeyPrefix}}:answers:${testChannelId}`)

const idIn = (answer: Answer): string => {
  const [first = answer.text] = answer.events
  return String((JSON.parse(first) as { readonly id?: unknown }).id)
}

test('hundreds of answers at once, streamed and whole: each receipt is at the other replica with the last byte', async () => {
  pair.upstream.become((request, response) =>
    named(`made-up-${request.json['user']}`)(request, response),
  )
  const looks = Array.from({ length: 300 }, async (_, index) => {
    const [asked, told] = index % 2 === 0 ? [here, there] : [there, here]
    const answer = await ask(asked, { stream: index % 3 !== 0, user: String(index) })
    const names = [receiptIdOf(answer), requestIdOf(answer), `made-up-${index}`]
    const name = names[index % names.length] ?? ''
    const headers = { authorization: `Bearer ${told.apiKey}` }
    const response = await fetch(`${told.origin}/v1/receipts/${name}`, { headers })
    expect([index, response.status]).toEqual([index, 200])
    const { receipt } = (await response.json()) as ReceiptDocument
    expect(receipt.receiptId).toBe(receiptIdOf(answer))
    expect(receipt.responseHash).toBe(sha256Bytes32(Buffer.from(answer.text)))
    return receipt.gatewaySeq
  })
  const numbers = await Promise.all(looks)
  expect(new Set(numbers).size).toBe(300)
})

describe('the id in an answer', () => {
  test.each([
    ['/v1/chat/completions', 'chatcmpl-'],
    ['/v1/completions', 'cmpl-'],
  ])('that an engine made up names its receipt and its usage (%s)', async (path, prefix) => {
    const id = `${prefix}of an engine: "7"`.replaceAll(' ', '-')
    const isChat = path === '/v1/chat/completions'
    const body = isChat
      ? completion('Hello')
      : { choices: [{ index: 0, text: 'Hello', finish_reason: 'stop' }] }
    pair.upstream.become(answerStatus(200, JSON.stringify({ ...body, id })))
    const asked = isChat ? { messages: [{ role: 'user', content: 'x' }] } : { prompt: 'x' }
    const answer = await askPath(here, path, { model: 'm', max_tokens: 9, ...asked })
    expect(answer.status).toBe(200)
    expect(await receiptBy(id)).toMatchObject(found(answer))
    expect(await usageBy(id)).toMatchObject(found(answer))
  })

  test('that follows from what the request is called needs no entry', async () => {
    pair.upstream.become(following)
    const before = await keptIds()
    for (const stream of [true, false]) {
      const answer = await ask(here, { stream })
      expect(idIn(answer)).toBe(`chatcmpl-${requestIdOf(answer)}`)
      expect(await receiptBy(idIn(answer))).toMatchObject(found(answer))
      expect(await usageBy(idIn(answer))).toMatchObject(found(answer))
      const digits = requestIdOf(answer).slice('req_'.length)
      expect(await receiptBy(`chatcmpl-${digits}`)).toMatchObject(found(answer))
    }
    expect(await keptIds()).toBe(before)
  })

  test('that follows from another attempt at the same request needs none either', async () => {
    const names: unknown[] = []
    pair.upstream.become((request, response) => {
      names.push(request.headers['x-request-id'])
      if (names.length === 1) return void response.destroy()
      return following(request, response)
    })
    const before = await keptIds()
    const answer = await ask(here)
    // An engine may still be at work under the first name.
    expect(names).toEqual([requestIdOf(answer), `${requestIdOf(answer)}-2`])
    expect(idIn(answer)).toBe(`chatcmpl-${requestIdOf(answer)}-2`)
    expect(await receiptBy(idIn(answer))).toMatchObject(found(answer))
    expect(await keptIds()).toBe(before)
  })

  test.each([
    ['/v1/responses', 'resp_', { input: 'Say hello.' }],
    [
      '/v1/messages',
      'msg_',
      { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 9 },
    ],
  ])('of a translated answer is ours, and needs none either (%s)', async (path, prefix, fields) => {
    pair.upstream.become(named('an engine’s own'))
    const before = await keptIds()
    const answer = await askPath(here, path, { model: 'm', ...fields })
    expect(idIn(answer)).toBe(`${prefix}${requestIdOf(answer).slice('req_'.length)}`)
    expect(await receiptBy(idIn(answer))).toMatchObject(found(answer))
    expect(await keptIds()).toBe(before)
  })

  test('that stands in two answers is the newer one, and to another account its own', async () => {
    pair.upstream.become(named('chatcmpl-1'))
    const [older, foreign, newer] = [await ask(here), await ask(pair.other), await ask(there)]
    expect(await receiptBy('chatcmpl-1')).toMatchObject(found(newer))
    expect(await receiptBy('chatcmpl-1', pair.other)).toMatchObject(found(foreign))
    expect(await receiptBy(requestIdOf(older))).toMatchObject(found(older))
  })

  test("that a contributor copies from another's answer shows nobody a receipt that is not its own", async () => {
    pair.upstream.become(following)
    const victim = await ask(here)
    pair.upstream.become(named(idIn(victim)))
    const attacker = await ask(pair.other)
    expect(await receiptBy(idIn(victim))).toMatchObject(found(victim))
    expect(await receiptBy(idIn(victim), pair.other)).toMatchObject(found(attacker))
  })

  test.each([
    ['a number', 7],
    ['nothing', ''],
    ['null', null],
    ['text that no path can hold', 'line\nbreak'],
    ['half a character', '\ud800'],
    ['more than is kept', 'x'.repeat(257)],
    ['an object', { toString: 'x' }],
    ['what Redis and JavaScript keep for themselves', '__proto__'],
    ['what a path has a use for', '../a/b?c#d%2541'],
  ])('that is %s breaks nothing', async (_name, id) => {
    pair.upstream.become(named(id))
    for (const stream of [true, false]) {
      const answer = await ask(here, { stream })
      expect(answer.status).toBe(200)
      expect(await receiptBy(requestIdOf(answer))).toMatchObject(found(answer))
      if (isAnswerId(id)) expect(await receiptBy(id)).toMatchObject(found(answer))
    }
  })
})

test('while an answer is on its way, both replicas say so to its payer, and to others nothing', async () => {
  const release = Promise.withResolvers<void>()
  pair.upstream.become(async (_request, response) => {
    startSse(response)
    response.write(sse(chunk({ content: 'Hello' })))
    await release.promise
    response.end(sse(chunk({}, 'stop')) + sseDone)
  })
  const answering = await fetch(`${here.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${here.apiKey}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true }),
  })
  const requestId = answering.headers.get('x-request-id') ?? ''
  const names = [
    answering.headers.get('x-vouch-receipt') ?? '',
    requestId,
    `chatcmpl-${requestId.slice('req_'.length)}`,
  ]
  for (const name of names) {
    for (const door of pair.gateways) {
      expect(await receiptBy(name, door)).toMatchObject(refused(409, 'receipt_pending'))
      expect(await usageBy(name, door)).toMatchObject(refused(409, 'receipt_pending'))
    }
    expect(await receiptBy(name, pair.other)).toMatchObject(refused(404, 'receipt_not_found'))
  }
  release.resolve()
  await answering.text()
  for (const name of names) expect((await receiptBy(name)).status).toBe(200)
})

describe('to another account', () => {
  test('a receipt is refused by its own id alone; by names that can be guessed it is not there', async () => {
    pair.upstream.become(named('chatcmpl-guessed'))
    const answer = await ask(here)
    const foreign = refused(403, 'receipt_foreign')
    expect(await receiptBy(receiptIdOf(answer), pair.other)).toMatchObject(foreign)
    expect(await usageBy(receiptIdOf(answer), pair.other)).toMatchObject(foreign)
    for (const name of [requestIdOf(answer), 'chatcmpl-guessed']) {
      expect(await receiptBy(name, pair.other)).toMatchObject(refused(404, 'receipt_not_found'))
      expect(await usageBy(name, pair.other)).toMatchObject(refused(404, 'request_not_found'))
    }
    // Its first bytes are its request's, which others may know.
    const nearly = receiptIdOf(answer).slice(0, -1) + (receiptIdOf(answer).endsWith('0') ? 1 : 0)
    expect(await receiptBy(nearly, pair.other)).toMatchObject(refused(404, 'receipt_not_found'))
  })

  test('and to a stranger none is told', async () => {
    const answer = await ask(here)
    const stranger = { origin: there.origin, apiKey: 'sk-vouch-nobody' }
    expect(await receiptBy(receiptIdOf(answer), stranger)).toMatchObject({ status: 401 })
  })
})

test.each(['nonsense', '0x', `req_${'0'.repeat(24)}`, `chatcmpl-${'0'.repeat(24)}`, '__proto__x'])(
  'what was never given is not found (%s)',
  async (name) => {
    expect(await receiptBy(name)).toMatchObject(refused(404, 'receipt_not_found'))
    expect(await usageBy(name)).toMatchObject(refused(404, 'request_not_found'))
  },
)

test('what was kept long enough is gone, and whoever paid is told so; the rest goes on', async () => {
  pair.upstream.become(named('chatcmpl-old'))
  const old = await ask(here)
  const before = unixSecondsOf(Date.now() + 1_000)
  const expired = await pair.ledgers[1].expireReceipts({ before, limit: 10_000 })
  expect(expired).toBeGreaterThan(0)
  pair.upstream.become(named('chatcmpl-new'))
  const young = await ask(here)
  const gone = refused(410, 'receipt_expired')
  for (const name of [receiptIdOf(old), requestIdOf(old), 'chatcmpl-old']) {
    for (const door of pair.gateways) {
      expect(await receiptBy(name, door)).toMatchObject(gone)
      expect(await usageBy(name, door)).toMatchObject(gone)
    }
  }
  expect(await receiptBy(receiptIdOf(old), pair.other)).toMatchObject(
    refused(403, 'receipt_foreign'),
  )
  expect(await receiptBy(requestIdOf(old), pair.other)).toMatchObject(
    refused(404, 'receipt_not_found'),
  )
  expect(await receiptBy('chatcmpl-new')).toMatchObject(found(young))
  const { channel } = await here.books()
  const listed = (after: number) => look(`/v1/billing/receipts?limit=5&after=`, String(after), here)
  expect(await listed(0)).toMatchObject(gone)
  expect(await listed(channel.receiptSeq - 1)).toMatchObject({ status: 200 })
  expect(await listed(channel.receiptSeq)).toMatchObject({ status: 200 })
  // Its digest is what the next one is chained to.
  const [last] = await pair.ledgers[0].receiptsBySeq({ afterSeq: expired - 1, limit: 1 })
  expect(last).toMatchObject({ receiptId: receiptIdOf(old), body: undefined })
  const next = await here.receipt(receiptIdOf(young))
  expect(next.receipt.prevReceipt).toBe(last?.digest)
})
