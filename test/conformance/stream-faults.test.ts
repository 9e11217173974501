/*
 * Each way in which a stream is known to fail or to be odd. Before its first content a failure is a status; after it, an
 * error event without [DONE]; what is merely odd reaches the client as OpenAI would have sent it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sseEventBytesMax } from '../../src/base/limits.ts'
import { ask } from '../support/ask.ts'
import {
  type FaultyGateway,
  upstreamSecret as secret,
  startFaultyGateway,
} from '../support/faulty-gateway.ts'
import {
  chunk,
  type Script,
  sse,
  sseDone,
  startSse,
  streamBytes,
  usageChunk,
  usageObject,
} from '../support/scripted-upstream.ts'

let faulty: FaultyGateway

beforeAll(async () => {
  faulty = await startFaultyGateway()
})

afterAll(() => faulty.stop())

const role = sse(chunk({ role: 'assistant', content: '' }))
const word = sse(chunk({ content: 'word ' }))
const stop = sse(chunk({}, 'stop'))
const usage = sse(usageChunk(usageObject(5, 1)))

describe('a stream that fails before its first content becomes a status', () => {
  test.each<[string, Script, number, string]>([
    ['is cut after the role', streamBytes([role], 'cut'), 502, 'upstream_stream_interrupted'],
    ['ends after the role', streamBytes([role]), 502, 'upstream_stream_interrupted'],
    [
      'ends in the middle of an event',
      streamBytes([role, word.slice(0, 20)]),
      502,
      'upstream_stream_interrupted',
    ],
    [
      'is not JSON',
      streamBytes([`data: {${secret}\n\n`, word], 'hang'),
      502,
      'upstream_bad_response',
    ],
    ['is JSON of another kind', streamBytes([sse([secret])], 'hang'), 502, 'upstream_bad_response'],
    ['has no choices', streamBytes([sse({ text: secret })], 'hang'), 502, 'upstream_bad_response'],
    [
      'begins with an error',
      streamBytes([sse({ error: { message: secret } })], 'hang'),
      503,
      'upstream_unavailable',
    ],
    [
      'begins with a named error',
      streamBytes([`event: error\n${sse({ error: { message: secret } })}`], 'hang'),
      503,
      'upstream_unavailable',
    ],
    [
      'begins with an error after the role',
      streamBytes([role, sse({ error: secret })], 'hang'),
      503,
      'upstream_unavailable',
    ],
    [
      "begins with vLLM's older error",
      streamBytes([sse({ object: 'error', message: secret })], 'hang'),
      502,
      'upstream_bad_response',
    ],
    [
      'answers for a choice nobody asked for',
      streamBytes([sse(chunk({ content: secret }, null, 1))], 'hang'),
      502,
      'upstream_bad_response',
    ],
    [
      'answers for a negative choice',
      streamBytes([sse(chunk({ content: secret }, null, -1))], 'hang'),
      502,
      'upstream_bad_response',
    ],
    [
      'answers for half a choice',
      streamBytes([sse(chunk({ content: secret }, null, 0.5))], 'hang'),
      502,
      'upstream_bad_response',
    ],
    [
      'calls a tool that is null',
      streamBytes([sse(chunk({ tool_calls: [null] }))], 'hang'),
      502,
      'upstream_bad_response',
    ],
    [
      'calls a tool that is text',
      streamBytes([sse(chunk({ tool_calls: [secret] }))], 'hang'),
      502,
      'upstream_bad_response',
    ],
    [
      'sends an event beyond its bound',
      streamBytes([`data: "${'x'.repeat(sseEventBytesMax)}`], 'hang'),
      502,
      'upstream_bad_response',
    ],
    [
      'sends a whole event beyond its bound',
      streamBytes([sse(chunk({ content: 'x'.repeat(sseEventBytesMax) }))], 'hang'),
      502,
      'upstream_bad_response',
    ],
  ])('%s', async (_name, script, status, code) => {
    faulty.upstream.become(script)
    await faulty.expectRefused({ stream: true }, { status, code })
  })
})

describe('a stream that fails after its first content ends with an error event and no [DONE]', () => {
  test.each<[string, Script, string]>([
    ['is cut', streamBytes([role, word], 'cut'), 'upstream_stream_interrupted'],
    ['ends without a finish reason', streamBytes([role, word]), 'upstream_stream_interrupted'],
    [
      'ends in the middle of an event',
      streamBytes([role, word, stop.slice(0, 20)]),
      'upstream_stream_interrupted',
    ],
    [
      'is not JSON',
      streamBytes([role, word, `data: {${secret}\n\n`], 'hang'),
      'upstream_bad_response',
    ],
    [
      'reports an error',
      streamBytes([role, word, sse({ error: { message: secret } })], 'hang'),
      'upstream_unavailable',
    ],
    [
      'answers for another choice',
      streamBytes([role, word, sse(chunk({ content: secret }, null, 3))], 'hang'),
      'upstream_bad_response',
    ],
    [
      'sends an event beyond its bound',
      streamBytes([role, word, `data: "${'x'.repeat(sseEventBytesMax)}`], 'hang'),
      'upstream_bad_response',
    ],
  ])('%s', async (_name, script, code) => {
    faulty.upstream.become(script)
    const answer = await ask(faulty.gateway, { stream: true })
    expect(answer).toMatchObject({ status: 200, content: 'word ', done: false, error: { code } })
    expect(answer.events).toHaveLength(3)
    await faulty.expectUncharged(answer, code)
  })
})

describe('a stream that is odd but whole reaches the client as OpenAI would send it', () => {
  const euro = Buffer.from(sse(chunk({ content: '€ 💶 ' })))
  const bytesOf = (...events: readonly (string | Buffer)[]): Buffer[] =>
    [...Buffer.concat(events.map((event) => Buffer.from(event)))].map((byte) => Buffer.from([byte]))
  const crlf = (...events: readonly string[]) => events.join('').replaceAll('\n', '\r\n')
  const cr = (...events: readonly string[]) => events.join('').replaceAll('\n', '\r')
  const whole = { status: 200, content: 'word ', done: true, error: undefined }

  test.each<[string, Script, Record<string, unknown>]>([
    ['lines end in CRLF', streamBytes([crlf(role, word, stop, usage, sseDone)]), whole],
    ['lines end in CR', streamBytes([cr(role, word, stop, usage, sseDone)]), whole],
    ['a mixture of both', streamBytes([crlf(role), word, cr(stop), crlf(usage), sseDone]), whole],
    [
      'comments between',
      streamBytes([': hi\n\n', role, `: ${secret}\n`, word, ':\n\n', stop, usage, sseDone]),
      whole,
    ],
    [
      'other fields',
      streamBytes([`event: message\nid: 7\nretry: 1\n${role}`, word, stop, usage, sseDone]),
      whole,
    ],
    [
      'no space after the colon',
      streamBytes(
        [role, word, stop, usage]
          .map((event) => event.replace('data: ', 'data:'))
          .concat('data:[DONE]\n\n'),
      ),
      whole,
    ],
    [
      'blank lines between',
      streamBytes(['\n\n', role, '\n', word, '\n\n\n', stop, usage, sseDone]),
      whole,
    ],
    [
      'JSON over several data lines',
      streamBytes([
        role,
        word.replace('"choices":', '\ndata: "choices"\ndata: :'),
        stop,
        usage,
        sseDone,
      ]),
      whole,
    ],
    ['no [DONE], but a finish reason', streamBytes([role, word, stop, usage]), whole],
    ['no usage and no [DONE]', streamBytes([role, word, stop]), whole],
    [
      'a [DONE] without its blank line',
      streamBytes([role, word, stop, usage, 'data: [DONE]']),
      whole,
    ],
    [
      'a [DONE] with half a blank line',
      streamBytes([role, word, stop, usage, 'data: [DONE]\n']),
      whole,
    ],
    [
      'content after [DONE]',
      streamBytes([role, word, stop, usage, sseDone, word, sse(chunk({ content: secret }))]),
      whole,
    ],
    [
      'another finish after the finish',
      streamBytes([role, word, stop, stop, usage, sseDone]),
      whole,
    ],
    [
      'characters split over chunks',
      streamBytes([role, euro.subarray(0, -16), euro.subarray(-16), stop, usage, sseDone]),
      { ...whole, content: '€ 💶 ' },
    ],
    [
      'events split at every byte',
      streamBytes(bytesOf(role, euro, word, stop, usage, sseDone)),
      { ...whole, content: '€ 💶 word ' },
    ],
    ['everything at once', streamBytes([role + word + stop + usage + sseDone]), whole],
    ['no content at all', streamBytes([role, stop, usage, sseDone]), { ...whole, content: '' }],
  ])('%s', async (_name, script, expected) => {
    faulty.upstream.become(script)
    const answer = await ask(faulty.gateway, { stream: true })
    expect(answer).toMatchObject(expected)
    expect(answer.text).not.toContain(secret)
    expect(answer.text).not.toContain('\r')
    expect(answer.text).not.toContain('\ufffd')
    const { receipts } = await faulty.newEntries()
    expect(receipts).toHaveLength(1)
    expect(receipts[0]?.receipt.work.status).toBe(0)
    expect(BigInt(receipts[0]?.receipt.cost ?? 0n) > 0n).toBe(expected['content'] !== '')
  })

  test('a lone surrogate in tool arguments is still hashed, priced and answered', async () => {
    const call = {
      index: 0,
      id: 'c',
      type: 'function',
      function: { name: 'f', arguments: '\ud83d' },
    }
    faulty.upstream.become(
      streamBytes([
        role,
        sse(chunk({ tool_calls: [call] })),
        sse(chunk({}, 'tool_calls')),
        sseDone,
      ]),
    )
    const answer = await ask(faulty.gateway, { stream: true })
    expect(answer).toMatchObject({ status: 200, done: true })
    expect((await faulty.newEntries()).receipts).toHaveLength(1)
  })

  test('an upstream that goes on after [DONE] is left', async () => {
    faulty.upstream.become(async (request, response) => {
      startSse(response)
      response.on('error', () => {})
      response.write(role + word + stop + sseDone)
      const talk = setInterval(() => response.write(word), 1)
      await request.left
      clearInterval(talk)
    })
    const answer = await ask(faulty.gateway, { stream: true })
    expect(answer).toMatchObject(whole)
    await (await faulty.upstream.nextRequest()).left
    await faulty.newEntries()
  })
})
