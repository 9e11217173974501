/*
 * What every answer's bytes must be for verifiers that read them in their own ways: JSON that is the same when it is parsed and
 * written again, streams of whole events with LF alone, and hashes that no header of a client changes (docs/convention.md).
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { endpoints } from '../../src/domain/endpoint.ts'
import { askedMessages } from '../support/ask.ts'
import { type Script, streamBytes } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl, offer: { endpoints: [...endpoints] } }],
}))
afterAll(close)

/** Spaces, `1.0`, escapes that nobody needs, a key twice, keys that look like numbers, a character beyond ASCII. */
const oddly = (inner: string): string =>
  `{ "id" : "x-1", "created": 1.0e0, "b":1, "2":0, "1":-0.0, "b":2, "model":"\\u006d", ${inner} , "note":"é\\/\u2028"}\n`
const usage = '"usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}'

const answersWith =
  (body: string): Script =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(body)
  }

const chatChoice =
  '{"index":0,"message":{"role":"assistant","content":"Hé"},"finish_reason":"stop"}'

const unary: readonly [path: string, fields: object, body: string][] = [
  ['/v1/chat/completions', { messages: askedMessages }, `"choices":[ ${chatChoice} ], ${usage}`],
  ['/v1/responses', { input: 'x' }, `"choices":[ ${chatChoice} ], ${usage}`],
  [
    '/v1/messages',
    { max_tokens: 9, messages: askedMessages },
    `"choices":[${chatChoice}], ${usage}`,
  ],
  [
    '/v1/completions',
    { prompt: 'x' },
    `"choices":[ {"index":0,"text":"Hé","finish_reason":"stop","logprobs":null} ], ${usage}`,
  ],
  [
    '/v1/embeddings',
    { input: 'x' },
    `"object":"list","data":[ {"object":"embedding","index":0,"embedding":[1.0, 0.50, 1e-3]} ], ${usage}`,
  ],
  [
    '/v1/moderations',
    { input: 'x' },
    '"results":[ {"flagged":false,"categories":{},"category_scores":{"a":1.0}} ]',
  ],
  ['/v1/images/generations', { prompt: 'x' }, '"data":[ {"b64_json":"AAAA"} ]'],
]

const post = (path: string, fields: object, headers: Record<string, string> = {}) =>
  fetch(`${gateway.origin}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${gateway.apiKey}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ model: 'm', ...fields }),
  })

const signedText = async (id: string): Promise<string> => {
  const response = await fetch(`${gateway.origin}/v1/signature/${id}`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  })
  return ((await response.json()) as { readonly text: string }).text
}

describe('JSON', () => {
  test.each(unary)(
    '%s is the same when it is parsed and written again',
    async (path, fields, body) => {
      upstream.become(answersWith(oddly(body)))
      const response = await post(path, fields)
      expect(response.status).toBe(200)
      const text = await response.text()
      expect(JSON.stringify(JSON.parse(text))).toBe(text)
      const sent = JSON.stringify({ model: 'm', ...fields })
      expect(await signedText(response.headers.get('x-receipt-id') ?? '')).toBe(
        `${sha256Hex(sent)}:${sha256Hex(text)}`,
      )
    },
  )

  test('a hash that a client brings along changes nothing', async () => {
    upstream.become(answersWith(oddly(`"choices":[${chatChoice}], ${usage}`)))
    const forged = { 'x-request-hash': '00'.repeat(32), 'x-response-hash': '11'.repeat(32) }
    const response = await post('/v1/chat/completions', { messages: askedMessages }, forged)
    const text = await response.text()
    const sent = JSON.stringify({ model: 'm', messages: askedMessages })
    expect(await signedText(response.headers.get('x-receipt-id') ?? '')).toBe(
      `${sha256Hex(sent)}:${sha256Hex(text)}`,
    )
  })
})

describe('streams', () => {
  const event = (delta: string, finish: string, end: string) =>
    `data: {"id":"x-1","object":"chat.completion.chunk","created":1.0,"model":"m","choices":[{"index":0,"delta":${delta},"text":"é漢","finish_reason":${finish}}]}${end}${end}`
  const source = (end: string) =>
    Buffer.from(
      `:hello${end}${end}event: x${end}${event('{"content":"é漢"}', 'null', end)}${event('{"content":"😀"}', 'null', end)}${event('{}', '"stop"', end)}data:[DONE]${end}${end}`,
    )

  /** The pieces as the socket gives them, and all of them together. */
  async function read(path: string, fields: object): Promise<readonly Buffer[]> {
    const { hostname, port } = new URL(gateway.origin)
    const headers = {
      authorization: `Bearer ${gateway.apiKey}`,
      'content-type': 'application/json',
    }
    const response = await new Promise<IncomingMessage>((resolve) => {
      const asking = httpRequest({ hostname, port, path, method: 'POST', headers }, resolve)
      asking.end(JSON.stringify({ model: 'm', stream: true, ...fields }))
    })
    const pieces: Buffer[] = []
    for await (const piece of response) pieces.push(piece as Buffer)
    return pieces
  }

  const streamed: readonly [path: string, fields: object, isOpenAi: boolean][] = [
    ['/v1/chat/completions', { messages: askedMessages }, true],
    ['/v1/completions', { prompt: 'x' }, true],
    ['/v1/responses', { input: 'x' }, false],
    ['/v1/messages', { max_tokens: 9, messages: askedMessages }, false],
  ]
  const ends: readonly [name: string, end: string][] = [
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ]

  test.each(streamed.flatMap((row) => ends.map((end) => [...row, ...end] as const)))(
    '%s: whole events with LF alone, whatever the engine writes (%j %s %s)',
    async (path, fields, isOpenAi, _name, end) => {
      upstream.become(streamBytes(Array.from(source(end), (byte) => Uint8Array.of(byte))))
      const pieces = await read(path, fields)
      const text = Buffer.concat(pieces).toString()
      expect(text).not.toContain('\r')
      expect(text.endsWith('\n\n')).toBe(true)
      expect(pieces.map((piece) => piece.toString()).join('')).toBe(text)
      for (const block of text.split('\n\n').slice(0, -1)) {
        expect(block).toMatch(/^(event: [\w.]+\n)?data: (\{.*\}|\[DONE\])$/)
      }
      if (!isOpenAi) return
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
      const [first = ''] = text.split('\n\n')
      expect(JSON.parse(first.slice('data: '.length))).toHaveProperty('id')
    },
  )
})
