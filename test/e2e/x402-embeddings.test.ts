/*
 * x402's published client, unmodified, pays for what is no chat: vectors by batch-settlement channel, images by one transfer.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GatewayConfig } from '../../src/config.ts'
import { atomic } from '../../src/domain/units.ts'
import { answerJson, embeddingList } from '../support/endpoint-answers.ts'
import { expectTheLawAt, requiredOf, responseOf } from '../support/x402-asking.ts'
import { openX402Place, type X402Place } from '../support/x402-place.ts'

let place: X402Place

/** The model is asked for vectors, and for images at 20 atomic units each. */
const withEndpoints = (config: GatewayConfig): GatewayConfig => ({
  ...config,
  upstreams: config.upstreams.map((upstream) => ({
    ...upstream,
    models: upstream.models.map((model) => {
      const [serving] = model.servings
      if (serving === undefined) throw new Error('the model is served')
      const vectors = { completionAtomicPerMtok: atomic(0n), unit: 'vector' } as const
      const images = { completionAtomicPerMtok: atomic(20_000_000n), unit: 'image' } as const
      return {
        ...model,
        servings: [
          { ...serving, ...vectors, endpoints: ['embeddings'] },
          { ...serving, ...images, endpoints: ['images/generations'] },
        ],
      }
    }),
  })),
})

beforeAll(async () => {
  place = await openX402Place(withEndpoints)
})
afterAll(() => place.stop())

const post = (fields: Readonly<Record<string, unknown>>) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'm', ...fields }),
})
const urlOf = (path: string): string => new URL(path, place.url).href

test('vectors are quoted by their prompts and paid by what the prompts had', async () => {
  const url = urlOf('/v1/embeddings')
  const asked = post({ input: ['twelve bytes', 'and more'] })
  const quoted = await fetch(url, asked)
  expect(quoted.status).toBe(402)
  // 20 bytes of both inputs, and 8 tokens around each and the answer.
  expect(requiredOf(quoted).accepts[0].amount).toBe('44')
  expect(requiredOf(quoted).resource.url).toBe(url)

  place.upstream.become(
    answerJson(embeddingList([[0.5], [1]], { prompt_tokens: 7, total_tokens: 7 })),
  )
  const buyer = await place.buyer()
  const answer = await buyer.fetch(url, asked)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ data: [{ embedding: [0.5] }, { embedding: [1] }] })
  expect(responseOf(answer)).toMatchObject({ success: true })
  expect(await expectTheLawAt(place, buyer)).toBe(7n)
})

test('images are paid by one transfer, and what it brought beyond them is credit', async () => {
  const image = Buffer.from('an image').toString('base64')
  place.upstream.become(answerJson({ data: [{ b64_json: image }] }))
  const buyer = await place.buyer({ scheme: 'exact' })
  const answer = await buyer.fetch(urlOf('/v1/images/generations'), post({ prompt: 'a cat', n: 2 }))
  expect(answer.status).toBe(200)
  expect(buyer.statuses).toEqual([402, 200])
  const [receipt] = place.receipts().slice(-1)
  // One image came, and the prompt's five bytes and sixteen tokens around it count a quarter.
  expect(receipt?.receipt).toMatchObject({ cost: '26', work: { completionTokens: 1 } })
})

test('a model that is not at a path is refused before anything is paid', async () => {
  const answer = await fetch(urlOf('/v1/audio/speech'), post({ input: 'a' }))
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { code: 'endpoint_not_offered' } })
})
