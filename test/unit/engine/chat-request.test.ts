import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Result } from '../../../src/base/result.ts'
import type { OpenAiRefusal } from '../../../src/contributor/openai-refusal.ts'
import { type ChatRequest, parseChatRequest } from '../../../src/engine/chat-request.ts'
import type { ServedModel } from '../../../src/engine/generation-request.ts'
import { parseModelConfig } from '../../../src/engine/model-config.ts'
import { builtInModelFolder } from '../../support/built-in-model.ts'

const config = parseModelConfig(readFileSync(join(builtInModelFolder, 'config.json'), 'utf8'))
if (!config.ok) throw new Error(config.error)
const model: ServedModel = { name: 'vouch-mini', config: config.value }
const { contextTokensMax, sampling, vocabularySize } = model.config

const minimal = { model: 'vouch-mini', messages: [{ role: 'user', content: 'Hi' }] }

const parse = (body: string | Uint8Array): Result<ChatRequest, OpenAiRefusal> =>
  parseChatRequest(Buffer.from(body), model)

function accepted(members: object): ChatRequest {
  const result = parse(JSON.stringify({ ...minimal, ...members }))
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

function refusal(members: object): OpenAiRefusal {
  const result = parse(JSON.stringify({ ...minimal, ...members }))
  if (result.ok) throw new Error('the request was accepted')
  return result.error
}

describe('parseChatRequest', () => {
  test('fills in what a minimal request leaves open', () => {
    expect(accepted({})).toEqual({
      messages: [{ role: 'user', content: 'Hi' }],
      stream: false,
      includeUsage: false,
      choices: 1,
      completionTokensMax: sampling.completionTokensMax,
      stopStrings: [],
      sampling: {
        temperature: sampling.temperature,
        topP: sampling.topP,
        presencePenalty: 0,
        frequencyPenalty: 0,
        logitBias: new Map(),
      },
      seed: undefined,
      topLogprobs: undefined,
    })
  })

  test('reads every member that is supported', () => {
    const request = accepted({
      stream: true,
      stream_options: { include_usage: true },
      n: 3,
      max_completion_tokens: 7,
      stop: ['a', 'b'],
      temperature: 0,
      top_p: 0.25,
      presence_penalty: -1.5,
      frequency_penalty: 2,
      logit_bias: { 5: -100, 17: 2.5 },
      seed: 42,
      logprobs: true,
      top_logprobs: 20,
    })
    expect(request).toEqual({
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      includeUsage: true,
      choices: 3,
      completionTokensMax: 7,
      stopStrings: ['a', 'b'],
      sampling: {
        temperature: 0,
        topP: 0.25,
        presencePenalty: -1.5,
        frequencyPenalty: 2,
        logitBias: new Map([
          [5, -100],
          [17, 2.5],
        ]),
      },
      seed: 42n,
      topLogprobs: 20,
    })
  })

  test('null is the same as nothing', () => {
    const names = [
      'stream stream_options n max_tokens max_completion_tokens stop temperature top_p seed',
      'presence_penalty frequency_penalty logit_bias logprobs top_logprobs tools functions',
      'tool_choice function_call response_format modalities audio web_search_options',
    ].flatMap((line) => line.split(' '))
    const nulls = Object.fromEntries(names.map((name) => [name, null]))
    expect(accepted(nulls)).toEqual(accepted({}))
  })

  test('members that it does not know, and those that ask for nothing more, are ignored', () => {
    const ignored = {
      user: 'u',
      metadata: { a: 'b' },
      store: true,
      service_tier: 'auto',
      reasoning_effort: 'low',
      some_future_member: [1, { x: null }],
      tools: [],
      tool_choice: 'none',
      response_format: { type: 'text' },
      modalities: ['text'],
    }
    expect(accepted(ignored)).toEqual(accepted({}))
  })

  test('the older name of the token limit works alone', () => {
    expect(accepted({ max_tokens: 5 }).completionTokensMax).toBe(5)
    expect(accepted({ max_tokens: contextTokensMax }).completionTokensMax).toBe(contextTokensMax)
  })

  test('one stop string may stand without an array; logprobs without alternatives', () => {
    expect(accepted({ stop: '\n' }).stopStrings).toEqual(['\n'])
    expect(accepted({ stop: [] }).stopStrings).toEqual([])
    expect(accepted({ logprobs: true }).topLogprobs).toBe(0)
    expect(accepted({ logprobs: false }).topLogprobs).toBeUndefined()
  })

  test('seeds are 64-bit integers', () => {
    expect(accepted({ seed: -1 }).seed).toBe(-1n)
    expect(accepted({ seed: 2 ** 63 }).seed).toBe(2n ** 63n)
  })

  test.each([
    ['temperature', 2.01, 'decimal_above_max_value'],
    ['temperature', -0.1, 'decimal_below_min_value'],
    ['temperature', 'hot', 'invalid_type'],
    ['top_p', 1.1, 'decimal_above_max_value'],
    ['presence_penalty', -2.5, 'decimal_below_min_value'],
    ['frequency_penalty', [], 'invalid_type'],
    ['n', 0, 'integer_below_min_value'],
    ['n', 9, 'integer_above_max_value'],
    ['n', 1.5, 'invalid_type'],
    ['max_tokens', 0, 'integer_below_min_value'],
    ['max_tokens', -1, 'integer_below_min_value'],
    ['max_tokens', 1e300, 'integer_above_max_value'],
    ['max_tokens', contextTokensMax + 1, 'integer_above_max_value'],
    ['max_tokens', 2.5, 'invalid_type'],
    ['max_tokens', '10', 'invalid_type'],
    ['max_completion_tokens', 0, 'integer_below_min_value'],
    ['seed', 1.5, 'invalid_type'],
    ['seed', 1e19, 'integer_above_max_value'],
    ['stream', 'yes', 'invalid_type'],
    ['stream_options', true, 'invalid_type'],
    ['logprobs', 5, 'invalid_type'],
    ['logit_bias', [], 'invalid_type'],
    ['stop', 5, 'invalid_type'],
    ['stop', ['a', null], 'invalid_type'],
    ['stop', ['a', 'b', 'c', 'd', 'e'], 'array_above_max_length'],
    ['stop', '', 'invalid_value'],
    ['stop', 'x'.repeat(257), 'invalid_value'],
    ['messages', [], 'empty_array'],
    ['messages', 'Hi', 'invalid_type'],
    ['messages', null, 'missing_required_parameter'],
    ['model', null, 'missing_required_parameter'],
    ['model', 7, 'invalid_type'],
  ])('refuses %s: %j with %s', (param, value, code) => {
    expect(refusal({ [param]: value })).toMatchObject({ status: 400, param, code })
  })

  test('says what was expected in the words of the OpenAI API', () => {
    expect(refusal({ temperature: 3 }).message).toBe(
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    )
    expect(refusal({ max_tokens: '10' }).message).toBe(
      "Invalid type for 'max_tokens': expected an integer, but got a string instead.",
    )
    expect(refusal({ messages: undefined }).message).toBe("Missing required parameter: 'messages'.")
  })

  test.each([
    ['tools', [{ type: 'function' }]],
    ['functions', [{ name: 'f' }]],
    ['tool_choice', 'required'],
    ['response_format', { type: 'json_object' }],
    ['modalities', ['text', 'audio']],
    ['audio', { voice: 'alloy' }],
    ['web_search_options', {}],
  ])('refuses %s, which would change the answer', (param, value) => {
    expect(refusal({ [param]: value })).toMatchObject({ param, code: 'unsupported_parameter' })
  })

  test('refuses combinations that contradict each other', () => {
    const both = refusal({ max_tokens: 5, max_completion_tokens: 5 })
    expect(both).toMatchObject({ param: 'max_tokens', code: 'unsupported_parameter' })
    expect(refusal({ top_logprobs: 2 })).toMatchObject({ param: 'top_logprobs' })
    expect(refusal({ stream_options: {} })).toMatchObject({ param: 'stream_options' })
    const wrongInside = refusal({ stream: true, stream_options: { include_usage: 1 } })
    expect(wrongInside).toMatchObject({ param: 'stream_options.include_usage' })
  })

  test('logit_bias has token ids as keys and -100 to 100 as values', () => {
    for (const bias of [{ [vocabularySize]: 1 }, { '-1': 1 }, { a: 1 }, { 1: 101 }, { 1: '1' }]) {
      expect(refusal({ logit_bias: bias })).toMatchObject({
        param: 'logit_bias',
        code: 'invalid_value',
      })
    }
  })

  test('another model is not found', () => {
    expect(refusal({ model: 'gpt-5' })).toMatchObject({ status: 404, code: 'model_not_found' })
  })

  test('a body that is empty, cut, no object or no UTF-8 is invalid JSON and is not quoted', () => {
    const bodies = [
      '',
      '{"model":"secret prompt',
      '[]',
      '"x"',
      '5',
      'null',
      Uint8Array.of(0x7b, 0xff),
    ]
    for (const body of bodies) {
      const result = parse(body)
      expect(result).toMatchObject({ ok: false, error: { status: 400, code: 'invalid_json' } })
      expect(JSON.stringify(result)).not.toContain('secret')
    }
  })

  test('no JSON value in any member makes it throw', () => {
    let refused = 0
    let taken = 0
    const name = fc.constantFrom(
      ...'model messages stream stream_options n max_tokens stop temperature seed'.split(' '),
      ...'logit_bias logprobs top_logprobs tools response_format modalities'.split(' '),
    )
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue(), { noNullPrototype: true }), (members) => {
        const result = parse(JSON.stringify({ ...minimal, ...members }))
        if (result.ok) taken += 1
        else refused += 1
      }),
      { numRuns: 500 },
    )
    expect(refused).toBeGreaterThan(0)
    expect(taken).toBeGreaterThan(0)
  })
})

describe('messages', () => {
  const messagesOf = (...messages: object[]) => accepted({ messages }).messages

  test('content is a string or text parts, which are joined', () => {
    const parts = [
      { type: 'text', text: 'one ' },
      { type: 'text', text: 'two' },
    ]
    expect(messagesOf({ role: 'user', content: parts })).toEqual([
      { role: 'user', content: 'one two' },
    ])
    expect(messagesOf({ role: 'user', content: [] })).toEqual([{ role: 'user', content: '' }])
    const refused = [{ type: 'refusal', refusal: 'no' }]
    expect(messagesOf({ role: 'assistant', content: refused })).toEqual([
      { role: 'assistant', content: 'no' },
    ])
  })

  test('developer is the newer name of system; a name is ignored', () => {
    expect(messagesOf({ role: 'developer', content: 'x', name: 'n' })).toEqual([
      { role: 'system', content: 'x' },
    ])
  })

  const image = { type: 'image_url', image_url: { url: 'data:' } }
  test.each([
    ['an image', { role: 'user', content: [image] }, 'messages[0].content[0].type'],
    ['a tool answer', { role: 'tool', content: 'x' }, 'messages[0].role'],
    ['tool calls', { role: 'assistant', tool_calls: [{}] }, 'messages[0].tool_calls'],
    ['audio', { role: 'assistant', audio: { id: 'a' } }, 'messages[0].audio'],
  ])('refuses %s as unsupported', (_, message, param) => {
    expect(refusal({ messages: [message] })).toMatchObject({ param, code: 'unsupported_parameter' })
  })

  test.each([
    [7, 'messages[1]', 'invalid_type'],
    [{ content: 'x' }, 'messages[1].role', 'missing_required_parameter'],
    [{ role: 5, content: 'x' }, 'messages[1].role', 'invalid_type'],
    [{ role: 'robot', content: 'x' }, 'messages[1].role', 'invalid_value'],
    [{ role: 'user' }, 'messages[1].content', 'missing_required_parameter'],
    [{ role: 'user', content: 5 }, 'messages[1].content', 'invalid_type'],
    [{ role: 'user', content: ['x'] }, 'messages[1].content[0]', 'invalid_type'],
    [{ role: 'user', content: [{ type: 'text' }] }, 'messages[1].content[0].text', 'invalid_type'],
    [{ role: 'user', content: '\ud800' }, 'messages[1].content', 'invalid_value'],
  ])('names what is wrong with %j', (message, param, code) => {
    const messages = [minimal.messages[0], message]
    expect(refusal({ messages })).toMatchObject({ status: 400, param, code })
  })

  test('there is a bound on their number', () => {
    const messages = Array.from({ length: 2049 }, () => minimal.messages[0])
    expect(refusal({ messages })).toMatchObject({ code: 'array_above_max_length' })
  })
})
