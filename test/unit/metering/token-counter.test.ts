import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../../../src/domain/endpoint.ts'
import { countPrompt, loadTokenCounter } from '../../../src/metering/token-counter.ts'

const models = join(import.meta.dirname, '../../../models')
const [name] = readdirSync(models, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .filter((folder) => existsSync(join(models, folder, 'tokenizer.json')))
const counter = loadTokenCounter(join(models, name ?? '', 'tokenizer.json'))

describe('loadTokenCounter', () => {
  test('counts with the real tokenizer: nothing is nothing, text is at most its bytes', () => {
    expect(counter.count('')).toBe(0)
    for (const text of ['Hello there!', 'Zürich 💶', 'a'.repeat(2_000), '\n\n\n']) {
      const tokens = counter.count(text)
      expect(tokens).toBeGreaterThan(0)
      expect(tokens).toBeLessThanOrEqual(Buffer.byteLength(text))
    }
  })

  test('adds no special tokens: parts add up to no less than the whole', () => {
    expect(counter.count('Hello') + counter.count(' there')).toBeGreaterThanOrEqual(
      counter.count('Hello there'),
    )
  })

  test('a text beyond its bound is not counted but bounded by its bytes', () => {
    const text = 'é'.repeat(64 * 1024 + 1)
    expect(counter.count(text)).toBe(2 * text.length)
  })

  test('a file that is none is named', () => {
    expect(() => loadTokenCounter('/nowhere/tokenizer.json')).toThrow(
      /^tokenizer \/nowhere\/tokenizer\.json cannot be read: /,
    )
    expect(() => loadTokenCounter(join(models, name ?? '', 'manifest.json'))).toThrow(
      /cannot be read/,
    )
  })
})

describe('countPrompt', () => {
  const byLength = { count: (text: string) => text.length }
  const count = (fields: Record<string, unknown>, endpoint: Endpoint = 'chat/completions') =>
    countPrompt(byLength, { endpoint, forwardedBody: Buffer.from(JSON.stringify(fields)) })
  const messages = [{ role: 'user', content: 'abc' }]

  test.each<[string, Record<string, unknown>, number | undefined]>([
    ['texts', { messages: [...messages, { role: 'user', content: 'de' }] }, 5],
    [
      'text parts',
      {
        messages: [
          {
            content: [
              { type: 'text', text: 'ab' },
              { type: 'text', text: 'c' },
            ],
          },
        ],
      },
      3,
    ],
    ['nothing said', { messages: [{ content: null }, {}] }, 0],
    ['an image', { messages: [{ content: [{ type: 'image_url', image_url: {} }] }] }, undefined],
    ['tools', { messages, tools: [] }, undefined],
    ['functions', { messages, functions: [] }, undefined],
    ['a format', { messages, response_format: { type: 'json_object' } }, undefined],
    ['calls', { messages: [{ content: null, tool_calls: [] }] }, undefined],
    ['an older call', { messages: [{ content: null, function_call: {} }] }, undefined],
    ['tools that are null', { messages, tools: null }, 3],
  ])('of %s', (_name, fields, expected) => {
    expect(count(fields)).toBe(expected)
  })

  test('of thousands of short texts nothing is counted: each would be a moment, all of them seconds', () => {
    const texts = (bytes: number) => Array<string>(bytes / 1024).fill('x'.repeat(1021))
    expect(count({ input: texts(127 * 1024) }, 'embeddings')).toBe(127 * 1021)
    expect(count({ input: texts(129 * 1024) }, 'embeddings')).toBeUndefined()
  })

  test('of prompts and inputs in all their forms', () => {
    expect(count({ prompt: 'abc' }, 'completions')).toBe(3)
    expect(count({ prompt: ['abc', 'd'] }, 'completions')).toBe(4)
    expect(count({ prompt: [17, 4] }, 'completions')).toBe(2)
    expect(count({ prompt: 'abc', suffix: 'd' }, 'completions')).toBeUndefined()
    expect(count({ input: [[17, 4], [1]] }, 'embeddings')).toBe(3)
    expect(count({ input: 'abc' }, 'moderations')).toBeUndefined()
  })
})
