/*
 * However a network cuts a stream, its reader gets exactly its bytes, its judge sees exactly its bytes, and no end is handed
 * on before the judge spoke.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgedBody } from '../../src/client/judged-body.ts'
import { meaningOfEvent } from '../../src/client/stream-end.ts'

const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
const texts = fc.constantFrom(
  'Hello',
  'Grüße',
  '[DONE]',
  'data: [DONE]',
  '\u2028',
  '🙂',
  'response.completed',
  '\\u0041',
)
const event = fc
  .tuple(texts, lineEnd, fc.boolean())
  .map(([text, end, isNamed]) =>
    [...(isNamed ? ['event: delta'] : []), `data: ${JSON.stringify({ text })}`, '', ''].join(end),
  )
const closing = fc.constantFrom(
  'data: [DONE]\n\n',
  'data:[DONE]\r\n\r\n',
  'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  'data: {"type":"response.completed"}\n\n',
  'data: {"type":"response.\\u0063ompleted"}\r\r',
  '',
)

function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(new Uint8Array(bytes.subarray(at, at + size)))
    at += size
  }
  return pieces
}

const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })

type Seen = { readonly bytes: Buffer; readonly beforeVerdict: Buffer; readonly judged: Buffer }

async function pass(pieces: readonly Uint8Array[], isEventStream: boolean): Promise<Seen> {
  const read: Uint8Array[] = []
  let beforeVerdict = Buffer.alloc(0)
  let judged = Buffer.alloc(0)
  const body = judgedBody(streamOf(pieces), {
    isEventStream,
    judge: {
      ended: async (bytes) => {
        await Promise.resolve()
        judged = Buffer.from(bytes)
        beforeVerdict = Buffer.concat(read)
        return bytes.length
      },
      left: () => expect.unreachable(),
      bytesMax: 1_000_000,
      tooLong: () => new Error('too long'),
    },
  })
  for await (const piece of body) {
    read.push(new Uint8Array(piece))
    // A reader may do with its bytes what it likes.
    piece.fill(0)
  }
  return { bytes: Buffer.concat(read), beforeVerdict, judged }
}

const streams = fc.record({
  events: fc.array(event, { maxLength: 12 }),
  end: closing,
  more: fc.constantFrom('', ': bye\n\n', 'data: {"choices":[]}\n\n'),
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
})

test('a stream of events', async () => {
  let ended = 0
  await fc.assert(
    fc.asyncProperty(streams, async ({ events, end, more, sizes }) => {
      const before = events.join('')
      const bytes = Buffer.from(before + end + more)
      const seen = await pass(cut(bytes, sizes), true)
      expect(seen.bytes).toEqual(bytes)
      expect(seen.judged).toEqual(bytes)
      if (end === '') return
      ended += 1
      // Everything before the end was free, the line feed of a last CR LF aside, and nothing of the end was.
      expect(before.startsWith(seen.beforeVerdict.toString())).toBe(true)
      expect(before.length - seen.beforeVerdict.toString().length).toBeLessThanOrEqual(1)
    }),
    { numRuns: 300 },
  )
  expect(ended).toBeGreaterThan(100)
})

test('any other body comes whole, after its verdict', async () => {
  let bodies = 0
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
      async (bytes, sizes) => {
        const seen = await pass(cut(bytes, sizes), false)
        expect(seen.bytes).toEqual(Buffer.from(bytes))
        expect(seen.beforeVerdict.length).toBe(0)
        bodies += 1
      },
    ),
    { numRuns: 100 },
  )
  expect(bodies).toBe(100)
})

test.each([
  ['data: [DONE]', 'end'],
  ['data:[DONE] bye', 'end'],
  ['\ufeffdata: [DONE]', 'end'],
  ['data: {"content":"[DONE]"}', 'none'],
  [': [DONE]', 'none'],
  ['event: message_stop', 'end'],
  ['event: response.incomplete\ndata: {}', 'end'],
  ['data: {"type":"message_stop"}', 'end'],
  ['data: {"type":\ndata: "response.completed"}', 'end'],
  ['data: {"choices":[{"delta":{"content":"response.completed"}}]}', 'none'],
  ['data: {"error":{"message":"no"}}', 'error'],
  ['data: {"error":null,"choices":[]}', 'none'],
  ['event: error\ndata: {"type":"error"}', 'error'],
  ['data: {"type":"response.failed"}', 'error'],
  ['data: response.completed', 'none'],
  ['data', 'none'],
  ['', 'none'],
] as const)('%j means %s', (text, meaning) => {
  expect(meaningOfEvent(Buffer.from(text))).toBe(meaning)
})
