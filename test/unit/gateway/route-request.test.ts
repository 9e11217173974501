import { expect, test } from 'vitest'
import { routeRequestOf } from '../../../src/gateway/route-request.ts'
import { channelIdOf } from '../../support/channels.ts'
import { inferenceRequest } from '../../support/requests.ts'

const messages = [{ role: 'user', content: 'x'.repeat(1_280) }]

test('what a request needs is estimated from its bytes and its bounds', () => {
  const request = inferenceRequest({ messages, max_tokens: 100, n: 3 })
  expect(routeRequestOf({ ...request, promptBytes: 1_280 }, 6)).toMatchObject({
    modelName: 'm',
    callerId: 'key_1',
    // Its line in the queue is the account's: more keys are no more lines.
    accountId: request.payer.channelId,
    promptTokensMin: 10,
    promptTokensEstimate: 320,
    completionTokensEstimate: 300,
    reservedTokens: 620,
    needsSignature: false,
    preferences: undefined,
    priceMax: undefined,
    body: request.body,
  })
})

test('without a bound the usual answer is expected, and more is set aside', () => {
  const request = inferenceRequest({ messages })
  expect(routeRequestOf({ ...request, promptBytes: 1_280 }, 6)).toMatchObject({
    completionTokensEstimate: 256,
    reservedTokens: 320 + 1_024,
  })
})

test('who pays by voucher is known by the channel', () => {
  const payer = { kind: 'channel', channelId: channelIdOf(3), payment: {} as never } as const
  expect(routeRequestOf({ ...inferenceRequest(), payer }, 6).callerId).toBe(channelIdOf(3))
})

test.each([
  [6, 250_000n, undefined],
  [18, 250_000_000_000_000_000n, undefined],
  [2, 25n, undefined],
  [0, 0n, 7n],
] as const)(
  'a price bound is counted in an asset of %d decimals, rounded down',
  (decimals, prompt, completion) => {
    const max_price = {
      prompt: '0.25',
      ...(completion !== undefined && { completion: '7.999999' }),
    }
    const request = inferenceRequest({ routing: { max_price } })
    expect(routeRequestOf(request, decimals).priceMax).toEqual({ prompt, completion })
  },
)

test('what the client says of who answers is handed on; nothing else of it is looked up', () => {
  const routing = { only: ['a'], region: 'eu' }
  const request = inferenceRequest({ routing, attestation: { mode: 'signed' } })
  const route = routeRequestOf(request, 6)
  expect(route).toMatchObject({ preferences: routing, needsSignature: true, priceMax: undefined })
  expect(JSON.parse(route.body.toString())).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
  })
})
