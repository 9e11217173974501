/*
 * What a caller can get wrong: each is told clearly in OpenAI's shape, and nothing is held, charged or asked of an upstream.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import OpenAI, { BadRequestError } from 'openai'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  choicesMax,
  discardedBodyBytesMax,
  jsonDepthMax,
  requestBodyBytesMax,
} from '../../src/base/limits.ts'
import { addApiKey } from '../support/api-keys.ts'
import { ask, askBody, askedMessages } from '../support/ask.ts'
import type { TestGateway } from '../support/gateway-on-ledger.ts'
import { answerWell } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { upstream, gateway, newEntries, close } = await openUpstreamPlace()
afterAll(close)

beforeEach(() => upstream.become(answerWell()))

type Expected = {
  readonly status: number
  readonly code: string
  readonly param?: string | null
  readonly type?: string
}

async function expectNothingDone(): Promise<void> {
  expect(upstream.requests).toHaveLength(0)
  const { receipts, chargedAmount } = await newEntries()
  expect(receipts).toEqual([])
  expect(chargedAmount).toBe(0n)
}

function expectError(
  answer: { readonly status: number; readonly text: string },
  expected: Expected,
) {
  const { status, ...error } = expected
  expect(answer.status).toBe(status)
  const body = JSON.parse(answer.text) as { error: Record<string, unknown> }
  expect(Object.keys(body)).toEqual(['error'])
  expect(body.error).toMatchObject({ type: 'invalid_request_error', param: null, ...error })
  expect(body.error['message']).toMatch(/^[A-Z].*\.$/)
}

describe('who asks', () => {
  test.each<[string, string | undefined]>([
    ['nobody', undefined],
    ['an empty header', ''],
    ['another scheme', 'Basic dXNlcjpwYXNz'],
    ['a scheme without a key', 'Bearer '],
    ['a key without a scheme', 'sk-vouch-x'],
    ['two keys', 'Bearer a b'],
    ['a wrong key', 'Bearer sk-vouch-wrong'],
    ['a key of another kind', 'Bearer ünknown'],
    ['a key beyond any length', `Bearer ${'k'.repeat(8000)}`],
  ])('%s: 401, whatever is asked', async (_name, authorization) => {
    const headers = new Headers()
    if (authorization !== undefined)
      headers.set('authorization', encodeURI(authorization).replace(/%20/g, ' '))
    for (const [method, path, body] of [
      ['POST', '/v1/chat/completions', 'not even JSON'],
      // Without any credential they are for everybody.
      ...(authorization === undefined
        ? []
        : ([
            ['GET', '/v1/models'],
            ['GET', '/v1/models/m'],
          ] as const)),
      ['GET', '/v1/billing/channel'],
      ['GET', `/v1/receipts/0x${'00'.repeat(32)}`],
    ] as const) {
      const response = await fetch(`${gateway.origin}${path}`, {
        method,
        headers,
        body: body ?? null,
      })
      expectError(
        { status: response.status, text: await response.text() },
        { status: 401, code: 'invalid_api_key' },
      )
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
    }
    await expectNothingDone()
  })

  test('a revoked key and one that expired: 401 at once', async () => {
    const revoked = await addApiKey(gateway)
    expect(await ask({ ...gateway, apiKey: revoked.secret })).toMatchObject({ status: 200 })
    await newEntries()
    upstream.become(answerWell())
    await revoked.revoke()
    const expired = await addApiKey(gateway, { expiresAtMs: Date.now() })
    for (const apiKey of [revoked.secret, expired.secret]) {
      expectError(await ask({ ...gateway, apiKey }), { status: 401, code: 'invalid_api_key' })
    }
    await expectNothingDone()
  })
})

describe('a body', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`
  const body = (more: string) => `{"model":"m","messages":[{"role":"user","content":"x"}]${more}}`

  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['that is empty', ''],
    ['that is blank', '  \n'],
    ['that is not JSON', '{"model": m}'],
    ['that is cut', body('').slice(0, -1)],
    ['with something behind it', `${body('')}{}`],
    ['that is an array', '[]'],
    ['that is null', 'null'],
    ['that is text', '"m"'],
    [
      'that is not UTF-8',
      Buffer.from([...Buffer.from('{"model":"'), 0xc3, 0x28, ...Buffer.from('"}')]),
    ],
    ['that begins with a byte order mark', `\ufeff${body('')}`],
    ['that is nested too deeply', body(`,"x":${nested(jsonDepthMax)}`)],
    ['that is nested beyond any stack', nested(1_000_000)],
    ['that opens and never closes', '['.repeat(1_000_000)],
    ['with the same key twice', body(',"model":"m"')],
    ['with the same key in two spellings', body(',"mod\\u0065l":"m"')],
    ['with the same key twice, deep inside', body(',"x":[{"y":[{"z":1,"z":1}]}]')],
    ['with NaN in it', body(',"temperature":NaN')],
    ['with a comment in it', body('/* hi */')],
    ['with a comma too many', body(',')],
  ])('%s: 400 invalid_json', async (_name, bytes) => {
    expectError(await askBody(gateway, bytes), { status: 400, code: 'invalid_json' })
    await expectNothingDone()
  })

  test('nested as deeply as allowed, with keys that only look alike, is accepted', async () => {
    const answer = await askBody(
      gateway,
      body(`,"x":${nested(jsonDepthMax - 1)},"y":{"x":1,"model":2},"z":"\\"x\\":1,\\\\"`),
    )
    expect(answer.status).toBe(200)
    await newEntries()
  })

  test('beyond the limit: 413, declared or not, and the client hears of it', async () => {
    const large = Buffer.alloc(requestBodyBytesMax + 1, ' ')
    for (const bytes of [large, new Blob([large]).stream()]) {
      const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.apiKey}` },
        body: bytes,
        duplex: 'half',
      } as RequestInit)
      expectError(
        { status: response.status, text: await response.text() },
        { status: 413, code: 'request_too_large' },
      )
    }
    await expectNothingDone()
  })

  test.each([
    ['too large', 413],
    ['of a stranger', 401],
  ])(
    '%s may be sent to its end: the connection is not reset under the error',
    async (_name, status) => {
      const key = status === 401 ? 'wrong' : gateway.apiKey
      const bytes = Buffer.alloc(requestBodyBytesMax + 1, ' ')
      const socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1')
      const failed = new Promise<Error>((resolve) => socket.on('error', resolve))
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
          `content-length: ${bytes.length}\r\n\r\n`,
      )
      const [head] = (await once(socket, 'data')) as [Buffer]
      expect(head.toString()).toContain(`HTTP/1.1 ${status}`)
      socket.end(bytes)
      const closed = once(socket, 'close').then(() => 'closed')
      expect(await Promise.race([failed, closed])).toBe('closed')
      await expectNothingDone()
    },
  )

  test('endless is not read on and on', async () => {
    const socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST /v1/nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n')
    const piece = Buffer.alloc(1024 * 1024, ' ')
    let sentBytes = 0
    const pump = () => {
      do {
        socket.write(`${piece.length.toString(16)}\r\n`)
        sentBytes += piece.length
      } while (socket.write(piece) && socket.write('\r\n'))
      socket.write('\r\n')
    }
    socket.on('drain', pump)
    pump()
    await new Promise((resolve) => socket.on('close', resolve))
    expect(sentBytes).toBeGreaterThan(discardedBodyBytesMax)
  })

  test('just within the limit is read', async () => {
    const padding = ' '.repeat(requestBodyBytesMax - body('').length)
    expect(await askBody(gateway, body('') + padding)).toMatchObject({ status: 200 })
    await newEntries()
  })

  test('far beyond the limit: the openai client is told too', async () => {
    const openai = new OpenAI({
      baseURL: `${gateway.origin}/v1`,
      apiKey: gateway.apiKey,
      maxRetries: 0,
    })
    const content = 'x'.repeat(4 * requestBodyBytesMax)
    const asked = openai.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content }],
    })
    await expect(asked).rejects.toMatchObject({ status: 413, code: 'request_too_large' })
    await expectNothingDone()
  })
})

describe('a field', () => {
  const required = { code: 'missing_required_parameter' }
  const type = { code: 'invalid_type' }
  const value = { code: 'invalid_value' }

  test.each<[Record<string, unknown>, string, { readonly code: string }]>([
    [{ model: undefined }, 'model', required],
    [{ model: null }, 'model', type],
    [{ model: 7 }, 'model', type],
    [{ model: '' }, 'model', type],
    [{ model: 'm'.repeat(257) }, 'model', type],
    [{ messages: undefined }, 'messages', required],
    [{ messages: 'hello' }, 'messages', type],
    [{ messages: {} }, 'messages', type],
    [{ messages: [] }, 'messages', value],
    [{ messages: ['hello'] }, 'messages[0]', type],
    [{ messages: [null] }, 'messages[0]', type],
    [{ messages: [{ content: 'x' }] }, 'messages[0].role', type],
    [{ messages: [...askedMessages, { role: 'user', content: 7 }] }, 'messages[1].content', type],
    [{ messages: [{ role: 'user', content: {} }] }, 'messages[0].content', type],
    [{ messages: [{ role: 'user', content: ['x'] }] }, 'messages[0].content', type],
    [{ stream: 'yes' }, 'stream', type],
    [{ stream: 1 }, 'stream', type],
    [{ stream_options: true, stream: true }, 'stream_options', type],
    [{ stream_options: {} }, 'stream_options', value],
    [{ stream_options: { include_usage: 1 }, stream: true }, 'stream_options.include_usage', type],
    [{ n: 0 }, 'n', value],
    [{ n: -1 }, 'n', value],
    [{ n: 1.5 }, 'n', value],
    [{ n: '2' }, 'n', type],
    [{ n: choicesMax + 1 }, 'n', value],
    [{ n: 1e300 }, 'n', value],
    ...['max_tokens', 'max_completion_tokens'].flatMap(
      (name): [Record<string, unknown>, string, { readonly code: string }][] => [
        [{ [name]: 0 }, name, value],
        [{ [name]: -1 }, name, value],
        [{ [name]: 0.5 }, name, value],
        [{ [name]: 2 ** 31 }, name, value],
        [{ [name]: 1e300 }, name, value],
        [{ [name]: '50' }, name, type],
        [{ [name]: [50] }, name, type],
        [{ [name]: true }, name, type],
      ],
    ),
    [{ max_tokens: 1025 }, 'max_tokens', value],
    [{ max_completion_tokens: 1025 }, 'max_completion_tokens', value],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 'max_tokens', value],
    [{ temperature: -0.1 }, 'temperature', value],
    [{ temperature: 2.1 }, 'temperature', value],
    [{ temperature: 'hot' }, 'temperature', type],
    [{ top_p: 1.1 }, 'top_p', value],
    [{ presence_penalty: -3 }, 'presence_penalty', value],
    [{ frequency_penalty: 3 }, 'frequency_penalty', value],
  ])('%o is refused and named', async (fields, param, { code }) => {
    expectError(await ask(gateway, fields), { status: 400, code, param })
    await expectNothingDone()
  })

  test('null stands for what was not said, as with OpenAI', async () => {
    const names = [
      'n',
      'max_tokens',
      'max_completion_tokens',
      'stream',
      'stream_options',
      'temperature',
    ]
    const answer = await ask(gateway, Object.fromEntries(names.map((name) => [name, null])))
    expect(answer).toMatchObject({ status: 200, content: 'Hello there!' })
    await newEntries()
  })

  test('a model nobody serves: 404 that names it, without what a terminal would obey', async () => {
    const answer = await ask(gateway, { model: 'no\u001b[31m\nmodel' })
    expectError(answer, { status: 404, code: 'model_not_found', param: 'model' })
    expect(answer.error?.['message']).toContain("'no?[31m?model'")
    expect(gateway.logText()).not.toContain('[31m')
    await expectNothingDone()
  })
})

describe('a prompt beyond the context', () => {
  test('is refused by whoever counts its tokens, and told with the figure', async () => {
    upstream.become((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end('{"error":{"code":"context_length_exceeded","message":"too long"}}')
    })
    const openai = new OpenAI({ baseURL: `${gateway.origin}/v1`, apiKey: gateway.apiKey })
    const content = 'x '.repeat(20_000)
    const asked = openai.chat.completions.create({
      model: 'm',
      messages: [{ role: 'user', content }],
    })
    const error = await asked.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ code: 'context_length_exceeded', param: 'messages' })
    expect(String(error)).toContain('4096')
    expect((await newEntries()).chargedAmount).toBe(0n)
  })
})

describe('a route', () => {
  const headers = () => ({ authorization: `Bearer ${gateway.apiKey}` })

  test.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v2/chat/completions'],
    ['POST', '/v1/chat/completion'],
    ['POST', '/v1/chat/completions/'],
    ['POST', '/v1/files'],
    ['GET', '/v1/receipts'],
    ['GET', '/v1/receipts/a/b'],
    ['GET', '/%00'],
    ['GET', '/%ff'],
    ['GET', '//v1/models'],
    ['GET', '/v1/models/../../etc/passwd'],
    ['OPTIONS', '/nowhere'],
  ])('%s %s is unknown: 404, never 5xx', async (method, path) => {
    const answer = await rawRequest(gateway, `${method} ${path} HTTP/1.1\r\n`)
    expectError(answer, { status: 404, code: 'unknown_url' })
    await expectNothingDone()
  })

  test.each([
    ['/chat/completions', '/v1/chat/completions'],
    ['/v1/v1/chat/completions', '/v1/chat/completions'],
    ['/v1/v1/models/m', '/v1/models/m'],
  ])(
    '%s is a base URL without /v1, or with two: the route that was meant is named',
    async (path, meant) => {
      const answer = await rawRequest(gateway, `POST ${path} HTTP/1.1\r\n`)
      expectError(answer, { status: 404, code: 'unknown_url' })
      expect(answer.text).toContain(`The route is ${meant}:`)
      await expectNothingDone()
    },
  )

  test.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/models/m', 'GET'],
    ['PUT', '/v1/billing/vouchers', 'POST'],
    ['PATCH', '/health/live', 'GET'],
  ])('%s %s is another method: 405 that names the right one', async (method, path, allowed) => {
    const response = await fetch(`${gateway.origin}${path}`, { method, headers: headers() })
    expectError(
      { status: response.status, text: await response.text() },
      { status: 405, code: 'method_not_allowed' },
    )
    expect(response.headers.get('allow')).toBe(allowed)
  })

  test('an error without a body keeps the connection', async () => {
    const socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1')
    for (const status of [404, 401]) {
      const path = status === 404 ? '/nowhere' : '/v1/key'
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(answer.toString()).toContain(`HTTP/1.1 ${status}`)
    }
    socket.destroy()
  })

  test('a receipt that is none, or of nobody here: 404', async () => {
    for (const id of ['x', '0x12', `0x${'00'.repeat(32)}`, '%00', '%ff', '..%2f..']) {
      const response = await fetch(`${gateway.origin}/v1/receipts/${id}`, { headers: headers() })
      expectError(
        { status: response.status, text: await response.text() },
        { status: 404, code: 'receipt_not_found', param: 'id' },
      )
    }
  })
})

describe('bytes that are no request', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
    ],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
    ],
    ['a negative length', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400],
    ['headers without an end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}`, 431],
  ])('%s: an error in the same shape', async (_name, bytes, status) => {
    const answer = await rawBytes(gateway, bytes)
    expect(answer.status).toBe(status)
    await expectNothingDone()
  })

  test('a body in broken chunks: 400, and nothing done', async () => {
    const answer = await rawBytes(
      gateway,
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.apiKey}\r\n` +
        'transfer-encoding: chunked\r\n\r\n5\r\n{"mod\r\nzz\r\n',
    )
    expect(answer.status).toBe(400)
    await expectNothingDone()
  })
})

const rawRequest = (to: TestGateway, line: string) =>
  rawBytes(
    to,
    `${line}host: x\r\nconnection: close\r\nauthorization: Bearer ${to.apiKey}\r\ncontent-length: 0\r\n\r\n`,
  )

/** Sends bytes as they are and reads until the gateway closes. */
async function rawBytes({ origin }: TestGateway, bytes: string) {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.write(bytes, 'latin1')
  const chunks = await Array.fromAsync(socket as AsyncIterable<Buffer>)
  const answer = Buffer.concat(chunks).toString()
  const text = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  expect(answer).toContain('content-type: application/json')
  return { status: Number(answer.slice(9, 12)), text }
}
