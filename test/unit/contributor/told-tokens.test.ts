/*
 * Tokens as engines tell them: vLLM by `return_token_ids` and `return_tokens_as_token_ids`, llama.cpp's server by `id`, each as
 * its documentation of November 2026 has it. The built-in engine is tried in test/e2e/agent-tokens.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { logprobQ16 } from '../../../src/attestation/token-commitment.ts'
import { ToldTokens } from '../../../src/contributor/told-tokens.ts'

const event = (fields: unknown): Buffer => Buffer.from(`data: ${JSON.stringify(fields)}\n\n`)
const shown = (bytes: Buffer | undefined): unknown =>
  bytes === undefined ? undefined : JSON.parse(bytes.toString().replace(/^data: /, ''))

const entry = (token: string, logprob: number, more: object = {}) => ({
  token,
  logprob,
  bytes: [...Buffer.from(token)],
  ...more,
})
const q = logprobQ16

describe('vLLM', () => {
  const chunk = (delta: object, choice: object) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null, ...choice }],
  })

  test('spells tokens as their ids, where nobody else wants log-probabilities', () => {
    const told = new ToldTokens(1, undefined)
    const opening = {
      ...chunk({ role: 'assistant', content: '' }, { logprobs: null }),
      prompt_token_ids: [1, 2],
    }
    expect(shown(told.takeFrom(event(opening)))).toEqual(
      chunk({ role: 'assistant', content: '' }, { logprobs: null }),
    )
    const top = [entry('token_id:7', -0.25), entry('token_id:9', -1.5)]
    const logprobs = { content: [entry('token_id:7', -0.25, { top_logprobs: top })] }
    const sent = told.takeFrom(event(chunk({ content: 'Hi' }, { logprobs, token_ids: [7] })))
    expect(shown(sent)).toEqual(chunk({ content: 'Hi' }, { logprobs: null }))
    expect(told.tokens(1)).toEqual([
      [
        {
          tokenId: 7,
          logprobQ16: q(-0.25),
          top: [
            { tokenId: 7, logprobQ16: q(-0.25) },
            { tokenId: 9, logprobQ16: q(-1.5) },
          ],
        },
      ],
    ])
  })

  test('tells ids beside the tokens, where they are wanted as text: alternatives have none', () => {
    const told = new ToldTokens(1, 1)
    const top = [entry('Hi', -0.25), entry('Ho', -1.5)]
    const logprobs = { content: [entry('Hi', -0.25, { top_logprobs: top })] }
    const sent = told.takeFrom(event(chunk({ content: 'Hi' }, { logprobs, token_ids: [7] })))
    const kept = { content: [entry('Hi', -0.25, { top_logprobs: top.slice(0, 1) })] }
    expect(shown(sent)).toEqual(chunk({ content: 'Hi' }, { logprobs: kept }))
    expect(told.tokens(1)).toEqual([[{ tokenId: 7, logprobQ16: q(-0.25), top: [] }]])
  })

  test('of the version before it knew how tells no ids: nothing is committed to', () => {
    const told = new ToldTokens(1, undefined)
    const logprobs = { content: [entry('Hi', -0.25, { top_logprobs: [] })] }
    const sent = told.takeFrom(event(chunk({ content: 'Hi' }, { logprobs })))
    expect(shown(sent)).toEqual(chunk({ content: 'Hi' }, { logprobs: null }))
    expect(told.tokens(1)).toBeUndefined()
  })
})

test("llama.cpp's server tells ids beside log-probabilities, whole", () => {
  const told = new ToldTokens(1, 1)
  const top = [entry('A', -0.5, { id: 3 }), entry('B', -1, { id: 4 })]
  const content = [entry('A', -0.5, { id: 3, top_logprobs: top })]
  const message = { role: 'assistant', content: 'A' }
  const answer = {
    id: 'x',
    choices: [{ index: 0, message, logprobs: { content }, finish_reason: 'stop' }],
  }
  const kept = [entry('A', -0.5, { top_logprobs: [entry('A', -0.5)] })]
  expect(JSON.parse(told.takeFromWhole(event(answer).subarray(6)).toString())).toEqual({
    ...answer,
    choices: [{ index: 0, message, logprobs: { content: kept }, finish_reason: 'stop' }],
  })
  expect(told.tokens(1)?.[0]?.[0]).toMatchObject({
    tokenId: 3,
    top: [{ tokenId: 3 }, { tokenId: 4 }],
  })
})

describe('an event', () => {
  const chunk = (delta: object, more: object = {}) =>
    event({ choices: [{ index: 0, delta, finish_reason: null, ...more }] })
  const logprobs = { content: [entry('a', -1, { id: 1 })] }

  test('that has nothing but what was asked for the commitment is left out', () => {
    const told = new ToldTokens(1, undefined)
    expect(told.takeFrom(chunk({ content: '' }, { logprobs }))).toBeUndefined()
    expect(told.tokens(1)?.flat()).toHaveLength(1)
  })

  test.each([
    ['a role', chunk({ role: 'assistant', content: '' })],
    ['reasoning', chunk({ reasoning_content: 'hm' })],
    ['an end', chunk({ content: '' }, { finish_reason: 'stop' })],
    ['usage', event({ choices: [], usage: { completion_tokens: 1 } })],
  ])('with %s stays', (_, block) => {
    expect(shown(new ToldTokens(1, undefined).takeFrom(block))).toEqual(shown(block))
  })

  test.each(['data: [DONE]\n\n', ': comment\n\n', 'data: {broken\n\n', 'data: {"error":{}}\n\n'])(
    'that is no chunk stays byte for byte: %j',
    (text) => {
      const block = Buffer.from(text)
      expect(new ToldTokens(1, undefined).takeFrom(block)).toBe(block)
    },
  )
})

test.each([
  ['a token without a number', { content: [entry('a', 0, { id: 1, logprob: null })] }, 0],
  ['an id that is none', { content: [entry('a', -1, { id: -1 })] }, 0],
  ['a choice that nobody asked for', { content: [entry('a', -1, { id: 1 })] }, 5],
])('%s ends the list', (_, logprobs, index) => {
  const told = new ToldTokens(1, undefined)
  told.takeFrom(event({ choices: [{ index, delta: { content: 'a' }, logprobs }] }))
  expect(told.tokens(1)).toBeUndefined()
})

test('fewer or more tokens than are counted are not all of them', () => {
  const told = new ToldTokens(1, undefined)
  const logprobs = { content: [entry('a', -1, { id: 1 })] }
  told.takeFrom(event({ choices: [{ index: 0, delta: { content: 'a' }, logprobs }] }))
  expect(told.tokens(0)).toBeUndefined()
  expect(told.tokens(2)).toBeUndefined()
  expect(told.tokens(1)).toBeDefined()
})
