/*
 * The events that the gateway reads out of a stream are those of the specification, read the slow and obvious way: all of
 * it at once, line by line (WHATWG HTML, section 9.2.6). However it is cut, ended, commented, or broken in its bytes.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readChatEvent } from '../../src/upstream/chat-events.ts'
import { SseReader } from '../../src/upstream/sse-reader.ts'
import { chunk } from '../support/scripted-upstream.ts'

/** What a reader makes of one event: its data, as far as the gateway looks into it. */
type Seen =
  | { readonly kind: 'chunk'; readonly json: unknown }
  | { readonly kind: 'done' | 'error' | 'malformed' }

function seenByGateway(pieces: readonly Buffer[]): Seen[] {
  const reader = new SseReader()
  const seen: Seen[] = []
  for (const piece of pieces) {
    reader.push(piece, (block) => {
      const event = readChatEvent(block)
      if (event.kind === 'chunk') {
        const text = event.bytes.toString()
        expect(text).toMatch(/^data: .*\n\n$/)
        seen.push({ kind: 'chunk', json: JSON.parse(text.slice(6)) })
      } else if (event.kind === 'done' || event.kind === 'error' || event.kind === 'malformed') {
        seen.push({ kind: event.kind })
      }
    })
  }
  return seen
}

/** The data of each event that the specification dispatches. */
function dispatched(bytes: Buffer): string[] {
  // `TextDecoder` leaves out a byte order mark, as the specification wants.
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)
  const events: string[] = []
  let data = ''
  // What stands behind the last line end is no line yet.
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      // An event of nothing but white space is left out: it says nothing, and clients fail at it.
      if (data.trim() !== '') events.push(data.replace(/\n$/, ''))
      data = ''
      continue
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') data += `${value}\n`
  }
  return events
}

function seenByDefinition(bytes: Buffer): Seen[] {
  return dispatched(bytes).map((data): Seen => {
    if (data.trim() === '[DONE]') return { kind: 'done' }
    const json = parsed(data)
    if (json === undefined) return { kind: 'malformed' }
    if (json['error'] !== undefined && json['error'] !== null) return { kind: 'error' }
    return Array.isArray(json['choices']) ? { kind: 'chunk', json } : { kind: 'malformed' }
  })
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const anyText = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed())
const anyChunk = anyText.map((content) => JSON.stringify(chunk({ content })))
/** JSON over several lines, each a data field. */
const spread = anyChunk.map((json) => json.replace(',"choices"', ',\ndata: "choices"'))
const anyData = fc.oneof(
  { weight: 4, arbitrary: anyChunk },
  { weight: 1, arbitrary: spread },
  fc.constantFrom('[DONE]', ' [DONE] ', '', ' ', '{', '[]', '7', '{"error":{"message":"x"}}'),
  fc.constantFrom('{"error":null,"choices":[]}', '{"choices":7}', '{"error":"x","choices":[]}'),
)
const anyField = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom('data: ', 'data:', 'data:  '), anyData)
      .map(([name, data]) => `${name}${data}`),
  },
  fc.constantFrom(': keep-alive', ':', 'event: message', 'id: 7', 'retry: 1', 'data', 'dataset: x'),
  anyText.map((text) => `${text.replace(/[\r\n:]/g, '')}: x`),
)
const anyEnd = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')
const anyEvent = fc
  .tuple(fc.array(fc.tuple(anyField, anyEnd), { minLength: 1, maxLength: 3 }), anyEnd)
  .map(([fields, end]) => Buffer.from(fields.map((field) => field.join('')).join('') + end))
/** Bytes that are no UTF-8, between two events or within one. */
const anyNoise = fc
  .uint8Array({ minLength: 1, maxLength: 6 })
  .map((bytes) => Buffer.from(bytes.map((byte) => byte | 0x80)))
const anyStream = fc
  .tuple(
    fc.constantFrom('', '', '\ufeff'),
    fc.array(fc.oneof({ weight: 9, arbitrary: anyEvent }, anyNoise), { maxLength: 12 }),
  )
  // Ends in LF: what stands behind a last CR is undecided until more comes.
  .map(([mark, parts]) => Buffer.concat([Buffer.from(mark), ...parts, Buffer.from('\n\n')]))

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => Math.floor((place * bytes.length) / 1000)))].sort(
    (a, b) => a - b,
  )
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index]))
}

test('events are those of the specification, wherever the stream is cut', () => {
  const counts = { chunk: 0, done: 0, error: 0, malformed: 0 }
  fc.assert(
    fc.property(anyStream, fc.array(fc.nat(1000), { maxLength: 12 }), (bytes, places) => {
      const expected = seenByDefinition(bytes)
      expect(seenByGateway(cut(bytes, places))).toEqual(expected)
      for (const { kind } of expected) counts[kind] += 1
    }),
    { numRuns: 3000, seed: 20_261_122 },
  )
  for (const [kind, count] of Object.entries(counts)) expect(count, kind).toBeGreaterThan(100)
})

test('events are those of the specification, byte by byte', () => {
  let events = 0
  fc.assert(
    fc.property(anyStream, (bytes) => {
      const expected = seenByDefinition(bytes)
      expect(seenByGateway([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected)
      events += expected.length
    }),
    { numRuns: 300, seed: 20_261_122 },
  )
  expect(events).toBeGreaterThan(300)
})
