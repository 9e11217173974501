import { describe, expect, test } from 'vitest'
import type { InferenceRequest } from '../../../src/domain/request.ts'
import { boundCost } from '../../../src/payment/bound-cost.ts'
import { inferenceRequest, offerOf } from '../../support/requests.ts'

const bound = (fields: Record<string, unknown>, offer = offerOf()) => {
  const result = boundCost(inferenceRequest(fields), offer)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

describe('boundCost', () => {
  test('every byte of the prompt a token, a template around each message, and the whole completion', () => {
    const messages = [
      { role: 'system', content: 'é' },
      { role: 'user', content: [{ type: 'text', text: 'abc' }] },
    ]
    // 2 + 3 bytes, 8 for each message and the answer's opening; 10 tokens at 2.
    expect(bound({ messages, max_tokens: 10 })).toEqual({
      promptTokensMax: 5 + 24,
      completionTokensMax: 10,
      amount: 29n + 20n,
    })
  })

  test('a prompt is bounded by the context, however long', () => {
    const messages = [{ role: 'user', content: 'x'.repeat(5_000) }]
    expect(bound({ messages, max_tokens: 1 })).toMatchObject({ promptTokensMax: 100, amount: 102n })
  })

  test('media have no bound in bytes: they hold the context', () => {
    const image = { type: 'image_url', image_url: { url: 'http://x/y.png' } }
    const messages = [{ role: 'user', content: [image] }]
    expect(bound({ messages, max_tokens: 1 }).promptTokensMax).toBe(100)
  })

  test('without a bound of its own a request holds what the offer allows, for each choice', () => {
    expect(bound({})).toMatchObject({ completionTokensMax: 40 })
    expect(bound({ n: 3 }).amount).toBe(bound({}).amount + 2n * 40n * 2n)
    // An offer never generates beyond its context.
    const offer = offerOf({ completionTokensMax: 1_000 })
    expect(bound({}, offer).completionTokensMax).toBe(100)
  })

  test.each(['max_tokens', 'max_completion_tokens'])(
    '%s beyond the offer is refused by its name',
    (name) => {
      expect(boundCost(inferenceRequest({ [name]: 41 }), offerOf())).toEqual({
        ok: false,
        error: { reason: 'invalid_value', param: name, expected: 'at most 40 for this model' },
      })
    },
  )
})

describe('boundCost of what is no chat', () => {
  const asked = (change: Partial<InferenceRequest>): InferenceRequest => ({
    ...inferenceRequest(),
    messageCount: 0,
    promptBytes: 0,
    ...change,
  })
  const boundOf = (request: InferenceRequest, offer = offerOf()) => boundCost(request, offer)
  const each = { perChoiceMax: 1, perChoiceLikely: 1 }

  test('each of several prompts has a context of its own', () => {
    const request = asked({
      endpoint: 'embeddings',
      expected: each,
      promptBytes: 5_000,
      choiceCount: 3,
    })
    expect(boundOf({ ...request, promptCount: 3 })).toMatchObject({
      value: { promptTokensMax: 300, completionTokensMax: 1, amount: 300n + 3n * 2n },
    })
    expect(boundOf({ ...request, promptCount: 1 })).toMatchObject({
      value: { promptTokensMax: 100 },
    })
  })

  test('a completion without a bound is sixteen tokens, or the whole model where that is less', () => {
    const request = asked({ endpoint: 'completions' })
    expect(boundOf(request)).toMatchObject({ value: { completionTokensMax: 16 } })
    const small = offerOf({ completionTokensMax: 7 })
    expect(boundOf(request, small)).toMatchObject({ value: { completionTokensMax: 7 } })
  })

  test('units are held as the request has them, each choice for itself', () => {
    const expected = { perChoiceMax: 30, perChoiceLikely: 30, param: 'input' }
    const speech = asked({ endpoint: 'audio/speech', expected })
    expect(boundOf(speech)).toMatchObject({ value: { completionTokensMax: 30, amount: 68n } })
    // What is only guessed is held as far as the model goes; what is known is refused beyond.
    const guessed = asked({
      endpoint: 'audio/transcriptions',
      expected: { perChoiceMax: 41, perChoiceLikely: 5 },
    })
    expect(boundOf(guessed)).toMatchObject({ value: { completionTokensMax: 40 } })
    expect(boundOf(asked({ ...speech, expected: { ...expected, perChoiceMax: 41 } }))).toEqual({
      ok: false,
      error: {
        reason: 'invalid_value',
        param: 'input',
        expected: 'at most 40 characters for this model',
      },
    })
  })

  test('images that are counted in tokens hold what the model may write, for each', () => {
    const images = asked({ endpoint: 'images/generations', expected: each, choiceCount: 2 })
    const inTokens = offerOf({ unit: 'token' })
    expect(boundOf(images, inTokens)).toMatchObject({ value: { completionTokensMax: 40 } })
    expect(boundOf(images)).toMatchObject({ value: { completionTokensMax: 1 } })
  })
})
