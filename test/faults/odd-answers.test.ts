/*
 * Answers that are odd and whole: their callers get them as OpenAI would have sent them, and they are paid for once.
 * docs/faults.md lists them.
 */
import { afterAll, expect, test } from 'vitest'
import type { Answer } from '../support/ask.ts'
import { startFaultPlace, streamed, unary } from '../support/fault-place.ts'
import {
  answerBytes,
  answerStatus,
  chunk,
  completion,
  roleEvent as role,
  type Script,
  sse,
  sseDone,
  startSse,
  stopEvent as stop,
  streamBytes,
  usageEvent as usage,
  usageObject,
  wordEvent as word,
} from '../support/scripted-upstream.ts'

const place = await startFaultPlace()
afterAll(place.stop)

const events = [role, word, stop, usage, sseDone]
const stream = events.join('')
const whole = JSON.stringify(completion('word '))
const type = 'content-type: text/event-stream\r\n'

/** Both with usage asked for and without. */
const usageAsked = { ...streamed, stream_options: { include_usage: true } }
const streamedWhole = (script: Script, content = 'word '): Promise<readonly Answer[]> =>
  place.expectWhole(script, content, [streamed, usageAsked])

/** Of an answer whose caller asked for usage: one report, in the last event before [DONE], which has no choices. */
function reportIn({ events: told }: Answer): unknown {
  const chunks = told.slice(0, -1).map((event) => JSON.parse(event))
  const last = chunks.at(-1)
  expect(last.choices).toEqual([])
  expect(chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(1)
  expect(chunks.slice(0, -1).every((event) => event.usage == null)).toBe(true)
  return last.usage
}

// The framing of a stream.

test('lines that end in CRLF come out as LF', () =>
  streamedWhole(streamBytes([stream.replaceAll('\n', '\r\n')])))

test('lines that end in CR come out as LF', () =>
  streamedWhole(streamBytes([stream.replaceAll('\n', '\r')])))

test('line ends may change from event to event', () => {
  const [crlf, cr] = [stop.replaceAll('\n', '\r\n'), usage.replaceAll('\n', '\r')]
  return streamedWhole(streamBytes([role, word, crlf, cr, sseDone]))
})

test('comments and keep-alives never come out as data', async () => {
  const keptAlive = [': keep-alive\n\n', role, ':\n', word, ': OPENROUTER PROCESSING\n\n', stop]
  for (const { text } of await streamedWhole(streamBytes([...keptAlive, usage, sseDone]))) {
    expect(text).not.toMatch(/keep-alive|PROCESSING/)
  }
})

test('other fields of an event are left out', () =>
  streamedWhole(streamBytes([`event: message\nid: 7\nretry: 10\n${stream}`])))

test('events without data say nothing', async () => {
  const empty = [
    '\n\n',
    'data:\n\n',
    role,
    '\n',
    'data: \n\n',
    word,
    'data\ndata\n\n',
    stop,
    usage,
    sseDone,
  ]
  for (const { text } of await streamedWhole(streamBytes(empty))) {
    expect(text).not.toMatch(/^data:? *$/m)
  }
})

test('a data field without its space, and white space behind it, are read', () =>
  streamedWhole(streamBytes(events.map((event) => `data:${event.slice(6, -2)} \t\n\n`))))

test('JSON over several data lines is one event', () => {
  const cut = word.replace('"choices":', '\ndata: "choices"\ndata: :')
  return streamedWhole(streamBytes([role, cut, stop, usage, sseDone]))
})

test('a byte order mark before the first event is no part of it', () =>
  streamedWhole(streamBytes(['\ufeff', word, stop, usage, sseDone])))

test('characters split over packets come out whole', async () => {
  const euro = Buffer.from(sse(chunk({ content: '€ 💶 ' })))
  const at = euro.indexOf(0x82)
  const pieces = [role, euro.subarray(0, at), euro.subarray(at), stop, usage, sseDone]
  await streamedWhole(streamBytes(pieces), '€ 💶 ')
})

test('packets of one byte each come out as events', () => {
  const euro = sse(chunk({ content: '€ 💶 ' }))
  const bytes = Buffer.from([role, euro, stop, usage, sseDone].join(''))
  return streamedWhole(streamBytes([...bytes].map((byte) => Buffer.from([byte]))), '€ 💶 ')
})

test('a stream in one packet comes out as events', () => streamedWhole(streamBytes([stream])))

// The end of a stream.

test('a finish reason without [DONE] is an end', async () => {
  await streamedWhole(streamBytes([role, word, stop, usage]))
  await streamedWhole(streamBytes([role, word, stop]))
})

test('a finish reason twice is one end', () =>
  streamedWhole(streamBytes([role, word, stop, stop, usage, sseDone])))

test('[DONE] without its blank line is an end', async () => {
  for (const end of ['data: [DONE]', 'data: [DONE]\n']) {
    await streamedWhole(streamBytes([role, word, stop, usage, end]))
  }
})

test('[DONE] with white space is an end', () =>
  streamedWhole(streamBytes([role, word, stop, usage, 'data:  [DONE] \n\n'])))

test('[DONE] twice comes out once', async () => {
  for (const { text } of await streamedWhole(streamBytes([...events, sseDone, sseDone]))) {
    expect(text.match(/\[DONE\]/g)).toHaveLength(1)
  }
})

test('whatever comes after [DONE] does not come out', async () => {
  for (const { text } of await streamedWhole(
    streamBytes([...events, word, 'data: {nonsense\n\n']),
  )) {
    expect(text).not.toContain('nonsense')
  }
})

test('an upstream that goes on after [DONE] is left', async () => {
  let left: Promise<void> | undefined
  await streamedWhole(async (request, response) => {
    left = request.left
    startSse(response)
    response.on('error', () => {})
    response.write(stream)
    const talk = setInterval(() => response.write(word), 1)
    await request.left
    clearInterval(talk)
  })
  await left
})

test('half a character in the arguments of a tool is hashed, priced and passed on', async () => {
  const called = { name: 'f', arguments: '\ud83d' }
  const call = { index: 0, id: 'c', type: 'function', function: called }
  const calls = sse(chunk({ tool_calls: [call] }))
  const script = streamBytes([role, calls, sse(chunk({}, 'tool_calls')), usage, sseDone])
  const [answer] = await place.expectWhole(script, '', [streamed])
  expect(answer?.text).toContain('\\ud83d')
})

test('white space at the end is nothing', async () => {
  await streamedWhole(streamBytes([...events, '\n\n  \r\n\t\n']))
  await place.expectWhole(answerStatus(200, `${whole}\r\n \n`), 'word ', [unary])
})

// Usage.

test('usage on every chunk is told once, at the end, and charged once', async () => {
  const reporting = (text: Record<string, unknown>, count: number, finish: string | null = null) =>
    sse({ ...chunk(text, finish), usage: usageObject(5, count) })
  const script = streamBytes([
    reporting({ role: 'assistant', content: '' }, 0),
    reporting({ content: 'word ' }, 1),
    reporting({}, 1, 'stop'),
    sseDone,
  ])
  const [silent, told] = await streamedWhole(script)
  expect(silent?.text).not.toContain('usage')
  expect(told && reportIn(told)).toMatchObject(usageObject(5, 1))
})

test('usage on the chunk with the finish reason is told at the end', async () => {
  const finish = sse({ ...chunk({}, 'stop'), usage: usageObject(5, 1) })
  const [silent, told] = await streamedWhole(streamBytes([role, word, finish, sseDone]))
  expect(silent?.text).not.toContain('usage')
  expect(told && reportIn(told)).toMatchObject(usageObject(5, 1))
})

test('usage that is missing is counted, told, and marked as counted in the receipt', async () => {
  const script = streamBytes([role, word, stop, sseDone])
  const answer = await place.askAlone(script, usageAsked)
  expect(reportIn(answer)).toMatchObject({ completion_tokens: 2 })
  const { receipts } = await place.newEntries()
  expect(receipts.map((receipt) => receipt.usage.source)).toEqual(['counted'])
})

// The connection.

test('a body of HTTP/1.0 that ends with its connection is whole', async () => {
  await place.expectWhole(
    answerBytes(`HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${whole}`),
    'word ',
    [unary],
  )
  await streamedWhole(answerBytes(`HTTP/1.0 200 OK\r\n${type}\r\n${stream}`))
})

test('103 Early Hints are no answer yet', () =>
  streamedWhole(
    answerBytes(
      'HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${type}connection: close\r\n\r\n${stream}`,
    ),
  ))

test('chunk extensions and trailers are no part of the answer', () =>
  streamedWhole(
    answerBytes(
      `HTTP/1.1 200 OK\r\n${type}transfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n`,
      `${stream.length.toString(16)};name="value"\r\n${stream}\r\n0\r\nx-sum: 1\r\n\r\n`,
    ),
  ))

test('a content type in capitals and with parameters is the same type', async () => {
  const answer = (kind: string, body: string) =>
    answerBytes(
      `HTTP/1.1 200 OK\r\nContent-Type: ${kind}; Charset=UTF-8\r\nconnection: close\r\n\r\n${body}`,
    )
  await place.expectWhole(answer('Application/JSON', whole), 'word ', [unary])
  await streamedWhole(answer('Text/Event-Stream', stream))
})

test('content-encoding identity is no encoding', () =>
  place.expectWhole(answerStatus(200, whole, { 'content-encoding': 'identity' }), 'word ', [unary]))
