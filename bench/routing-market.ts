/*
 * What contributors of the synthetic day ask and say of themselves, and what they get by it. All of them answer the same
 * requests with the same luck; only prices and reports differ.
 */
import { askAt, type PriceCurve, type PricePoint } from '../src/contributor/price-curve.ts'
import type { CapacityReport } from '../src/domain/capacity-report.ts'
import type { Contributor, Offer } from '../src/domain/contributor.ts'
import type { TokenPrices } from '../src/domain/price-sheet.ts'
import { type AtomicAmount, atomic } from '../src/domain/units.ts'
import type { ContributorPool } from '../src/routing/contributor-pool.ts'
import type { ContributorAtWork } from './routing-fate.ts'
import { dawnMs, dayMs, modelName, type SimulatedContributor } from './routing-world.ts'
import type { SimulatedTime } from './simulated-time.ts'

export type Market = {
  readonly name: string
  /** Whether its contributors report how many slots they have and how busy they are. */
  readonly reports: boolean
  /** Of the fixed price, what is asked by load; undefined asks the fixed price always. */
  readonly moves: readonly PricePoint[] | undefined
}

/** Idle at seven tenths of the fixed price, full at 1.4 times that price: twice the floor. */
const floorShare = { of: 7n, in: 10n }
const points: readonly PricePoint[] = [
  { load: 0, multiplier: 1 },
  { load: 1, multiplier: 2 },
]

export const markets: readonly Market[] = [
  { name: 'fixed prices, no reports', reports: false, moves: undefined },
  { name: 'fixed prices, slots reported', reports: true, moves: undefined },
  { name: 'auction', reports: true, moves: points },
]

const reportEveryMs = 5_000

/** The contributor as the gateway's operator lists it: an auction may move up to what is asked when full. */
export function listed(contributor: Contributor, { moves }: Market): Contributor {
  if (moves === undefined) return contributor
  const offers = contributor.offers.map((offer): Offer => {
    const most = { ...offer.prices, ...askAt(curveOf(offer.prices, moves), 1) }
    return { ...offer, priceMax: { prices: most, priceHash: offer.priceHash } }
  })
  return { ...contributor, offers }
}

/** From now on everybody reports every five seconds, where what it says has changed. */
export function reportAlways(
  day: {
    readonly time: SimulatedTime
    readonly pool: ContributorPool
    readonly atWork: ReadonlyMap<string, ContributorAtWork>
    readonly contributors: readonly SimulatedContributor[]
  },
  { reports, moves }: Market,
): void {
  if (!reports) return
  const { time, pool, atWork, contributors } = day
  const said = new Map<string, number>()
  const look = () => {
    for (const { contributor, slots, joinsAtMs } of contributors) {
      const { contributorId, offers } = contributor
      const running = atWork.get(contributorId)?.inFlight ?? 0
      if (time.nowMs < joinsAtMs || said.get(contributorId) === running) continue
      said.set(contributorId, running)
      const models = offers.map(({ prices }) => ({
        id: modelName,
        prices: moves === undefined ? prices : askAt(curveOf(prices, moves), running / slots),
      }))
      pool.heard(contributorId, { ...silence, running, slots, models }, time.nowMs)
    }
    if (time.nowMs < dawnMs + dayMs) time.in(reportEveryMs, look)
  }
  time.in(0, look)
}

const silence: CapacityReport = {
  running: 0,
  waiting: 0,
  slots: 0,
  tokensPerSecond: undefined,
  contextTokensMax: undefined,
  region: undefined,
  gpus: [],
  draining: false,
  models: [],
}

function curveOf(prices: TokenPrices, moves: readonly PricePoint[]): PriceCurve {
  const part = (price: AtomicAmount) => atomic((price * floorShare.of) / floorShare.in)
  const floor = {
    promptAtomicPerMtok: part(prices.promptAtomicPerMtok),
    cachedPromptAtomicPerMtok: part(prices.cachedPromptAtomicPerMtok),
    completionAtomicPerMtok: part(prices.completionAtomicPerMtok),
  }
  return { floor, points: moves }
}

/** Of what was earned: the median contributor's dollars, and the share of the best tenth. */
export function spreadOf(earned: readonly bigint[]): { median: number; topShare: number } {
  const sorted = [...earned].sort((a, b) => (a < b ? -1 : 1))
  const sum = (amounts: readonly bigint[]) => Number(amounts.reduce((all, one) => all + one, 0n))
  const top = sorted.slice(-Math.max(1, Math.round(sorted.length / 10)))
  return {
    median: Number(sorted[sorted.length >> 1] ?? 0n) / 1e6,
    topShare: sum(top) / Math.max(1, sum(sorted)),
  }
}
