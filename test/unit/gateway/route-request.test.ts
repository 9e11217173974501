import { expect, test } from 'vitest'
import { routeRequestOf } from '../../../src/gateway/route-request.ts'
import { channelIdOf } from '../../support/channels.ts'
import { inferenceRequest } from '../../support/requests.ts'

const messages = [{ role: 'user', content: 'x'.repeat(1_280) }]

test('what a request needs is estimated from its bytes and its bounds', () => {
  const request = inferenceRequest({ messages, max_tokens: 100, n: 3 })
  expect(routeRequestOf({ ...request, promptBytes: 1_280 })).toMatchObject({
    modelName: 'm',
    callerId: 'key_1',
    promptTokensMin: 10,
    promptTokensEstimate: 320,
    completionTokensEstimate: 300,
    reservedTokens: 620,
    needsSignature: false,
    body: request.body,
  })
})

test('without a bound the usual answer is expected, and more is set aside', () => {
  const request = inferenceRequest({ messages })
  expect(routeRequestOf({ ...request, promptBytes: 1_280 })).toMatchObject({
    completionTokensEstimate: 256,
    reservedTokens: 320 + 1_024,
  })
})

test('who pays by voucher is known by the channel', () => {
  const payer = { kind: 'channel', channelId: channelIdOf(3), payment: {} as never } as const
  expect(routeRequestOf({ ...inferenceRequest(), payer }).callerId).toBe(channelIdOf(3))
})
