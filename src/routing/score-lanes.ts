import type { RateWindowStore } from '../store/rate-window-store.ts'
import type { RouteRequest } from './filter-lanes.ts'
import { assumedConcurrency, type Lane } from './lane.ts'
import { estimateMs } from './latency-estimate.ts'

/**
 * What each term weighs; each is 0 … 1, so that a weight is what the term can decide.
 *
 * price  most, because it is what callers compare and what no contributor can improve by being idle. Above the median it
 *        falls with the inverse square (OpenRouter's weight): see `merit`.
 * time   nearly as much: expected time of the whole answer, times what is in flight already.
 * prefix a hit saves the prompt's work and, where cached tokens are cheaper, most of its price; but only the prompt's.
 * trust  decides between equals: who answers what it is asked, and signs it.
 * load   subtracted as far as it is above the mean: to be full costs as much as all merits together are worth.
 */
const weights = { price: 0.35, time: 0.3, prefix: 0.2, trust: 0.15, load: 1 } as const

/** A cached prefix is no reason to wait in a line: affinity ends where the load is more than this times the mean. */
const affinityLoadMax = 1.5

export type Facts = {
  /** Expected price of the request, in any one unit. */
  readonly price: number
  /** Expected time of the answer, with what is in flight; undefined where nothing was seen yet. */
  readonly timeMs: number | undefined
  /** How much of the prompt's beginning it answered last, 0 … 1. */
  readonly prefixShare: number
  /** How much of what it can do is in use, 0 … 1. */
  readonly load: number
  /** 0 … 1. */
  readonly trust: number
}

export function factsOf(
  lane: Lane,
  request: RouteRequest,
  seen: {
    readonly windows: RateWindowStore
    readonly nowMs: number
    readonly prefixShare: number
  },
): Facts {
  const { station, health } = lane
  const { windows, nowMs, prefixShare } = seen
  return {
    price:
      lane.promptPrice * request.promptTokensEstimate +
      lane.completionPrice * request.completionTokensEstimate,
    timeMs: expectedTimeMs(lane, request.completionTokensEstimate, nowMs),
    prefixShare,
    load: loadOf(lane, windows, nowMs),
    trust: (cubed(health.uptime) + (station.contributor.identity === undefined ? 0 : 1)) / 2,
  }
}

/** Cubed, one that answers nine times in ten loses a quarter of its trust: each miss costs another's time. */
const cubed = (uptime: number): number => uptime * uptime * uptime

/** PeakEWMA × (in flight + 1), where one that does several at once counts them by what it can do. */
function expectedTimeMs(lane: Lane, tokens: number, nowMs: number): number | undefined {
  const { firstToken, perToken } = lane.health
  const firstTokenMs = estimateMs(firstToken, nowMs)
  const perTokenMs = estimateMs(perToken, nowMs)
  if (firstTokenMs === undefined && perTokenMs === undefined) return undefined
  const aloneMs = (firstTokenMs ?? 0) + (perTokenMs ?? 0) * tokens
  const { inFlight, concurrencyMax } = lane.station
  return aloneMs * (1 + inFlight / Math.max(1, Math.min(concurrencyMax, assumedConcurrency)))
}

/** The scarcest of concurrency, requests and tokens per minute. */
function loadOf(lane: Lane, windows: RateWindowStore, nowMs: number): number {
  const { inFlight, heard, loadSlots, requestLimit, tokenLimit } = lane.station
  // What it does for other gateways is its own word, and only makes it look busier.
  const busy = inFlight + (heard?.ofOthers ?? 0)
  let load = loadSlots === 0 ? 1 : Math.min(1, busy / loadSlots)
  if (requestLimit !== undefined) load = Math.max(load, windows.usedShare(requestLimit, nowMs))
  if (tokenLimit !== undefined) load = Math.max(load, windows.usedShare(tokenLimit, nowMs))
  return load
}

/** One score for each, in the order given: the higher the better, comparable only with each other. */
export function scoreAll(all: readonly Facts[]): readonly number[] {
  const priceMedian = medianOf(all, ({ price }) => price)
  const timeMedian = medianOf(all, ({ timeMs }) => timeMs)
  let loadMean = 0
  for (const { load } of all) loadMean += load / all.length
  return all.map(({ price, timeMs, prefixShare, load, trust }) => {
    const prefix = load > affinityLoadMax * loadMean + loadSlack ? 0 : prefixShare
    return (
      weights.price * merit(price, priceMedian) +
      weights.time * merit(timeMs, timeMedian) +
      weights.prefix * prefix +
      weights.trust * trust -
      weights.load * Math.max(0, load - loadMean)
    )
  })
}

/**
 * A half at the median, a fifth at twice the median, nearly one far below. Measured by the median and not by the best, so
 * that one that asks next to nothing does not make all others look alike.
 */
function merit(value: number | undefined, median: number): number {
  // Nothing known yet counts as good: that is how it becomes known.
  if (value === undefined) return unknownMerit
  const ratio = value / median
  return value <= 0 ? 1 : 1 / (1 + ratio * ratio)
}

const unknownMerit = 0.75

/** Of what is known; the lower of two in the middle. */
function medianOf(all: readonly Facts[], measure: (facts: Facts) => number | undefined): number {
  const values = new Float64Array(all.length)
  let count = 0
  for (const facts of all) {
    const value = measure(facts)
    if (value === undefined) continue
    values[count] = value
    count += 1
  }
  return values.subarray(0, count).sort()[(count - 1) >> 1] ?? 0
}

/** One request of a nearly idle pool is more than any multiple of the mean; so little is no load. */
const loadSlack = 1 / assumedConcurrency
