/*
 * Faults before an answer began, each tried for an answer in one piece and for a stream, by itself and with another
 * contributor to take over. docs/faults.md lists them.
 */
import { afterAll, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { followBooks } from '../support/books.ts'
import {
  spillingError as error,
  type FaultPlace,
  interrupted,
  rejected,
  spiltKey,
  startFaultPlace,
  streamed,
  type Told,
  unary,
  unavailable,
  unreachable,
  unusable,
} from '../support/fault-place.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'
import {
  answerBytes,
  answerStatus,
  completion,
  type Script,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

const place = await startFaultPlace()
afterAll(place.stop)

const refused = (script: Script, told: Told, ways?: Parameters<FaultPlace['expectRefused']>[2]) =>
  place.expectRefused(script, told, ways)

const credentials: Told = { status: 502, code: 'upstream_credentials_exhausted' }
const limited: Told = { status: 429, code: 'capacity_exhausted', reason: 'upstream_rate_limited' }
const html = { 'content-type': 'text/html' }
const head = 'HTTP/1.1 200 OK\r\ncontent-type: CONTENT-TYPE\r\n'
const whole = JSON.stringify(completion('word '))

// The connection.

test('a connection that is refused is an upstream that could not be reached', async () => {
  const closed = await startScriptedUpstream()
  await closed.close()
  const gateway = await startGatewayOnLedger({ upstreams: [{ id: 'c', baseUrl: closed.baseUrl }] })
  const newEntries = followBooks(gateway)
  for (const asked of [unary, streamed]) {
    const { status, code } = unreachable
    expect(await ask(gateway, asked)).toMatchObject({ status, error: { code } })
    const { chargedAmount, receipts, log } = await newEntries()
    expect({ chargedAmount, receipts }).toEqual({ chargedAmount: 0n, receipts: [] })
    expect(log).toMatchObject([{ reason: code }])
  }
  await gateway.stop()
})

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
  for (const end of ['content-length: 0', 'connection: close']) {
    const nothing = answerBytes(`${head}${end}\r\n\r\n`)
    await refused(nothing, unusable, [unary])
    await refused(nothing, interrupted, [streamed])
  }
})

test('100 Continue, which nobody asked for, is read over', async () => {
  // RFC 9110, section 15.2.
  const script = answerBytes('HTTP/1.1 100 Continue\r\n\r\n', `${head}\r\n${whole}`)
  await place.expectWhole(script, 'word ', [unary])
})

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
  for (const seconds of ['12', '0']) {
    const answers = await refused(answerStatus(429, error(), { 'retry-after': seconds }), limited)
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual([seconds, seconds])
  }
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

test('429 with a Retry-After that is none is told with a few seconds', async () => {
  for (const words of ['soon', '-3']) {
    const answers = await refused(answerStatus(429, error(), { 'retry-after': words }), limited)
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['5', '5'])
  }
})

test('429 with a Retry-After of days is told with minutes', async () => {
  const answers = await refused(answerStatus(429, error(), { 'retry-after': '604800' }), limited)
  expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['300', '300'])
})

// What is the caller's own mistake is told to the caller, and tried nowhere else.

/** The same trouble in the words of OpenAI, of vLLM, of newer ones and of llama.cpp. */
const tooLong = [
  { error: { code: 'context_length_exceeded', message: spiltKey } },
  {
    object: 'error',
    message: `This model's maximum context length is 4096 tokens. ${spiltKey}`,
    type: 'BadRequestError',
    code: 400,
  },
  {
    error: {
      message: `This model's maximum context length is 4096 tokens. ${spiltKey}`,
      type: 'BadRequestError',
      param: 'input_tokens',
      code: 400,
    },
  },
  {
    error: {
      code: 400,
      message: `the request exceeds the available context size ${spiltKey}`,
      type: 'exceed_context_size_error',
      n_ctx: 4096,
    },
  },
]

test('400 context_length_exceeded is told with our figure and tried nowhere else', async () => {
  const told = { ...rejected, code: 'context_length_exceeded' }
  for (const body of tooLong) {
    for (const answer of await refused(answerStatus(400, JSON.stringify(body)), told)) {
      expect(answer.error).toMatchObject({ param: 'messages', type: 'invalid_request_error' })
      expect(answer.error?.['message']).toContain('maximum context length is 4096 tokens')
    }
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

test('400 for any other reason is told as a rejected request', async () => {
  for (const body of [{ error: { code: spiltKey } }, { error: spiltKey }, null]) {
    await refused(answerStatus(400, JSON.stringify(body)), rejected)
  }
})
