/*
 * Answers with status 200 that are none, as a whole or in their first event, each with another contributor to take over.
 * docs/faults.md lists them.
 */
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { sseEventBytesMax, upstreamBodyBytesMax } from '../../src/base/limits.ts'
import {
  spillingError as error,
  type FaultPlace,
  interrupted,
  spiltKey,
  startFaultPlace,
  streamed,
  type Told,
  unary,
  unavailable,
  unusable,
} from '../support/fault-place.ts'
import {
  answerStatus,
  chunk,
  completion,
  roleEvent as role,
  type Script,
  sse,
  sseDone,
  streamBytes,
  typeAsked,
  wordEvent as word,
} from '../support/scripted-upstream.ts'

const place = await startFaultPlace()
afterAll(place.stop)

const refused = (script: Script, told: Told, ways?: Parameters<FaultPlace['expectRefused']>[2]) =>
  place.expectRefused(script, told, ways)

const html = { 'content-type': 'text/html' }
const whole = JSON.stringify(completion('word '))

// Bodies that are no answer.

test('HTML with status 200 is an unusable answer', () =>
  refused(answerStatus(200, `<html>${spiltKey}</html>`, html), unusable))

test('another type of content, or none, is an unusable answer', async () => {
  for (const type of ['application/octet-stream', '', undefined]) {
    await refused((_request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type })
      response.end(`<html>${spiltKey}</html>`)
    }, unusable)
  }
})

test('JSON where a stream was asked for is an unusable answer', () =>
  refused(answerStatus(200, whole), unusable, [streamed]))

test('a stream where JSON was asked for is an unusable answer', () =>
  refused(streamBytes([role, word, sseDone]), unusable, [unary]))

test('an error with status 200 is an unusable answer', () =>
  refused(answerStatus(200, error()), unusable, [unary]))

const choice = (fields: Readonly<Record<string, unknown>> = {}) => ({
  index: 0,
  message: { role: 'assistant', content: spiltKey },
  finish_reason: 'stop',
  ...fields,
})
const answerOf = (...choices: readonly unknown[]): string =>
  JSON.stringify({ ...completion(''), choices })
const toolCalls = (...calls: readonly unknown[]) => choice({ message: { tool_calls: calls } })

test('what is no completion is an unusable answer', async () => {
  const bodies = [
    ...[`<html>${spiltKey}</html>`, '', answerOf(choice()).slice(0, -5), '[]', '7'],
    ...[answerOf(), JSON.stringify({ choices: spiltKey })],
    ...[answerOf(null), answerOf({ index: 0, text: spiltKey })],
    ...[answerOf(toolCalls(null)), answerOf(toolCalls(spiltKey))],
  ]
  for (const body of bodies) await refused(answerStatus(200, body), unusable, [unary])
})

test('choices that nobody asked for are an unusable answer', async () => {
  for (const index of [1, -1, 0.5]) {
    await refused(answerStatus(200, answerOf(choice({ index }))), unusable, [unary])
  }
  const two = answerOf(choice(), choice({ index: 1 }))
  await refused(answerStatus(200, two), unusable, [unary])
  await refused(answerStatus(200, answerOf(choice(), choice())), unusable, [{ n: 2 }])
})

test('an answer nested so deeply that it would take all memory is an unusable answer', async () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  for (const body of [
    `{"choices":[{"message":{}}],"x":${nested(2_000_000)}}`,
    `{"choices":[{"message":{"tool_calls":[{"x":${nested(50_000)}}]}}]}`,
  ]) {
    await refused(answerStatus(200, body), unusable, [unary])
  }
})

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

test('a stream that ends in the middle of its first event is a stream that was cut', async () => {
  await refused(streamBytes([word.slice(0, 30)]), interrupted, [streamed])
  await refused(streamBytes([role, word.slice(0, 20)]), interrupted, [streamed])
})

test('an error as the first event becomes a status', async () => {
  await refused(streamBytes([`data: ${error()}\n\n`, sseDone]), unavailable, [streamed])
  const named = `event: error\ndata: ${error()}\n\n`
  await refused(streamBytes([named], 'hang'), unavailable, [streamed])
})

test('an error after the role becomes a status', async () => {
  const named = `event: error\ndata: ${error()}\n\n`
  await refused(streamBytes([role, named], 'hang'), unavailable, [streamed])
  await refused(streamBytes([role, sse({ error: spiltKey })], 'hang'), unavailable, [streamed])
})

test('malformed JSON as the first event becomes a status', () =>
  refused(streamBytes([`data: {"choices":[${spiltKey}\n\n`, word], 'hang'), unusable, [streamed]))

test('JSON of another kind as the first event becomes a status', async () => {
  const vllmOnce = { object: 'error', message: spiltKey }
  const calls = [null, spiltKey].map((call) => chunk({ tool_calls: [call] }))
  for (const event of [[spiltKey], { text: spiltKey }, vllmOnce, ...calls]) {
    await refused(streamBytes([sse(event)], 'hang'), unusable, [streamed])
  }
})

test('a first event beyond its bound becomes a status', async () => {
  const large = 'x'.repeat(sseEventBytesMax)
  await refused(streamBytes([`data: "${large}`], 'hang'), unusable, [streamed])
  await refused(streamBytes([sse(chunk({ content: large }))], 'hang'), unusable, [streamed])
})

test('a first event for a choice that nobody asked for becomes a status', async () => {
  for (const index of [1, -1, 0.5]) {
    const event = sse(chunk({ content: spiltKey }, null, index))
    await refused(streamBytes([event], 'hang'), unusable, [streamed])
  }
})
