import { describe, expect, test } from 'vitest'
import { isUnary, readAnswer, splitEvents } from '../../../src/client/read-answer.ts'

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`
const delta = (index: number, said: object) => event({ choices: [{ index, delta: said }] })
const read = (body: string) => readAnswer(Buffer.from(body))
const done = 'data: [DONE]\n\n'

describe('splitEvents', () => {
  test('an event keeps the blank line that ends it', () => {
    const events = splitEvents(Buffer.from(`data: 1\n\n: comment\n\n${done}`))
    expect(events.map(String)).toEqual(['data: 1\n\n', ': comment\n\n', done])
  })

  test('what was cut off at the end is an event too, and nothing is none', () => {
    expect(splitEvents(Buffer.from('data: 1\n\nda')).map(String)).toEqual(['data: 1\n\n', 'da'])
    expect(splitEvents(Buffer.alloc(0))).toEqual([])
  })
})

describe('a whole answer', () => {
  test('its text and its tool calls, by choice', () => {
    const toolCalls = [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }]
    const choices = [
      { index: 1, message: { role: 'assistant', content: null, tool_calls: toolCalls } },
      { index: 0, message: { role: 'assistant', content: 'Yes.' } },
    ]
    expect(read(JSON.stringify({ choices }))).toEqual([
      { text: 'Yes.', toolCalls: [] },
      { text: '', toolCalls },
    ])
  })

  test.each(['{}', '{', '{"error":{}}', '{"choices":1}'])('%s is none', (body) => {
    expect(read(body)).toBeUndefined()
  })
})

test('text completions say theirs without a message', () => {
  const choices = [
    { index: 1, text: 'b' },
    { index: 0, text: 'a' },
  ]
  const said = [
    { text: 'a', toolCalls: [] },
    { text: 'b', toolCalls: [] },
  ]
  expect(read(JSON.stringify({ object: 'text_completion', choices }))).toEqual(said)
  expect(read(event({ choices }) + event({ choices: [{ index: 0, text: '!' }] }) + done)).toEqual([
    { text: 'a!', toolCalls: [] },
    said[1],
  ])
})

describe('a stream', () => {
  test('deltas are joined, and what says nothing adds nothing', () => {
    const body =
      delta(0, { role: 'assistant', content: '' }) +
      ': keep-alive\n\n' +
      delta(0, { content: 'Ye' }) +
      delta(0, { content: 's.' }) +
      delta(0, {}) +
      event({ choices: [], usage: { prompt_tokens: 1 } }) +
      done
    expect(read(body)).toEqual([{ text: 'Yes.', toolCalls: [] }])
  })

  test('a silent choice between others is empty', () => {
    expect(read(delta(2, { content: 'c' }) + delta(0, { content: 'a' }) + done)).toEqual([
      { text: 'a', toolCalls: [] },
      { text: '', toolCalls: [] },
      { text: 'c', toolCalls: [] },
    ])
  })

  test('parts of tool calls are joined by their index, arguments appended', () => {
    const first = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }
    const second = { index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{' } }
    const body =
      delta(0, { tool_calls: [second] }) +
      delta(0, { tool_calls: [first] }) +
      delta(0, { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] }) +
      delta(0, { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }) +
      delta(0, { tool_calls: [{ index: 1, function: { arguments: '}' } }] }) +
      done
    expect(read(body)?.[0]?.toolCalls).toEqual([
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
    ])
  })

  test.each(['data: {"choices":\n\n', 'data: {"error":{}}\n\n', 'data: 5\n\n'])(
    '%j is no chat completion',
    (body) => {
      expect(read(body)).toBeUndefined()
    },
  )

  test('a forged index grows nothing without end', () => {
    expect(read(delta(4_000_000_000, { content: 'a' }))).toHaveLength(1)
    expect(read(delta(-1, { content: 'a' }))).toHaveLength(1)
    expect(read(delta(0.5, { content: 'a' }))).toHaveLength(1)
  })
})

test('what begins with a brace is an answer in one piece', () => {
  expect([isUnary(Buffer.from('{"a":1}')), isUnary(Buffer.from(done))]).toEqual([true, false])
  expect(isUnary(Buffer.alloc(0))).toBe(false)
})
