/*
 * Whatever contributors report, in whatever order, and whatever of it is nonsense: the pool never asks one for more at once than
 * its operator allows, never at more than its highest price, and never takes it for idler than silence would make it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashPriceSheet } from '../../src/chain/receipt-typed-data.ts'
import {
  type CapacityReport,
  readCapacityReport,
  writeCapacityReport,
} from '../../src/domain/capacity-report.ts'
import type { Contributor } from '../../src/domain/contributor.ts'
import type { TokenPrices } from '../../src/domain/price-sheet.ts'
import { atomic } from '../../src/domain/units.ts'
import type { Attempt } from '../../src/routing/attempt.ts'
import { ContributorPool } from '../../src/routing/contributor-pool.ts'
import { seededRandom } from '../../src/routing/seeded-random.ts'
import { anyAmount } from '../support/arbitraries.ts'
import { contributorOf, routeRequest } from '../support/routing.ts'

const nowMs = 1_000_000
const chat = { endpoint: 'chat/completions', modelName: 'm' } as const
const most = atomic(3_000_000n)
const prices = [
  'promptAtomicPerMtok',
  'cachedPromptAtomicPerMtok',
  'completionAtomicPerMtok',
] as const satisfies readonly (keyof TokenPrices)[]

function moving(id: string, concurrencyMax: number | undefined): Contributor {
  const contributor = contributorOf({ id, limits: { concurrencyMax } })
  const offers = contributor.offers.map((offer) => {
    const sheet = {
      ...offer.prices,
      promptAtomicPerMtok: most,
      cachedPromptAtomicPerMtok: most,
      completionAtomicPerMtok: most,
    }
    return { ...offer, priceMax: { prices: sheet, priceHash: hashPriceSheet(sheet) } }
  })
  return { ...contributor, offers }
}

const anyCount = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 10_000_000 }))
const anyPrice = fc.oneof(
  anyAmount,
  fc.bigInt({ min: 0n, max: 4_000_000n }).map((amount) => atomic(amount)),
)
const anyReport: fc.Arbitrary<CapacityReport> = fc.record({
  running: anyCount,
  waiting: anyCount,
  slots: anyCount,
  tokensPerSecond: fc.option(fc.record({ prompt: anyCount, completion: anyCount }), {
    nil: undefined,
  }),
  contextTokensMax: fc.option(anyCount, { nil: undefined }),
  region: fc.constantFrom('eu', undefined),
  gpus: fc.constant([]),
  draining: fc.boolean(),
  models: fc.array(
    fc.record({
      id: fc.constantFrom('m', 'another'),
      prices: fc.record({
        promptAtomicPerMtok: anyPrice,
        cachedPromptAtomicPerMtok: anyPrice,
        completionAtomicPerMtok: anyPrice,
      }),
    }),
    { maxLength: 3 },
  ),
})

/** One step of a day: somebody reports, or is asked for something. */
const anyStep = fc.oneof(
  fc.record({
    kind: fc.constant('hear' as const),
    report: fc.option(anyReport, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('ask' as const), report: fc.constant(undefined) }),
)

const unbounded = Number.POSITIVE_INFINITY

/** What holds of an attempt that was begun while this was what its contributor said last. */
function expectWithin(
  { candidate }: Attempt,
  before: number,
  bounds: { readonly limit: number; readonly said: CapacityReport | undefined },
): void {
  const { limit, said } = bounds
  expect(said?.draining ?? false).toBe(false)
  expect(before).toBeLessThan(Math.min(limit, said?.slots ?? unbounded))
  for (const price of prices) expect(candidate.offer.prices[price]).toBeLessThanOrEqual(most)
}

test('no report raises a limit, a price above its highest, or what is asked at once', async () => {
  let heard = 0
  let asked = 0
  await fc.assert(
    fc.asyncProperty(
      fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
      fc.array(anyStep, { maxLength: 40 }),
      async (limit = unbounded, steps) => {
        const listed = moving('a', limit === unbounded ? undefined : limit)
        const pool = new ContributorPool([listed], { random: seededRandom(3) })
        let said: CapacityReport | undefined
        for (const { kind, report } of steps) {
          const before = pool.inFlight('a')
          if (kind === 'hear') {
            said = report && readCapacityReport(writeCapacityReport(report))
            expect(said).toEqual(report)
            pool.heard('a', said, nowMs)
            heard += 1
            continue
          }
          const begun = await pool.route(routeRequest()).next(nowMs)
          if (!begun.ok) continue
          expectWithin(begun.value, before, { limit, said })
          asked += 1
        }
        expect(pool.report(nowMs)[0]?.concurrencyMax ?? unbounded).toBeLessThanOrEqual(limit)
        expect(pool.candidates(chat)).toHaveLength(1)
      },
    ),
  )
  expect(heard).toBeGreaterThan(0)
  expect(asked).toBeGreaterThan(0)
})

test('no bytes at all are a report by accident, and none throws', () => {
  let refused = 0
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
      (text) => {
        expect(readCapacityReport(text)).toBeUndefined()
        refused += 1
      },
    ),
  )
  expect(refused).toBeGreaterThan(0)
})
