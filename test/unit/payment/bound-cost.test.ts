import { describe, expect, test } from 'vitest'
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
