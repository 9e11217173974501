import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MeteredUsage } from '../../src/domain/usage.ts'
import { messages } from '../../src/http/messages/messages.ts'
import { chatFieldsOf } from '../../src/http/messages/messages-request.ts'
import { MessagesDialect } from '../../src/http/messages/messages-stream.ts'
import type { Asked } from '../../src/http/surface.ts'
import { chunk, sse } from '../support/scripted-upstream.ts'

const usage: MeteredUsage = {
  promptTokens: 7,
  cachedPromptTokens: 2,
  completionTokens: 5,
  reasoningTokens: 0,
  source: 'reported',
}

/** What an engine may say in one chunk, and what it adds up to. */
const piece = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: fc.string({ unit: 'grapheme' }) }),
  fc.record({ kind: fc.constant('thought' as const), text: fc.string() }),
  fc.record({ kind: fc.constant('call' as const), call: fc.nat(3), text: fc.string() }),
)
type Piece = typeof piece extends fc.Arbitrary<infer T> ? T : never

const deltaOf = (one: Piece): Record<string, unknown> => {
  if (one.kind === 'text') return { content: one.text }
  if (one.kind === 'thought') return { reasoning_content: one.text }
  const called = { name: `tool_${one.call}`, arguments: one.text }
  return { tool_calls: [{ index: one.call, id: `id_${one.call}`, function: called }] }
}

type Event = Record<string, unknown> & {
  readonly type: string
  readonly index?: number
  readonly content_block?: { readonly type: string }
  readonly delta?: Record<string, string>
}

const eventsOf = (bytes: string): Event[] =>
  bytes
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [name, data] = block.split('\n')
      const event = JSON.parse(data?.slice('data: '.length) ?? '') as Event
      expect(name).toBe(`event: ${event.type}`)
      return event
    })

/** Puts a stream together by index, holding it to the order: start, then deltas, then stop, each index once and in turn. */
function assemble(events: readonly Event[]): { readonly kind: string; readonly text: string }[] {
  const blocks: { kind: string; text: string; isOpen: boolean }[] = []
  expect(events[0]?.type).toBe('message_start')
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['message_delta', 'message_stop'])
  for (const { type, index = -1, content_block: begun, delta = {} } of events.slice(1, -2)) {
    const block = blocks[index]
    if (type === 'content_block_start') {
      expect(index).toBe(blocks.length)
      blocks.push({ kind: begun?.type ?? '', text: '', isOpen: true })
    } else {
      expect(block?.isOpen).toBe(true)
      if (block === undefined) continue
      if (type === 'content_block_stop') block.isOpen = false
      else block.text += delta['text'] ?? delta['thinking'] ?? delta['partial_json'] ?? ''
    }
  }
  expect(blocks.some(({ isOpen }) => isOpen)).toBe(false)
  return blocks
}

describe('a stream told to a client of the Messages API', () => {
  test('is well formed and says all that the engine said, in its order', () => {
    let calls = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const dialect = new MessagesDialect({ id: 'msg_1', model: 'm' })
        const told = pieces.map((one) => dialect.chunk(Buffer.from(sse(chunk(deltaOf(one))))))
        const bytes = Buffer.concat([...told, dialect.closing(usage, 'complete')]).toString()
        const blocks = assemble(eventsOf(bytes))
        const joined = (kind: string) =>
          blocks.filter((block) => block.kind === kind).map(({ text }) => text)
        const saidOf = (kind: Piece['kind']) =>
          pieces.filter((one) => one.kind === kind).map(({ text }) => text)
        expect(joined('text').join('')).toBe(saidOf('text').join(''))
        expect(joined('thinking').join('')).toBe(saidOf('thought').join(''))
        const byCall = new Map<number, string>()
        for (const one of pieces) {
          if (one.kind !== 'call') continue
          byCall.set(one.call, (byCall.get(one.call) ?? '') + one.text)
        }
        expect(joined('tool_use')).toEqual([...byCall.values()])
        calls += byCall.size
      }),
    )
    expect(calls).toBeGreaterThan(0)
  })
})

const text = fc.record({ type: fc.constant('text'), text: fc.string() })
const block = fc.oneof(
  text,
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.string(),
    name: fc.string(),
    input: fc.object(),
  }),
  fc.record({
    type: fc.constant('tool_result'),
    tool_use_id: fc.string(),
    content: fc.oneof(fc.string(), fc.array(text)),
  }),
  fc.record({ type: fc.constant('thinking'), thinking: fc.string() }),
  fc.object(),
)
const message = fc.record({
  role: fc.constantFrom('user', 'assistant', 'user', 'tool'),
  content: fc.oneof(fc.string(), fc.array(block, { maxLength: 3 })),
})
const request = fc.record(
  {
    model: fc.constant('m'),
    max_tokens: fc.constant(40),
    messages: fc.array(message, { minLength: 1, maxLength: 3 }),
    system: fc.oneof(fc.string(), fc.array(text)),
    stop_sequences: fc.oneof(fc.array(fc.string()), fc.constant(7)),
    stream: fc.boolean(),
    tools: fc.array(fc.record({ name: fc.string(), input_schema: fc.object() })),
    thinking: fc.record({ type: fc.constant('enabled'), budget_tokens: fc.nat() }),
    metadata: fc.object(),
  },
  { requiredKeys: ['model', 'max_tokens', 'messages'] },
)

describe('a request of the Messages API', () => {
  test('is refused by name or becomes one and the same chat completion', () => {
    const counts = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(request, (fields) => {
        const body = Buffer.from(JSON.stringify(fields))
        const asked = messages.read(body, {})
        if (asked instanceof Promise) throw new Error('it is read at once')
        if (asked.ok) {
          counts.accepted += 1
          const again = messages.read(body, {})
          if (again instanceof Promise || !again.ok) throw new Error('equal bodies are read alike')
          expect(again.value.request).toEqual(asked.value.request)
          expectTranslated(asked.value, fields)
        } else {
          counts.refused += 1
          expect(asked.error).toHaveProperty('param')
        }
      }),
    )
    expect(counts.accepted).toBeGreaterThan(0)
    expect(counts.refused).toBeGreaterThan(0)
  })
})

function expectTranslated({ request: { forwardedBody } }: Asked, fields: object): void {
  const chat = chatFieldsOf(JSON.parse(JSON.stringify(fields)) as Record<string, unknown>)
  expect(chat.ok && JSON.stringify(chat.value)).toBe(forwardedBody.toString())
}
