/*
 * An agent before an engine that does as it is told, behind a whole gateway, which believes nothing that it is sent: what
 * reaches a client with a receipt of the contributor's own was signed over exactly what was delivered.
 */
import { hash } from 'node:crypto'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { randomHex } from '../../src/base/random-ids.ts'
import { jobHeaders, openAgentPlace, testJob } from '../support/agent-place.ts'
import { ask, askPath } from '../support/ask.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  completion,
  roleEvent,
  type Script,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  stopEvent,
  streamBytes,
  usageChunk,
  usageObject,
  wordEvent,
} from '../support/scripted-upstream.ts'

const engine = await startScriptedUpstream()
const place = await openAgentPlace({
  baseUrl: engine.baseUrl,
  endpoints: ['chat/completions', 'completions', 'embeddings'],
})
const { gateway } = place

afterEach(async () => {
  engine.become(answerWell())
  gateway.pool.readmit('agent')
  await place.newEntries()
  place.newEnds()
})
afterAll(async () => {
  await place.close()
  await engine.close()
})

/** The one receipt since it was asked last, of an answer that its contributor signed. */
async function signedWork() {
  const { receipts } = await place.newEntries()
  expect(receipts).toHaveLength(1)
  expect(receipts[0]?.contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)
  return receipts[0]?.receipt.work
}

/** The one receipt since it was asked last, of an answer that nobody signed and nobody pays for. */
async function expectUnsigned(): Promise<void> {
  const { receipts } = await place.newEntries()
  expect(receipts.map(({ contributorSignature }) => contributorSignature)).toEqual(['0x'])
  expect(receipts[0]?.receipt).toMatchObject({ cost: '0', work: { status: 2 } })
}

const streamed = { stream: true }

describe('what is delivered is signed', () => {
  test('in one piece', async () => {
    const answer = await ask(gateway)
    expect(answer).toMatchObject({ status: 200, content: 'Hello there!' })
    expect(await signedWork()).toMatchObject({
      contributor: place.operator,
      promptTokens: 5,
      completionTokens: 3,
      status: 0,
    })
    // What the gateway tells us is not the engine's to know.
    const { authorization, ...headers } = engine.requests[0]?.headers ?? {}
    expect(authorization).toBeUndefined()
    expect(Object.keys(headers).filter((name) => name.startsWith('x-vouch'))).toEqual([])
    // But for the request's name, which engines make their answer's id of.
    expect(headers['x-request-id']).toBe(answer.headers.get('x-request-id'))
  })

  test('in pieces, and counted though its reader did not ask', async () => {
    const answer = await ask(gateway, streamed)
    expect(answer).toMatchObject({ status: 200, content: 'Hello there!', done: true })
    expect(answer.text).not.toContain('"usage"')
    expect(await signedWork()).toMatchObject({ promptTokens: 5, completionTokens: 3 })
    expect(engine.requests[0]?.json['stream_options']).toEqual({ include_usage: true })
    expect(place.newEnds()).toMatchObject([{ outcome: 'complete', usageSource: 'reported' }])
  })

  test('the engine gets the very bytes of a reader who asks for usage', async () => {
    await ask(gateway, { stream: true, stream_options: { include_usage: true }, seed: 7.0 })
    const work = await signedWork()
    expect(work?.inputHash).toBe(`0x${hash('sha256', engine.requests[0]?.body ?? '')}`)
  })

  test('several choices, tool calls among them', async () => {
    const call = { index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }
    engine.become(
      streamBytes([
        sse(chunk({ content: 'one' }, null, 1)),
        sse(chunk({ tool_calls: [call] }, null, 0)),
        sse(chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] }, null, 0)),
        sse(chunk({}, 'tool_calls', 0)),
        sse(chunk({}, 'stop', 1)),
        sse(usageChunk(usageObject(5, 12))),
        sseDone,
      ]),
    )
    expect(await ask(gateway, { ...streamed, n: 2 })).toMatchObject({ status: 200, done: true })
    expect(await signedWork()).toMatchObject({ completionTokens: 12, status: 0 })
  })

  test('texts without a template, echoed prompts uncounted', async () => {
    const text = (index: number) => ({ index, text: 'a b and more', finish_reason: 'stop' })
    const whole = { ...completion(''), choices: [text(0), text(1)], usage: usageObject(6, 100) }
    engine.become(answerStatus(200, JSON.stringify(whole)))
    const asked = { model: 'm', prompt: ['a b', 'a b'], echo: true, max_tokens: 9 }
    expect(await askPath(gateway, '/v1/completions', asked)).toMatchObject({ status: 200 })
    // Eighteen bytes that the model wrote, and not a hundred tokens.
    expect(await signedWork()).toMatchObject({ promptTokens: 6, completionTokens: 5 })
    expect(place.newEnds()).toMatchObject([{ usageSource: 'corrected' }])
  })

  test('vectors', async () => {
    const data = [
      [0.5, -0.25],
      [1, 2],
    ].map((embedding, index) => ({ index, embedding }))
    const usage = { prompt_tokens: 4, total_tokens: 4 }
    engine.become(answerStatus(200, JSON.stringify({ object: 'list', data, model: 'm', usage })))
    const asked = { model: 'm', input: ['one', 'two'] }
    expect(await askPath(gateway, '/v1/embeddings', asked)).toMatchObject({ status: 200 })
    expect(await signedWork()).toMatchObject({ promptTokens: 4, completionTokens: 2 })
  })
})

describe('what an engine writes in its own way', () => {
  const events = [roleEvent, wordEvent, wordEvent, stopEvent]
  const withUsage = (event: string): string =>
    sse({ ...JSON.parse(event.slice(6)), usage: usageObject(5, 1) })

  test.each<[string, readonly (string | Uint8Array)[]]>([
    ['lines end in CRLF', [...events, sseDone].map((event) => event.replaceAll('\n', '\r\n'))],
    ['lines end in CR', [...events, sseDone].map((event) => event.replaceAll('\n', '\r'))],
    [
      'blank lines, comments and event names',
      ['\n\n: ping\n\n', ...events.map((event) => `event: message\n${event}\n`), ':\n\n', sseDone],
    ],
    ['no [DONE]', events],
    ['no blank line behind [DONE]', [...events, 'data: [DONE]']],
    ['usage on every chunk', [...events.map(withUsage), sseDone]],
    [
      'a comment as of ours',
      [
        ': vouch-work AAAA\n\n',
        roleEvent,
        ': vouch-checkpoint AAAA\n\n',
        wordEvent,
        wordEvent,
        stopEvent,
        sseDone,
      ],
    ],
    [
      'a byte at a time',
      [...Buffer.from([...events, sseDone].join(''))].map((byte) => Uint8Array.of(byte)),
    ],
  ])('%s', async (_, pieces) => {
    engine.become(streamBytes(pieces))
    const answer = await ask(gateway, streamed)
    expect(answer).toMatchObject({ status: 200, content: 'word word ', done: true })
    await signedWork()
  })

  test('nothing of what it used: a fourth of the bytes is claimed', async () => {
    engine.become(streamBytes([...events, sseDone]))
    await ask(gateway, streamed)
    expect(await signedWork()).toMatchObject({ promptTokens: 7, completionTokens: 3 })
    expect(place.newEnds()).toMatchObject([{ usageSource: 'counted' }])
  })

  test('more tokens than its bytes can hold: no more is claimed than is there', async () => {
    const lie = usageObject(1_000_000, 1_000_000)
    engine.become(streamBytes([...events, sse(usageChunk(lie)), sseDone]))
    await ask(gateway, streamed)
    expect(await signedWork()).toMatchObject({ completionTokens: 3 })
    engine.become(answerStatus(200, JSON.stringify(completion('word word ', lie))))
    await ask(gateway)
    expect(await signedWork()).toMatchObject({ completionTokens: 3 })
    expect(place.newEnds()).toMatchObject([
      { usageSource: 'corrected' },
      { usageSource: 'corrected' },
    ])
  })
})

describe('what breaks is not signed', () => {
  test.each<[string, Script]>([
    ['a cut behind the last word', streamBytes([roleEvent, wordEvent], 'cut')],
    ['an orderly end in the middle', streamBytes([roleEvent, wordEvent])],
    ['half an event', streamBytes([roleEvent, wordEvent, stopEvent.slice(0, -4)])],
    [
      'a failure in band',
      streamBytes([roleEvent, wordEvent, sse({ error: { message: 'the prompt was' } })]),
    ],
    ['no JSON', streamBytes([roleEvent, wordEvent, 'data: {"choices":\n\n', stopEvent, sseDone])],
    [
      'a choice that nobody asked for',
      streamBytes([
        roleEvent,
        wordEvent,
        sse(chunk({ content: 'x' }, null, 1)),
        stopEvent,
        sseDone,
      ]),
    ],
  ])('%s', async (_, script) => {
    engine.become(script)
    const answer = await ask(gateway, streamed)
    expect(answer).toMatchObject({ status: 200, done: false })
    expect(answer.error).toMatchObject({ type: 'api_error' })
    expect(answer.text).not.toContain('the prompt was')
    await expectUnsigned()
    expect(place.newEnds()).toMatchObject([{ outcome: 'failed' }])
  })

  test.each<[string, Script, number, string]>([
    [
      'a failure as the first event',
      streamBytes([sse({ error: { message: 'quoting' } })]),
      502,
      'engine_failed',
    ],
    ['a stream that is none', answerStatus(200, '{}'), 502, 'engine_answer_unusable'],
    ['a status', answerStatus(500, '{"error":"quoting"}'), 502, 'engine_failed'],
    ['no room now', answerStatus(503, ''), 503, 'engine_unavailable'],
    ['a wrong key of ours', answerStatus(401, 'quoting'), 503, 'engine_credentials_invalid'],
    [
      'too long a prompt',
      answerStatus(400, '{"error":{"code":"context_length_exceeded","message":"quoting"}}'),
      400,
      'context_length_exceeded',
    ],
    ['users of its own', answerStatus(429, '', { 'retry-after': '7' }), 429, 'engine_busy'],
    ['a hang up', (_request, response) => void response.destroy(), 503, 'engine_unreachable'],
  ])('%s is told as a status, in words of ours', async (_, script, status, code) => {
    engine.become(script)
    const refused = await testJob(place, `0x${randomHex(32)}`, { fields: streamed })
    expect(refused).toMatchObject({ status, code, work: undefined })
    expect(refused.text).not.toContain('quoting')
    if (status === 429) expect(refused.headers.get('retry-after')).toBe('7')
    expect(place.newEnds()).toMatchObject([{ outcome: 'failed', code }])
  })

  test('a whole answer that is none', async () => {
    engine.become(answerStatus(200, '{"choices":[]}'))
    expect((await ask(gateway)).error).toMatchObject({ type: 'api_error' })
    expect(await place.newEntries()).toMatchObject({ receipts: [] })
    for (const end of place.newEnds()) expect(end).toMatchObject({ code: 'engine_answer_unusable' })
  })
})

describe('who leaves', () => {
  test.each([streamed, {}])(
    'before the first byte stops the engine at once (%j)',
    async (asked) => {
      engine.become(() => {})
      const leaving = new AbortController()
      const answer = fetchAnswer(asked, leaving.signal).catch((error: Error) => error)
      const request = await engine.nextRequest()
      leaving.abort()
      await request.left
      expect(await answer).toMatchObject({ name: 'AbortError' })
      await vi.waitFor(() => expect(place.newEnds()).toMatchObject([{ outcome: 'client_gone' }]))
    },
  )

  test('in the middle of a stream stops the engine, and nothing is signed', async () => {
    engine.become(streamBytes([roleEvent, wordEvent], 'hang'))
    const leaving = new AbortController()
    const response = await fetchAnswer(streamed, leaving.signal)
    await response.body?.getReader().read()
    const request = await engine.nextRequest()
    leaving.abort()
    await request.left
    await vi.waitFor(() => expect(place.newEnds()).toMatchObject([{ outcome: 'client_gone' }]))
    const { receipts } = await place.newEntries()
    expect(receipts).toMatchObject([
      { contributorSignature: '0x', receipt: { work: { status: 1 } } },
    ])
  })

  const fetchAnswer = (asked: object, signal: AbortSignal): Promise<Response> =>
    fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...asked }),
      signal,
    })
})

describe('a job is answered once', () => {
  const jobId = () => `0x${randomHex(32)}`

  test('while it runs, when it was signed, and when the agent was started again', async () => {
    const id = jobId()
    expect(await testJob(place, id)).toMatchObject({ status: 200, work: { jobId: id } })
    expect(await testJob(place, id)).toMatchObject({ status: 409, code: 'job_already_signed' })
    await place.restart()
    expect(await testJob(place, id)).toMatchObject({ status: 409, code: 'job_already_signed' })
    expect(engine.requests).toHaveLength(1)

    const running = jobId()
    engine.become(() => {})
    const first = testJob(place, running)
    const request = await engine.nextRequest()
    expect(await testJob(place, running)).toMatchObject({ status: 409 })
    await place.restart()
    await request.left
    expect(await first).toMatchObject({ status: 503 })
    // What the first had signed when it was ended, who comes after it cannot know.
    expect(await testJob(place, running)).toMatchObject({ status: 409 })
  })

  test('again where nothing was signed', async () => {
    const id = jobId()
    engine.become(answerStatus(500, ''))
    expect(await testJob(place, id)).toMatchObject({ status: 502 })
    engine.become(answerWell())
    expect(await testJob(place, id)).toMatchObject({ status: 200, work: { jobId: id } })
  })

  test('not again where a checkpoint was signed of what broke off', async () => {
    const id = jobId()
    engine.become((_request, response) => {
      startSse(response)
      const write = (): void => {
        if (!response.destroyed) response.write(wordEvent, () => setImmediate(write))
      }
      write()
    })
    const leaving = new AbortController()
    const asked = { method: 'POST', headers: jobHeaders(place, id), signal: leaving.signal }
    const body = JSON.stringify({ model: 'm', messages: [], ...streamed })
    const response = await fetch(`${place.origin}/v1/chat/completions`, { ...asked, body })
    const decoder = new TextDecoder()
    let text = ''
    for await (const piece of response.body ?? []) {
      text += decoder.decode(piece, { stream: true })
      if (text.includes('vouch-checkpoint')) break
    }
    leaving.abort()
    await (await engine.nextRequest()).left
    engine.become(answerWell())
    expect(await testJob(place, id)).toMatchObject({ status: 409, code: 'job_already_signed' })
    // Before the first one it is nobody's word yet.
    const other = jobId()
    engine.become(streamBytes([roleEvent, wordEvent], 'cut'))
    await expect(testJob(place, other, { fields: streamed })).rejects.toThrow()
    engine.become(answerWell())
    expect(await testJob(place, other)).toMatchObject({ status: 200, work: { jobId: other } })
  })

  test('two at the same moment', async () => {
    const id = jobId()
    const answers = await Promise.all(Array.from({ length: 8 }, () => testJob(place, id)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)])
  })
})

describe('what is no job of ours is refused, and the engine not asked', () => {
  const stranger = `0x${'99'.repeat(20)}`

  test.each<[string, Parameters<typeof testJob>[2], number, string]>([
    ['no job', { headers: { 'x-vouch-job': undefined } }, 400, 'invalid_job_header'],
    ['no id', { headers: { 'x-vouch-job': 'one' } }, 400, 'invalid_job_header'],
    ['another gateway', { headers: { 'x-vouch-gateway': stranger } }, 400, 'invalid_job_header'],
    [
      'another manifest',
      { headers: { 'x-vouch-model': `0x${'99'.repeat(32)}` } },
      400,
      'invalid_job_header',
    ],
    ['another secret', { headers: { authorization: 'Bearer another' } }, 401, 'invalid_api_key'],
    ['another model', { fields: { model: 'other' } }, 404, 'model_not_found'],
    ['no model', { fields: { model: undefined } }, 400, 'missing_required_parameter'],
    ['no JSON', { body: '{"model":"m"' }, 400, 'invalid_json'],
    ['too many choices', { fields: { n: 9 } }, 400, 'invalid_value'],
    ['pictures', { path: '/v1/images/generations' }, 404, 'unknown_url'],
  ])('%s', async (_, terms, status, code) => {
    expect(await testJob(place, `0x${randomHex(32)}`, terms)).toMatchObject({ status, code })
    expect(engine.requests).toHaveLength(0)
  })
})

test('two hundred streams at once, each with its own answer and Work', async () => {
  engine.become((request, response) => {
    const { messages } = request.json as { messages: { content: string }[] }
    startSse(response)
    response.write(roleEvent)
    const words = (messages[0]?.content ?? '').split(' ')
    const next = (): void => {
      const word = words.shift()
      if (word !== undefined)
        response.write(sse(chunk({ content: `${word} ` })), () => setImmediate(next))
      else response.end(stopEvent + sseDone)
    }
    next()
  })
  const asked = Array.from({ length: 200 }, (_, index) => `these are the words of number ${index}`)
  const answers = await Promise.all(
    asked.map((content) => ask(gateway, { ...streamed, messages: [{ role: 'user', content }] })),
  )
  for (const [index, answer] of answers.entries()) {
    expect(answer).toMatchObject({ status: 200, content: `${asked[index]} `, done: true })
  }
  const { receipts } = await place.newEntries()
  expect(receipts).toHaveLength(200)
  for (const { contributorSignature } of receipts) expect(contributorSignature).not.toBe('0x')
})

test('no line about a job has a word of its prompt, its answer or what the engine said', async () => {
  const secret = `marker-${randomHex(8)}`
  const fields = { messages: [{ role: 'user', content: secret }] }
  const said = (status: number) => answerStatus(status, JSON.stringify(completion(secret)))
  for (const script of [answerWell([secret]), said(400), said(500), streamBytes([secret])]) {
    engine.become(script)
    for (const stream of [false, true]) {
      await testJob(place, `0x${randomHex(32)}`, { fields: { ...fields, stream } })
    }
  }
  await testJob(place, secret, { fields })
  await testJob(place, `0x${randomHex(32)}`, { fields: { ...fields, model: secret } })
  await testJob(place, `0x${randomHex(32)}`, { body: secret })
  const ends = place.newEnds()
  expect(ends).toHaveLength(11)
  expect(JSON.stringify(ends)).not.toContain(secret)
})
