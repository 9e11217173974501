import { expect, test } from 'vitest'
import { chooseModels, describeLeftOut } from '../../../src/contributor/choose-models.ts'
import type { FoundModel } from '../../../src/contributor/find-engines.ts'
import {
  ceilingOf,
  earnedPrices,
  priceAbove,
  proposePrices,
  withCachedPrice,
} from '../../../src/contributor/propose-prices.ts'
import { atomic, bytes32 } from '../../../src/domain/units.ts'

const prices = (prompt: bigint, cached: bigint, completion: bigint) => ({
  promptAtomicPerMtok: atomic(prompt),
  cachedPromptAtomicPerMtok: atomic(cached),
  completionAtomicPerMtok: atomic(completion),
})
const most = (prompt: bigint, cached: bigint, completion: bigint) => ({
  prompt: atomic(prompt),
  cached_prompt: atomic(cached),
  completion: atomic(completion),
})

const weights = bytes32(`0x${'ab'.repeat(32)}`)
const terms = {
  models: [
    { id: 'vouch-mini', model_id: weights, price_max: most(100_000n, 50_000n, 400_000n) },
    { id: 'llama-8b', model_id: null, price_max: most(50_000n, 50_000n, 80_000n) },
  ],
  any_model: null,
}
const anyModel = { ...terms, any_model: { price_max: most(10n, 5n, 40n) } }

const found = (id: string, facts: Partial<FoundModel> = {}): FoundModel => ({
  id,
  contextTokensMax: 4096,
  details: undefined,
  writesText: true,
  modelId: undefined,
  weightsPath: undefined,
  ...facts,
})

const choose = (wishes: Partial<Parameters<typeof chooseModels>[0]>) =>
  chooseModels({
    found: [],
    terms,
    chosen: [],
    priceOf: () => undefined,
    contextTokens: undefined,
    ...wishes,
  })

test('a proposal is four fifths of the most that is paid, and never nothing where something is', () => {
  expect(proposePrices(prices(100_000n, 50_001n, 400_000n))).toEqual(
    prices(80_000n, 40_000n, 320_000n),
  )
  expect(proposePrices(prices(1n, 0n, 4n))).toEqual(prices(1n, 0n, 3n))
  expect(earnedPrices(prices(80_000n, 3n, 320_000n), 1000)).toEqual(prices(72_000n, 2n, 288_000n))
})

test('a price of your own gets its cached share from the ceiling, and is compared with it', () => {
  const ceiling = prices(100_000n, 50_000n, 400_000n)
  const own = withCachedPrice(prices(60_001n, 0n, 400_000n), ceiling)
  expect(own).toEqual(prices(60_001n, 30_000n, 400_000n))
  expect(priceAbove(own, ceiling)).toBeUndefined()
  expect(priceAbove(prices(100_001n, 0n, 0n), ceiling)).toBe('prompt')
  expect(priceAbove(prices(0n, 0n, 400_001n), ceiling)).toBe('completion')
  expect(withCachedPrice(prices(5n, 0n, 1n), prices(0n, 0n, 9n))).toEqual(prices(5n, 0n, 1n))
})

test('without a choice all is offered that the gateway takes, and what is not says why', () => {
  const { offers, leftOut } = choose({
    found: [
      found('llama-8b'),
      found('vouch-mini', { modelId: weights, contextTokensMax: 1024 }),
      found('secret'),
      found('vectors', { writesText: false }),
    ],
  })
  expect(offers.map((offer) => [offer.publicId, offer.contextTokensMax, offer.prices])).toEqual([
    ['llama-8b', 4096, prices(40_000n, 40_000n, 64_000n)],
    ['vouch-mini', 1024, prices(80_000n, 40_000n, 320_000n)],
  ])
  expect(leftOut).toEqual([
    { publicId: 'secret', why: 'not_taken' },
    { publicId: 'vectors', why: 'makes_no_text' },
  ])
  expect(ceilingOf(anyModel, 'secret')).toEqual(prices(10n, 5n, 40n))
  expect(choose({ terms: anyModel, found: [found('secret')] }).offers).toHaveLength(1)
})

test('weights that a gateway pins are taken from an engine that knows them, or from who says so', () => {
  const other = found('vouch-mini', { modelId: `0x${'00'.repeat(32)}` })
  const unknown = found('vouch-mini')
  const named = [{ upstreamId: 'vouch-mini', publicId: 'vouch-mini' }]
  expect(choose({ found: [unknown] }).leftOut).toEqual([
    { publicId: 'vouch-mini', why: 'other_weights' },
  ])
  expect(choose({ found: [unknown], chosen: named }).offers[0]?.pinnedModelId).toBe(weights)
  expect(choose({ found: [other], chosen: named }).offers).toEqual([])
})

test('a model goes by another name, a context comes from a person, and a price beyond the ceiling is none', () => {
  const mine = [{ upstreamId: 'Meta-Llama.gguf', publicId: 'llama-8b' }]
  const engine = [found('Meta-Llama.gguf', { contextTokensMax: undefined })]
  expect(choose({ found: engine, chosen: mine }).leftOut).toEqual([
    { publicId: 'llama-8b', why: 'context_unknown' },
  ])
  const [offer] = choose({ found: engine, chosen: mine, contextTokens: 8192 }).offers
  expect(offer).toMatchObject({ publicId: 'llama-8b', contextTokensMax: 8192 })
  expect(offer?.model.id).toBe('Meta-Llama.gguf')
  const dear = choose({
    found: [found('llama-8b')],
    priceOf: (publicId) => (publicId === 'llama-8b' ? prices(50_001n, 0n, 1n) : undefined),
  })
  expect(dear.leftOut).toEqual([{ publicId: 'llama-8b', why: 'price_too_high' }])
  expect(choose({ chosen: mine }).leftOut).toEqual([
    { publicId: 'llama-8b', why: 'unknown_to_engine' },
  ])
})

test('one order names sixteen models at most', () => {
  const many = Array.from({ length: 18 }, (_, i) => found(`model-${i}`))
  const { offers, leftOut } = choose({ terms: anyModel, found: many })
  expect(offers).toHaveLength(16)
  expect(leftOut.map(({ why }) => why)).toEqual(['one_too_many', 'one_too_many'])
  expect(describeLeftOut('one_too_many')).toContain('16')
})
