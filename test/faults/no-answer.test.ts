/*
 * Faults before an answer began, each tried for an answer in one piece and for a stream, by itself and with another
 * contributor to take over. docs/faults.md lists them.
 */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sseEventBytesMax, upstreamBodyBytesMax } from '../../src/base/limits.ts'
import {
  type FaultPlace,
  spiltKey,
  startFaultPlace,
  streamed,
  type Told,
  unary,
} from '../support/fault-place.ts'
import {
  answerBytes,
  answerStatus,
  chunk,
  completion,
  type Script,
  sse,
  sseDone,
  streamBytes,
  typeAsked,
} from '../support/scripted-upstream.ts'

let place: FaultPlace

beforeAll(async () => {
  place = await startFaultPlace()
})

afterAll(() => place.stop())

const refused = (script: Script, told: Told, ways?: Parameters<FaultPlace['expectRefused']>[2]) =>
  place.expectRefused(script, told, ways)

const unreachable: Told = { status: 502, code: 'upstream_connection_error' }
const interrupted: Told = { status: 502, code: 'upstream_stream_interrupted' }
const unusable: Told = { status: 502, code: 'upstream_bad_response' }
const unavailable: Told = { status: 503, code: 'upstream_unavailable' }
const credentials: Told = { status: 502, code: 'upstream_credentials_exhausted' }
const limited: Told = { status: 429, code: 'capacity_exhausted', reason: 'upstream_rate_limited' }
const rejected: Told = { status: 400, code: 'upstream_rejected', takenOver: false }

const error = (fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ error: { message: `Incorrect API key provided: ${spiltKey}`, ...fields } })
const html = { 'content-type': 'text/html' }
const role = sse(chunk({ role: 'assistant', content: '' }))
const word = sse(chunk({ content: 'word ' }))
const head = 'HTTP/1.1 200 OK\r\ncontent-type: CONTENT-TYPE\r\n'
const whole = JSON.stringify(completion('word '))

// The connection.

test('a connection that is closed without a word is an upstream that could not be reached', () =>
  refused((_request, response) => void response.socket?.destroy(), unreachable))

test('a connection that is reset is an upstream that could not be reached', () =>
  refused((_request, response) => void response.socket?.resetAndDestroy(), unreachable))

test('bytes that are not HTTP are an unusable answer', () =>
  refused(answerBytes(`${spiltKey}\r\n\r\n`), unusable))

test('a broken chunk size is an unusable answer', () =>
  refused(answerBytes(`${head}transfer-encoding: chunked\r\n\r\n${spiltKey}\r\n`), unusable))

test('headers beyond any size are an unusable answer', () =>
  refused(answerBytes(`${head}x-large: ${'x'.repeat(200_000)}\r\n\r\n${whole}`), unusable))

test('a body shorter than it declared is an answer cut short', () =>
  refused(answerBytes(`${head}content-length: 5000\r\n\r\n{"choices":[`), interrupted))

test('a whole answer cut in the middle of its chunks is an answer cut short', () =>
  refused(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(whole.slice(0, 50), () => response.destroy())
    },
    interrupted,
    [unary],
  ))

test('headers and no body are an unusable answer, or a stream that was cut', async () => {
  const nothing = answerBytes(`${head}content-length: 0\r\n\r\n`)
  await refused(nothing, unusable, [unary])
  await refused(nothing, interrupted, [streamed])
})

test('100 Continue, which nobody asked for, ends the connection', () =>
  // RFC 9110 would have it read over (section 15.2); undici does not. Nobody was charged, and another one is asked.
  refused(answerBytes('HTTP/1.1 100 Continue\r\n\r\n', `${head}\r\n${whole}`), unreachable))

// Statuses. The caller's own statuses are never those of the gateway's account with the upstream.

test('401 with our key in its words is our trouble, and the key stays here', () =>
  refused(answerStatus(401, error({ code: 'invalid_api_key' })), credentials))

test('402 is our trouble', () => refused(answerStatus(402, error()), credentials))

test('403 is our trouble', () => refused(answerStatus(403, error()), credentials))

test('404 is the trouble of who offered the model', () =>
  refused(answerStatus(404, error({ code: 'model_not_found' })), unusable))

test('408 is an unusable answer', () => refused(answerStatus(408, error()), unusable))

test('409 is an unusable answer', () => refused(answerStatus(409, error()), unusable))

test('a redirect is not followed', async () => {
  const elsewhere = { location: 'http://127.0.0.1:1/elsewhere' }
  await refused(answerStatus(302, '', elsewhere), unusable)
  await refused(answerStatus(307, '', elsewhere), unusable)
  await refused(answerStatus(308, '', elsewhere), unusable)
})

test('success without an answer is an unusable answer', async () => {
  await refused(answerStatus(204, ''), unusable)
  await refused(answerStatus(206, whole), unusable)
})

test('500 with an error of OpenAI’s shape is a contributor that failed', () =>
  refused(answerStatus(500, error()), unavailable))

test('502 with HTML is a contributor that failed', () =>
  refused(answerStatus(502, `<html><h1>Bad Gateway</h1>${spiltKey}</html>`, html), unavailable))

test('503 with plain text is a contributor that failed', () =>
  refused(
    answerStatus(503, `overloaded ${spiltKey}`, { 'content-type': 'text/plain' }),
    unavailable,
  ))

test('504 with an empty body is a contributor that failed', () =>
  refused(answerStatus(504, ''), unavailable))

test('529, which is no registered status, is a contributor that failed', () =>
  refused(answerStatus(529, error({ type: 'overloaded_error' })), unavailable))

test('an error body without an end is not waited for', () =>
  refused((_request, response) => {
    response.writeHead(500, html)
    response.write(spiltKey)
  }, unavailable))

test('429 with Retry-After in seconds is told with its seconds', async () => {
  const answers = await refused(answerStatus(429, error(), { 'retry-after': '12' }), limited)
  expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['12', '12'])
})

test('429 with Retry-After as a date is told with the seconds until then', async () => {
  const dates = {
    date: 'Sun, 22 Nov 2026 07:00:00 GMT',
    'retry-after': 'Sun, 22 Nov 2026 07:00:42 GMT',
  }
  const answers = await refused(answerStatus(429, error(), dates), limited)
  expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['42', '42'])
})

test('429 without Retry-After is told with a few seconds', async () => {
  const answers = await refused(answerStatus(429, ''), limited)
  expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['5', '5'])
})

test('429 with a Retry-After of days is told with minutes', async () => {
  const answers = await refused(answerStatus(429, error(), { 'retry-after': '604800' }), limited)
  expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['300', '300'])
})

// What is the caller's own mistake is told to the caller, and tried nowhere else.

test('400 context_length_exceeded is told with our figure and tried nowhere else', async () => {
  const script = answerStatus(400, error({ code: 'context_length_exceeded' }))
  const told = { ...rejected, code: 'context_length_exceeded' }
  for (const answer of await refused(script, told)) {
    expect(answer.error?.['message']).toContain('maximum context length is 4096 tokens')
  }
})

test('400 content_policy_violation is told and tried nowhere else', () =>
  refused(answerStatus(400, error({ code: 'content_policy_violation' })), {
    ...rejected,
    code: 'content_policy_violation',
    reason: 'upstream_rejected',
  }))

test('413 is told as a rejected request', () => refused(answerStatus(413, ''), rejected))

test('422 with an error in another shape is told as a rejected request', () =>
  refused(answerStatus(422, JSON.stringify({ detail: [{ msg: spiltKey }] })), rejected))

// Bodies that are no answer.

test('HTML with status 200 is an unusable answer', () =>
  refused(answerStatus(200, `<html>${spiltKey}</html>`, html), unusable))

test('JSON where a stream was asked for is an unusable answer', () =>
  refused(answerStatus(200, whole), unusable, [streamed]))

test('a stream where JSON was asked for is an unusable answer', () =>
  refused(streamBytes([role, word, sseDone]), unusable, [unary]))

test('an error with status 200 is an unusable answer', () =>
  refused(answerStatus(200, error()), unusable, [unary]))

test('a body that was compressed although nobody asked for it is an unusable answer', () =>
  refused((request, response) => {
    expect(request.headers['accept-encoding']).toBe('identity')
    response.writeHead(200, { 'content-type': typeAsked(request), 'content-encoding': 'gzip' })
    response.end(gzipSync(request.json['stream'] === true ? role + word + sseDone : whole))
  }, unusable))

test('an answer larger than what may be kept is given up', () =>
  refused(
    (_request, response) => {
      response.on('error', () => {})
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(Buffer.alloc(upstreamBodyBytesMax + 1, ' '))
    },
    unusable,
    [unary],
  ))

// Streams that fail before their first content: nothing has been said, so it is as if they had not begun.

test('a stream cut after its role is a stream that was cut', () =>
  refused(streamBytes([role], 'cut'), interrupted, [streamed]))

test('a stream that ends after its role is a stream that was cut', () =>
  refused(streamBytes([role]), interrupted, [streamed]))

test('a stream that ends in the middle of its first event is a stream that was cut', () =>
  refused(streamBytes([word.slice(0, 30)]), interrupted, [streamed]))

test('an error as the first event becomes a status', () =>
  refused(streamBytes([`data: ${error()}\n\n`, sseDone]), unavailable, [streamed]))

test('an error after the role becomes a status', () =>
  refused(streamBytes([role, `event: error\ndata: ${error()}\n\n`], 'hang'), unavailable, [
    streamed,
  ]))

test('malformed JSON as the first event becomes a status', () =>
  refused(streamBytes([`data: {"choices":[${spiltKey}\n\n`, word], 'hang'), unusable, [streamed]))

test('a first event beyond its bound becomes a status', () =>
  refused(streamBytes([`data: "${'x'.repeat(sseEventBytesMax)}`], 'hang'), unusable, [streamed]))

test('a first event for a choice that nobody asked for becomes a status', () =>
  refused(streamBytes([sse(chunk({ content: spiltKey }, null, 1))], 'hang'), unusable, [streamed]))
