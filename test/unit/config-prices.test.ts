import { describe, expect, test } from 'vitest'
import { contributorOf } from '../../src/cli/contributors-of.ts'
import { readYaml } from '../../src/config-fields.ts'
import { upstreamSection } from '../../src/config-upstreams.ts'
import { priceRoundedUp } from '../../src/domain/price-sheet.ts'
import { zeroAddress } from '../../src/domain/units.ts'

/** The offers of a model that is written so. */
function offersOf(model: Readonly<Record<string, unknown>>) {
  const upstream = {
    id: 'one',
    url: 'http://127.0.0.1:8000/v1',
    models: [{ id: 'm', contextTokensMax: 512, ...model }],
  }
  const text = JSON.stringify(upstream)
  const { value } = readYaml({ file: 'a file', text, environment: {} }, upstreamSection)
  const at = (path: string) => path
  const files = { resolve: at, at }
  const prices = { gateway: { operator: zeroAddress }, chain: { asset: zeroAddress } }
  return contributorOf(prices, value({ files, environment: {}, decimals: 6 })).offers
}

const costOf = (
  [offer]: ReturnType<typeof offersOf>,
  promptTokens: number,
  completionTokens: number,
) =>
  offer && priceRoundedUp(offer.prices, { promptTokens, cachedPromptTokens: 0, completionTokens })

describe('what a model is asked for', () => {
  test('a chat alone, where nothing is said', () => {
    const offers = offersOf({ price: { promptPerMtok: '1', completionPerMtok: '2' } })
    expect(offers).toHaveLength(1)
    expect(offers[0]).toMatchObject({ endpoints: ['chat/completions'], unit: 'token' })
  })

  test('what is counted in the same is one offer, anything else another with its own price', () => {
    const offers = offersOf({
      endpoints: ['chat/completions', 'embeddings', 'completions'],
      price: { promptPerMtok: '1', completionPerMtok: '2' },
    })
    expect(offers).toMatchObject([
      { endpoints: ['chat/completions', 'completions'], unit: 'token' },
      { endpoints: ['embeddings'], unit: 'vector' },
    ])
    expect(offers.map(({ prices }) => prices.completionAtomicPerMtok)).toEqual([2_000_000n, 0n])
    expect(new Set(offers.map(({ priceHash }) => priceHash)).size).toBe(2)
  })
})

describe('a price of one unit', () => {
  test.each([
    ['images/generations', { perImage: '0.04' }, 3, 120_000n],
    ['audio/transcriptions', { perSecond: '0.0001' }, 90, 9_000n],
    ['audio/speech', { perCharacter: '0.000015' }, 4_096, 61_440n],
    // Far less than the smallest unit of the asset: only many of them cost something.
    ['audio/speech', { perCharacter: '0.00000000015' }, 4_096, 1n],
    ['moderations', { perResult: '0' }, 7, 0n],
    ['embeddings', { promptPerMtok: '1', perVector: '0.5' }, 2, 1_000_000n],
  ] as const)('%s %j', (endpoint, price, units, cost) => {
    expect(costOf(offersOf({ endpoints: [endpoint], price }), 0, units)).toBe(cost)
  })

  test('an image model without one is paid by tokens', () => {
    const price = { promptPerMtok: '5', completionPerMtok: '40' }
    const offers = offersOf({ endpoints: ['images/generations', 'images/edits'], price })
    expect(offers).toMatchObject([
      { unit: 'token', endpoints: ['images/generations', 'images/edits'] },
    ])
    expect(costOf(offers, 10, 1_056)).toBe(50n + 42_240n)
  })

  test('what is heard or spoken may be longer than the context', () => {
    const model = { endpoints: ['audio/speech'], price: { perCharacter: '0.1' } }
    expect(offersOf(model)[0]?.completionTokensMax).toBe(4_096)
    expect(offersOf({ ...model, completionTokensMax: 9_000 })[0]?.completionTokensMax).toBe(9_000)
  })
})

test.each([
  ['a path that is none', { endpoints: ['files'] }, /endpoints\[0\].*one of chat\/completions/],
  ['no path', { endpoints: [] }, /endpoints.*at least one/],
  [
    'no price of what is served',
    { endpoints: ['images/generations'], price: { promptPerMtok: 1 } },
    /price\.perImage.*because the model serves images\/generations/,
  ],
  ['no price of a text', { price: { promptPerMtok: 1 } }, /price\.completionPerMtok/],
  ['no price of a prompt', { price: { completionPerMtok: 1 } }, /price\.promptPerMtok/],
  [
    'a price of what is not served',
    { price: { promptPerMtok: 1, completionPerMtok: 1, perImage: 1 } },
    /price\.perImage.*no endpoint of the model is counted so/,
  ],
  [
    'more decimals than a unit has',
    { endpoints: ['moderations'], price: { perResult: '0.0000000000001' } },
    /price\.perResult.*at most 12 decimals/,
  ],
])('%s is refused', (_name, change, complaint) => {
  const price = { promptPerMtok: 1, completionPerMtok: 1 }
  expect(() => offersOf({ price, ...change })).toThrow(complaint)
})
