/*
 * x402's published client, unmodified, pays for the tensors of a provable model.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GatewayConfig } from '../../src/config.ts'
import { atomic } from '../../src/domain/units.ts'
import { answerUnsigned, tinyAnswer, tinyTensors } from '../support/tensor-upstream.ts'
import { expectTheLawAt, requiredOf, responseOf } from '../support/x402-asking.ts'
import { openX402Place, type X402Place } from '../support/x402-place.ts'

let place: X402Place

/** The model is asked for values, at 10 atomic units each, and takes each for one. */
const withTensors = (config: GatewayConfig): GatewayConfig => ({
  ...config,
  upstreams: config.upstreams.map((upstream) => ({
    ...upstream,
    models: upstream.models.map((model) => ({
      ...model,
      contextTokensMax: 3,
      tensors: tinyTensors,
      servings: [
        {
          promptAtomicPerMtok: atomic(1_000_000n),
          cachedPromptAtomicPerMtok: atomic(1_000_000n),
          completionAtomicPerMtok: atomic(10_000_000n),
          endpoints: ['inference'] as const,
          unit: 'value' as const,
        },
      ],
    })),
  })),
})

beforeAll(async () => {
  place = await openX402Place(withTensors)
  place.upstream.become(answerUnsigned)
})
afterAll(() => place.stop())

const post = (fields: Readonly<Record<string, unknown>>) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(fields),
})
const input = [1, -2, 6.25]

test('a tensor is quoted and paid by its values, exactly', async () => {
  const url = new URL('/v1/inference/m', place.url).href
  const quoted = await fetch(url, post({ input }))
  expect(quoted.status).toBe(402)
  expect(requiredOf(quoted).accepts[0].amount).toBe('23')
  expect(requiredOf(quoted).resource.url).toBe(url)
  const buyer = await place.buyer()
  const answer = await buyer.fetch(url, post({ input }))
  expect(answer.status).toBe(200)
  const output = [...tinyAnswer([16, -32, 100])]
  expect(await answer.json()).toMatchObject({ object: 'vouch.inference', integers: { output } })
  expect(responseOf(answer)).toMatchObject({ success: true })
  expect(await expectTheLawAt(place, buyer)).toBe(23n)
})

test('a proof that nobody can make here is refused before anything is paid', async () => {
  const url = new URL('/v1/inference/m', place.url).href
  const buyer = await place.buyer()
  const answer = await buyer.fetch(url, post({ input, attestation: { mode: 'zk', wait: true } }))
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ error: { code: 'proof_not_offered' } })
  expect(place.receipts().filter(({ receipt }) => receipt.tiers === 64)).toEqual([])
})
