/*
 * A stream that has not begun says so in comments, where the operator wants it. What comes later is the same answer, hashed
 * with the comments; what goes wrong later is told in band. The timer is one that these tests set off.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import { readAnswer, splitEvents } from '../../src/client/read-answer.ts'
import { ask } from '../support/ask.ts'
import { expectBalancedBooks } from '../support/books.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  roleEvent as role,
  type ScriptedUpstream,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  writePiece,
} from '../support/scripted-upstream.ts'

const comment = ': keep-alive\n'
let upstream: ScriptedUpstream
let gateway: TestGateway
let waiting: (() => void)[]

const fire = () => {
  for (const run of waiting.splice(0)) run()
}

beforeEach(async () => {
  waiting = []
  upstream = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
    keepAlive: {
      everyMs: 10_000,
      schedule: (_delayMs, run) => {
        waiting.push(run)
        return () => {
          waiting = waiting.filter((one) => one !== run)
        }
      },
    },
  })
})

afterEach(async () => {
  await expectBalancedBooks(gateway)
  expect(gateway.internalErrors).toEqual([])
  // Nothing is said any more once the answer began or failed.
  expect(waiting).toEqual([])
  await gateway.stop()
  await upstream.close()
})

/** The upstream's answer, from where a test lets it. */
function held(pieces: readonly string[], before: readonly string[] = []) {
  const released = Promise.withResolvers<void>()
  upstream.become(async (_request, response) => {
    startSse(response)
    response.flushHeaders()
    for (const piece of before) await writePiece(response, piece)
    await released.promise
    for (const piece of pieces) await writePiece(response, piece)
    response.end()
  })
  return released.resolve
}

const words = [sse(chunk({ content: 'Hello' })), sse(chunk({ content: '!' }, 'stop')), sseDone]

describe.each<[string, readonly string[]]>([
  ['has said nothing', []],
  ['has said its role', [role]],
])('a stream whose contributor %s', (_what, before) => {
  test('is told to be alive, and then goes on as it is', async () => {
    const release = held(words, before)
    const answered = ask(gateway, { stream: true })
    await upstream.nextRequest()
    fire()
    fire()
    release()
    const answer = await answered
    expect(answer.status).toBe(200)
    expect(answer.text).toBe([comment, comment, ...before, ...words].join(''))
    // A receipt is of the very bytes that the client got, and a reader of events finds the same ones in them.
    const { receipt } = await gateway.receipt(answer.headers.get('x-vouch-receipt') ?? '')
    expect(receipt.responseHash).toBe(sha256Bytes32(Buffer.from(answer.text)))
    const bytes = Buffer.from(answer.text)
    expect(splitEvents(bytes)).toHaveLength(before.length + words.length)
    expect(readAnswer(bytes)).toMatchObject([{ text: 'Hello!' }])
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('and is told what went wrong in band', async () => {
    const release = held(['data: {\n\n'], before)
    const answered = ask(gateway, { stream: true })
    await upstream.nextRequest()
    fire()
    release()
    const answer = await answered
    expect(answer).toMatchObject({
      status: 200,
      done: false,
      error: { code: 'upstream_bad_response' },
    })
    expect((await gateway.books()).receipts).toEqual([])
    expect(gateway.log).toMatchObject([{ outcome: 'refused', costAtomic: '0' }])
  })
})

test('a status that was not answered yet is still a status', async () => {
  upstream.become(answerStatus(503, ''))
  const answer = await ask(gateway, { stream: true })
  expect(answer).toMatchObject({ status: 503, error: { code: 'upstream_unavailable' } })
})

test('an answer in time, or in one piece, has no comments', async () => {
  upstream.become(answerWell())
  const streamed = await ask(gateway, { stream: true })
  expect(streamed.text).not.toContain(comment)
  expect(streamed.headers.get('x-vouch-contributor')).toBe('one')
  const release = Promise.withResolvers<void>()
  upstream.become(async (request, response) => {
    await release.promise
    await answerWell()(request, response)
  })
  const answered = ask(gateway)
  await upstream.nextRequest()
  expect(waiting).toEqual([])
  release.resolve()
  expect(await answered).toMatchObject({ status: 200, content: 'Hello there!' })
})

test('a client that left is told nothing', async () => {
  held([])
  const leaving = new AbortController()
  const asked = fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true }),
    signal: leaving.signal,
  })
  const request = await upstream.nextRequest()
  fire()
  const response = await asked
  leaving.abort()
  await expect(response.text()).rejects.toThrow()
  await request.left
  await gateway.books()
  expect(gateway.log).toMatchObject([{ outcome: 'client_gone', costAtomic: '0' }])
})
