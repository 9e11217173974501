/*
 * Faults after the first word of a stream has reached its caller: the error comes in band, no [DONE] follows, and nobody
 * else is asked, whose words would come twice. docs/faults.md lists them.
 */
import { afterAll, expect, test } from 'vitest'
import { sseEventBytesMax } from '../../src/base/limits.ts'
import { spiltKey, startFaultPlace } from '../support/fault-place.ts'
import {
  answerBytes,
  chunk,
  roleEvent as role,
  type Script,
  sse,
  sseDone,
  startSse,
  stopEvent as stop,
  streamBytes,
  usageEvent as usage,
  wordEvent as word,
} from '../support/scripted-upstream.ts'

const place = await startFaultPlace()
afterAll(place.stop)

const begun = [role, word]

const brokenOff = (script: Script, code: string) => place.expectBrokenOff(script, code)

test('a stream cut after its first word is told as cut', () =>
  brokenOff(streamBytes(begun, 'cut'), 'upstream_stream_interrupted'))

test('a stream whose connection is reset is told as cut', () =>
  brokenOff((_request, response) => {
    startSse(response)
    response.write(role + word, () => setImmediate(() => response.socket?.resetAndDestroy()))
  }, 'upstream_stream_interrupted'))

test('a stream that ends without a finish reason and without [DONE] is told as cut', () =>
  brokenOff(streamBytes(begun), 'upstream_stream_interrupted'))

test('a stream that ends after its usage, but without a finish reason, is told as cut', () =>
  brokenOff(streamBytes([...begun, usage]), 'upstream_stream_interrupted'))

test('a stream that ends in the middle of an event is told as cut', () =>
  brokenOff(streamBytes([...begun, stop.slice(0, 40)]), 'upstream_stream_interrupted'))

test('a stream of HTTP/1.0 that ends before its finish reason is told as cut', () =>
  brokenOff(
    answerBytes(`HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${role}${word}`),
    'upstream_stream_interrupted',
  ))

test('a chunk size that breaks in the middle is told as an unusable answer', () =>
  brokenOff((_request, response) => {
    startSse(response)
    response.write(role + word, () => {
      setImmediate(() => response.socket?.end('not a size\r\n'))
    })
  }, 'upstream_bad_response'))

test('malformed JSON after a word never reaches the caller', async () => {
  const broken = `data: {"choices":[{"delta":{"content":"${spiltKey}\n\n`
  const answer = await brokenOff(
    streamBytes([...begun, broken, word], 'hang'),
    'upstream_bad_response',
  )
  for (const event of answer.events) expect(() => JSON.parse(event)).not.toThrow()
})

test('JSON of another kind after a word is told as an unusable answer', () =>
  brokenOff(streamBytes([...begun, sse(['no', 'chunk'])], 'hang'), 'upstream_bad_response'))

test('an error in band after a word is told as ours, without its words', () =>
  brokenOff(
    streamBytes([...begun, sse({ error: { message: spiltKey, code: 'x' } }), sseDone], 'hang'),
    'upstream_unavailable',
  ))

test('an error in band that is only text is told as ours, without its words', () =>
  brokenOff(streamBytes([...begun, sse({ error: spiltKey })], 'hang'), 'upstream_unavailable'))

test('a named error event after a word is told as ours', () =>
  brokenOff(
    streamBytes([...begun, `event: error\n${sse({ error: { message: spiltKey } })}`], 'hang'),
    'upstream_unavailable',
  ))

test('a word for a choice that nobody asked for is told as an unusable answer', () =>
  brokenOff(
    streamBytes([...begun, sse(chunk({ content: spiltKey }, null, 7))], 'hang'),
    'upstream_bad_response',
  ))

test('an event that grows beyond its bound is told as an unusable answer', () =>
  brokenOff(
    streamBytes([...begun, `data: "${'x'.repeat(sseEventBytesMax)}`], 'hang'),
    'upstream_bad_response',
  ))

test('a whole event beyond its bound is told as an unusable answer', () =>
  brokenOff(
    streamBytes([...begun, sse(chunk({ content: 'x'.repeat(sseEventBytesMax) }))], 'hang'),
    'upstream_bad_response',
  ))
