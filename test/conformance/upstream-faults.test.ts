/*
 * Each way in which an upstream is known to fail, and what its caller sees: OpenAI's error and nothing of the upstream's
 * own words, nothing held afterwards, and money only for answers that were whole.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { upstreamBodyBytesMax } from '../../src/base/limits.ts'
import {
  type FaultyGateway,
  upstreamSecret as secret,
  startFaultyGateway,
} from '../support/faulty-gateway.ts'
import { answerStatus, completion } from '../support/scripted-upstream.ts'

let faulty: FaultyGateway

beforeAll(async () => {
  faulty = await startFaultyGateway()
})

afterAll(() => faulty.stop())

describe.each([{ stream: false }, { stream: true }])('before an answer began, %o', (asked) => {
  test('it refuses the connection', async () => {
    const expected = { status: 502, code: 'upstream_connection_error' }
    await faulty.expectRefused({ ...asked, model: 'closed' }, expected)
  })

  test('it closes the connection without a word', async () => {
    faulty.upstream.become((_request, response) => {
      response.socket?.destroy()
    })
    await faulty.expectRefused(asked, { status: 502, code: 'upstream_connection_error' })
  })

  test.each([
    ['not HTTP at all', `${secret}\r\n\r\n`, 'upstream_bad_response'],
    [
      'headers and the end, without a body',
      'HTTP/1.1 200 OK\r\ncontent-type: CONTENT\r\nconnection: close\r\n\r\n',
      '',
    ],
    [
      'a declared body of no bytes',
      'HTTP/1.1 200 OK\r\ncontent-type: CONTENT\r\ncontent-length: 0\r\n\r\n',
      '',
    ],
    [
      'fewer bytes than declared',
      `HTTP/1.1 200 OK\r\ncontent-type: CONTENT\r\ncontent-length: 500\r\n\r\n{"choices":[{"message":{"content":"${secret}`,
      'upstream_stream_interrupted',
    ],
    [
      'a broken chunk size',
      `HTTP/1.1 200 OK\r\ncontent-type: CONTENT\r\ntransfer-encoding: chunked\r\n\r\n${secret}\r\n`,
      'upstream_bad_response',
    ],
  ])('its bytes are %s', async (_name, bytes, code) => {
    const type = asked.stream ? 'text/event-stream' : 'application/json'
    faulty.answerRaw(bytes.replace('CONTENT', type))
    const empty = asked.stream ? 'upstream_stream_interrupted' : 'upstream_bad_response'
    await faulty.expectRefused({ ...asked, model: 'raw' }, { status: 502, code: code || empty })
  })

  test.each([
    [500, 'upstream_unavailable', 503],
    [502, 'upstream_unavailable', 503],
    [503, 'upstream_unavailable', 503],
    [529, 'upstream_unavailable', 503],
    [401, 'upstream_credentials_exhausted', 502],
    [402, 'upstream_credentials_exhausted', 502],
    [403, 'upstream_credentials_exhausted', 502],
    [404, 'upstream_bad_response', 502],
    [204, 'upstream_bad_response', 502],
    [302, 'upstream_bad_response', 502],
  ])('it answers %i', async (status, code, expected) => {
    const body = status === 204 ? '' : `<h1>${secret}</h1>`
    faulty.upstream.become(
      answerStatus(status, body, { 'content-type': 'text/plain', location: '/x' }),
    )
    await faulty.expectRefused(asked, { status: expected, code })
  })

  test.each([
    ['12', '12'],
    ['0', '0'],
    ['9999', '300'],
    [undefined, '5'],
    ['soon', '5'],
    ['-3', '5'],
  ])('it answers 429 with Retry-After %s', async (retryAfter, told) => {
    const headers = retryAfter === undefined ? undefined : { 'retry-after': retryAfter }
    faulty.upstream.become(answerStatus(429, `{"error":{"message":"${secret}"}}`, headers))
    const expected = { status: 429, code: 'capacity_exhausted', reason: 'upstream_rate_limited' }
    const answer = await faulty.expectRefused(asked, expected)
    expect(answer.headers.get('retry-after')).toBe(told)
  })

  test.each([
    ["OpenAI's", { error: { code: 'context_length_exceeded', message: secret } }],
    [
      "vLLM's",
      {
        object: 'error',
        message: `This model's maximum context length is 4096 tokens. ${secret}`,
        type: 'BadRequestError',
        code: 400,
      },
    ],
    [
      "newer vLLM's",
      {
        error: {
          message: `This model's maximum context length is 4096 tokens. ${secret}`,
          type: 'BadRequestError',
          param: 'input_tokens',
          code: 400,
        },
      },
    ],
    [
      "llama.cpp's",
      {
        error: {
          code: 400,
          message: `the request exceeds the available context size ${secret}`,
          type: 'exceed_context_size_error',
          n_ctx: 4096,
        },
      },
    ],
  ])('it finds the prompt too long, in %s words', async (_name, body) => {
    faulty.upstream.become(answerStatus(400, JSON.stringify(body)))
    const answer = await faulty.expectRefused(asked, {
      status: 400,
      code: 'context_length_exceeded',
    })
    expect(answer.error).toMatchObject({ param: 'messages', type: 'invalid_request_error' })
    expect(answer.error?.['message']).toContain('4096')
  })

  test.each([
    [
      400,
      { error: { code: 'content_policy_violation', message: secret } },
      'content_policy_violation',
    ],
    [422, { detail: [{ msg: secret }] }, 'upstream_rejected'],
    [413, secret, 'upstream_rejected'],
    [400, { error: { code: secret } }, 'upstream_rejected'],
    [400, { error: secret }, 'upstream_rejected'],
    [400, null, 'upstream_rejected'],
  ])('it rejects the request with %i and %o', async (status, body, code) => {
    faulty.upstream.become(answerStatus(status, JSON.stringify(body)))
    await faulty.expectRefused(asked, { status: 400, code, reason: 'upstream_rejected' })
  })

  test('an endless error body is not waited for', async () => {
    faulty.upstream.become((_request, response) => {
      response.writeHead(500, { 'content-type': 'text/plain' })
      response.write(secret)
    })
    await faulty.expectRefused(asked, { status: 503, code: 'upstream_unavailable' })
  })

  test.each([['text/html'], ['application/octet-stream'], [''], [undefined]])(
    'it answers 200 with content type %s',
    async (type) => {
      faulty.upstream.become((_request, response) => {
        response.writeHead(200, type === undefined ? {} : { 'content-type': type })
        response.end(`<html>${secret}</html>`)
      })
      await faulty.expectRefused(asked, { status: 502, code: 'upstream_bad_response' })
    },
  )
})

describe('a whole answer that is none', () => {
  const choice = (fields: Record<string, unknown>) => ({
    index: 0,
    message: { role: 'assistant', content: secret },
    finish_reason: 'stop',
    ...fields,
  })
  const answerOf = (...choices: unknown[]) => ({ ...completion(''), choices })

  test.each<[string, unknown]>([
    ['is HTML in disguise', `<html>${secret}</html>`],
    ['is empty', ''],
    ['is cut', JSON.stringify(answerOf(choice({}))).slice(0, -5)],
    ['is an array', []],
    ['is a number', 7],
    ['reports an error with status 200', { error: { message: secret } }],
    ['has no choices', answerOf()],
    ['has choices that are no array', { choices: secret }],
    ['has a choice that is null', answerOf(null)],
    ['has a choice without a message', answerOf({ index: 0, text: secret })],
    ['has more choices than were asked for', answerOf(choice({}), choice({ index: 1 }))],
    ['has an index nobody asked for', answerOf(choice({ index: 1 }))],
    ['has a negative index', answerOf(choice({ index: -1 }))],
    ['has a fractional index', answerOf(choice({ index: 0.5 }))],
    ['has a tool call that is null', answerOf(choice({ message: { tool_calls: [null] } }))],
    ['has a tool call that is text', answerOf(choice({ message: { tool_calls: [secret] } }))],
    [
      'is nested so deeply that writing it would take all memory',
      `{"choices":[{"message":{}}],"x":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`,
    ],
    [
      'has a tool call nested beyond reason',
      `{"choices":[{"message":{"tool_calls":[{"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}]}}]}`,
    ],
  ])('%s', async (_name, body) => {
    faulty.upstream.become(
      answerStatus(200, typeof body === 'string' ? body : JSON.stringify(body)),
    )
    await faulty.expectRefused({}, { status: 502, code: 'upstream_bad_response' })
  })

  test('has the same index twice', async () => {
    faulty.upstream.become(answerStatus(200, JSON.stringify(answerOf(choice({}), choice({})))))
    await faulty.expectRefused({ n: 2 }, { status: 502, code: 'upstream_bad_response' })
  })

  test('is larger than what may be buffered', async () => {
    faulty.upstream.become(async (request, response) => {
      response.on('error', () => {})
      response.writeHead(200, { 'content-type': 'application/json' })
      const piece = Buffer.alloc(1024 * 1024, secret)
      const writeOn = () => {
        while (!response.destroyed && response.write(piece)) {}
      }
      response.on('drain', writeOn)
      writeOn()
      await request.left
    })
    await faulty.expectRefused({}, { status: 502, code: 'upstream_bad_response' })
    expect(upstreamBodyBytesMax).toBe(32 * 1024 * 1024)
  })
})
