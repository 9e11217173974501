/*
 * What a customer says, what an engine answers and every key stay out of the log and out of error bodies: a marker is
 * planted in all of them, whatever the outcome, and looked for in everything that is written.
 */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import {
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  startSse,
  usageObject,
} from '../support/scripted-upstream.ts'
import { signingUpstream } from '../support/signing-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'plain', baseUrl, apiKey: 'sk-of-the-gateway' },
    {
      id: 'signer',
      baseUrl,
      identity: signingUpstream().identity,
      offer: { modelName: 'signed' },
    },
  ],
}))
afterAll(close)

type Asked = {
  readonly marker: string
  readonly outcome: keyof typeof outcomes
  readonly stream: boolean
  readonly signed: boolean
}

/** What the upstream does, with the marker in all that it says. */
const outcomes = {
  answers: (marker) => (request, response) => {
    const call = {
      index: 0,
      id: marker,
      type: 'function',
      function: { name: marker, arguments: marker },
    }
    const delta = {
      content: marker,
      reasoning_content: marker,
      refusal: marker,
      tool_calls: [call],
    }
    if (request.json['stream'] === true) {
      startSse(response)
      response.end(sse(chunk(delta)) + sse(chunk({}, 'stop')) + sseDone)
    } else {
      const choice = { index: 0, message: { ...delta, tool_calls: [call] }, finish_reason: marker }
      response.writeHead(200, { 'content-type': 'application/json', 'x-vouch-work': marker })
      response.end(JSON.stringify({ ...completion('', usageObject(5, 5)), choices: [choice] }))
    }
  },
  rejects: (marker) => (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json', 'x-error': marker })
    response.end(
      JSON.stringify({ error: { message: marker, type: marker, param: marker, code: marker } }),
    )
  },
  fails: (marker) => (_request, response) => {
    response.writeHead(500, { 'content-type': 'text/plain' })
    response.end(marker)
  },
  limits: (marker) => (_request, response) => {
    response.writeHead(429, { 'retry-after': marker })
    response.end(marker)
  },
  'answers HTML': (marker) => (_request, response) => {
    response.writeHead(200, { 'content-type': `text/html; ${marker}` })
    response.end(`<h1>${marker}</h1>`)
  },
  'talks nonsense': (marker) => (request, response) => {
    const stream = request.json['stream'] === true
    response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
    response.end(stream ? `data: {${marker}\n\n` : `{${marker}`)
  },
  'reports an error in band': (marker) => (request, response) => {
    const stream = request.json['stream'] === true
    response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
    const error = { error: { message: marker, code: marker } }
    response.end(stream ? sse(chunk({ content: 'x' })) + sse(error) : JSON.stringify(error))
  },
  'breaks off': (marker) => (_request, response) => {
    startSse(response)
    response.write(`${sse(chunk({ content: 'x' }))}data: {"${marker}`, () => response.destroy())
  },
} satisfies Record<string, (marker: string) => Script>

/** Everything that a client sends, with the marker in it. */
function requestBody({ marker, stream, signed }: Asked): string {
  return JSON.stringify({
    model: signed ? 'signed' : 'm',
    messages: [
      { role: 'system', content: marker, name: marker },
      { role: 'user', content: [{ type: 'text', text: marker }] },
      { role: marker, content: marker },
    ],
    user: marker,
    metadata: { [marker]: marker },
    stop: [marker],
    stream,
    max_tokens: 50,
  })
}

/** What a client sends that is refused before anybody is asked. */
const mistakes: readonly ((marker: string) => { body?: string; key?: string; path?: string })[] = [
  (marker) => ({ key: marker }),
  (marker) => ({ key: `${marker} ${marker}` }),
  (marker) => ({ body: `{"${marker}` }),
  (marker) => ({ body: `{"${marker}":1,"${marker}":2}` }),
  (marker) => ({ body: `"${marker}"` }),
  (marker) => ({ body: JSON.stringify({ model: 'm', messages: marker }) }),
  (marker) => ({
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: { marker } }] }),
  }),
  (marker) => ({ body: JSON.stringify({ model: 'm', messages: [{ role: 'user' }], n: marker }) }),
  (marker) => ({
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user' }], temperature: marker }),
  }),
  (marker) => ({
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user' }], stream_options: marker }),
  }),
  (marker) => ({ path: `/v1/receipts/${marker}` }),
]

async function send(body: string, marker: string, changes: { key?: string; path?: string } = {}) {
  const response = await fetch(
    `${gateway.origin}${changes.path ?? '/v1/chat/completions'}?q=${marker}`,
    {
      method: changes.path === undefined ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${changes.key ?? gateway.apiKey}`,
        'user-agent': marker,
        'x-client-request-id': marker,
        cookie: marker,
        traceparent: marker,
        referer: `http://${marker}/`,
      },
      ...(changes.path === undefined ? { body } : {}),
    },
  )
  return { status: response.status, text: await response.text() }
}

/** The log since the last look holds no marker, in no spelling. */
let looked = 0
function expectUnlogged(marker: string): void {
  const written = gateway.logText().slice(looked)
  looked += written.length
  for (const secret of [marker, gateway.apiKey, 'sk-of-the-gateway']) {
    for (const spelling of ['utf8', 'hex', 'base64', 'base64url'] as const) {
      expect(written).not.toContain(Buffer.from(secret).toString(spelling).replace(/=+$/, ''))
    }
  }
}

const anyMarker = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 24,
  maxLength: 24,
})

test('nothing that was said is logged, and no error repeats what an upstream said', async () => {
  const statuses = new Map<number, number>()
  const anyAsked = fc.record({
    marker: anyMarker,
    outcome: fc.constantFrom(...(Object.keys(outcomes) as (keyof typeof outcomes)[])),
    stream: fc.boolean(),
    signed: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(anyAsked, async (asked) => {
      const { marker, outcome } = asked
      // Nobody rests, or is waited for, because of what it did before.
      for (const { contributorId } of gateway.pool.contributors) gateway.pool.readmit(contributorId)
      upstream.become(outcomes[outcome](marker))
      const answer = await send(requestBody(asked), marker)
      if (outcome !== 'answers') expect(answer.text).not.toContain(marker)
      if (answer.status !== 200) expect(answer.text).not.toContain(marker)
      expect(answer.text).not.toContain(gateway.apiKey)
      await gateway.books()
      expectUnlogged(marker)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      // The key and the headers of a caller stay with us.
      const [request] = upstream.requests
      const headers = JSON.stringify(request?.headers)
      expect(headers).not.toContain(marker)
      expect(headers).not.toContain(gateway.apiKey)
    }),
    { numRuns: 150 },
  )
  for (const status of [200, 400, 429, 502, 503])
    expect(statuses.get(status) ?? 0).toBeGreaterThan(0)
  expect(gateway.log.length).toBeGreaterThan(100)
  expect(gateway.internalErrors).toEqual([])
})

test('a refusal of what was asked repeats neither a key nor a prompt', async () => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(anyMarker, fc.constantFrom(...mistakes), async (marker, mistake) => {
      const { body = '{}', ...changes } = mistake(marker)
      const answer = await send(body, marker, changes)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
      expect(answer.text).not.toContain(marker)
      expectUnlogged(marker)
      refused += 1
    }),
    { numRuns: 60 },
  )
  expect(refused).toBe(60)
})

test('a name that nobody serves is told to whoever asked, and logged for nobody', async () => {
  await fc.assert(
    fc.asyncProperty(anyMarker, async (marker) => {
      const body = JSON.stringify({ model: marker, messages: [{ role: 'user', content: 'x' }] })
      const answer = await send(body, '')
      expect(answer).toMatchObject({ status: 404 })
      expect(answer.text).toContain(marker)
      expectUnlogged(marker)
    }),
    { numRuns: 10 },
  )
})
