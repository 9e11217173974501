import { describe, expect, test } from 'vitest'
import { choicesMax } from '../../../src/base/limits.ts'
import { parseChatBody } from '../../../src/http/openai-schema.ts'

const messages = [{ role: 'user', content: 'héllo' }]
const bytesOf = (fields: Record<string, unknown>) =>
  Buffer.from(JSON.stringify({ model: 'm', messages, ...fields }))
const parse = (fields: Record<string, unknown> = {}) => {
  const parsed = parseChatBody(bytesOf(fields))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value
}
const refusalOf = (fields: Record<string, unknown>) => {
  const parsed = parseChatBody(bytesOf(fields))
  return parsed.ok ? undefined : parsed.error
}

describe('parseChatBody', () => {
  test('reads what decides who answers, what it may cost and how it is framed', () => {
    expect(parse()).toEqual({
      endpoint: 'chat/completions',
      modelName: 'm',
      messageCount: 1,
      promptBytes: 6,
      promptHasMedia: false,
      stream: false,
      includeUsage: false,
      choiceCount: 1,
      completionTokensMax: undefined,
      completionTokensParam: 'max_tokens',
      forwardedBody: bytesOf({}),
      preferences: undefined,
      needsSignature: false,
      mayBeAudited: false,
    })
  })

  test.each<[Record<string, unknown>, boolean, boolean]>([
    [{ stream: true }, true, false],
    [{ stream: true, stream_options: {} }, true, false],
    [{ stream: true, stream_options: { include_usage: null } }, true, false],
    [{ stream: true, stream_options: { include_usage: true } }, true, true],
    [{ stream: null, stream_options: null }, false, false],
  ])('%j: streamed %s, with usage %s', (fields, stream, includeUsage) => {
    expect(parse(fields)).toMatchObject({ stream, includeUsage })
  })

  test('takes the completion bound under either name, and knows which', () => {
    expect(parse({ max_tokens: 5 })).toMatchObject({
      completionTokensMax: 5,
      completionTokensParam: 'max_tokens',
    })
    for (const fields of [
      { max_completion_tokens: 5 },
      { max_completion_tokens: 5, max_tokens: 5 },
    ]) {
      expect(parse(fields)).toMatchObject({
        completionTokensMax: 5,
        completionTokensParam: 'max_completion_tokens',
      })
    }
    expect(refusalOf({ max_completion_tokens: 5, max_tokens: 6 })).toMatchObject({
      param: 'max_tokens',
    })
  })

  test('whole numbers may be written in any way that JSON allows', () => {
    const body = Buffer.from('{"model":"m","messages":[{"role":"user"}],"n":2.0,"max_tokens":1e2}')
    expect(parseChatBody(body)).toMatchObject({
      value: { choiceCount: 2, completionTokensMax: 100 },
    })
  })

  test('choices are bounded', () => {
    expect(parse({ n: choicesMax }).choiceCount).toBe(choicesMax)
    expect(refusalOf({ n: choicesMax + 1 })).toMatchObject({ reason: 'invalid_value', param: 'n' })
  })

  test('prompt bytes are those of all texts and names, media are noticed', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    const text = { type: 'text', text: 'é' }
    const parts = [{ role: 'user', name: 'ab', content: [text, text] }, { role: 'assistant' }]
    expect(parse({ messages: parts })).toMatchObject({
      messageCount: 2,
      promptBytes: 6,
      promptHasMedia: false,
    })
    expect(parse({ messages: [{ role: 'user', content: [text, image] }] })).toMatchObject({
      promptBytes: 2,
      promptHasMedia: true,
    })
    for (const odd of [{ ...image, text: 'é' }, { text: 'é' }, { type: 'image_url', text: 'é' }]) {
      expect(parse({ messages: [{ role: 'user', content: [odd] }] }).promptHasMedia).toBe(true)
    }
  })

  test.each<[string, Record<string, unknown>]>([
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['a response format', { response_format: { type: 'json_object' } }],
    ['calls', { messages: [{ role: 'assistant', content: null, tool_calls: [{}] }] }],
    ['older calls', { messages: [{ role: 'assistant', content: null, function_call: {} }] }],
    ['a role of its own', { messages: [{ role: 'x'.repeat(99), content: 'Hi' }] }],
    ['more in a message', { messages: [{ role: 'user', content: 'Hi', reasoning: 'x' }] }],
    [
      'more in a part',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '', x: 1 }] }] },
    ],
    ['a field of some engine', { documents: [{ text: 'x' }] }],
  ])('with %s the whole body bounds the prompt', (_name, fields) => {
    expect(parse(fields).promptBytes).toBeGreaterThanOrEqual(bytesOf(fields).length)
  })

  test('fields that are not ours to judge pass, whatever they hold', () => {
    const fields = {
      seed: -1,
      logit_bias: 'x',
      tools: 7,
      response_format: [],
      user: {},
      top_k: null,
    }
    expect(parse(fields)).toMatchObject({ modelName: 'm' })
  })
})
