/*
 * A synthetic day for bench/simulate-routing.ts: two hundred contributors that differ in price, speed, reliability and
 * limits, and a day of requests. All of it is drawn from one seed; what happens to a request at a contributor depends on
 * the two alone, so that policies are compared on the same luck.
 */
import type { Contributor, Offer } from '../src/domain/contributor.ts'
import { address, atomic, unixSeconds, zeroAddress, zeroBytes32 } from '../src/domain/units.ts'
import { type Random, seededRandom } from '../src/routing/seeded-random.ts'

export const modelName = 'm'
const minuteMs = 60_000
const hourMs = 60 * minuteMs
export const dayMs: number = 24 * hourMs
/** The simulated day begins late enough for no time to be before zero. */
export const dawnMs = 86_400_000

export type Span = { readonly fromMs: number; readonly toMs: number }

/** A contributor as it really is, whatever it declares. */
export type SimulatedContributor = {
  readonly contributor: Contributor
  readonly joinsAtMs: number
  readonly firstTokenMs: number
  readonly promptTokensPerS: number
  readonly tokensPerS: number
  /** Beyond so many at once all of them slow down. */
  readonly slots: number
  readonly failureRate: number
  /** What it enforces, declared or not. */
  readonly requestsPerMinuteMax: number
  /** Conversations whose beginning stays in its cache. */
  readonly cachedConversations: number
  readonly refusing: readonly Span[]
  readonly hanging: readonly Span[]
  readonly denying: readonly Span[]
  readonly slow: readonly Span[]
}

export type SimulatedRequest = {
  readonly atMs: number
  readonly caller: number
  readonly conversation: number
  /** Tokens of the caller's system prompt, and of everything before the newest message. */
  readonly systemTokens: number
  readonly knownTokens: number
  readonly promptTokens: number
  readonly completionTokens: number
}

export const within = (spans: readonly Span[], nowMs: number): boolean =>
  spans.some(({ fromMs, toMs }) => nowMs >= fromMs && nowMs < toMs)

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
/** Log-normal: most near the median, a few far above. */
const around = (random: Random, median: number, spread: number): number =>
  median * Math.exp(spread * normal(random))
const between = (random: Random, min: number, max: number): number => min + random() * (max - min)
const whole = (random: Random, min: number, max: number): number =>
  Math.floor(between(random, min, max + 1))

function spans(random: Random, chance: number, lengthMs: readonly [number, number]): Span[] {
  const found: Span[] = []
  while (random() < chance && found.length < 3) {
    const fromMs = dawnMs + random() * dayMs
    found.push({ fromMs, toMs: fromMs + between(random, ...lengthMs) })
  }
  return found
}

export function drawContributors(seed: number, count: number): readonly SimulatedContributor[] {
  const random = seededRandom(seed * 7_919 + 1)
  return Array.from({ length: count }, (_, index) => drawContributor(random, index))
}

function drawContributor(random: Random, index: number): SimulatedContributor {
  const isLentKey = random() < 0.4
  // One in ten joins during the day, and one in four of those asks for little and gives less.
  const isNewcomer = index % 10 === 9
  const isBait = isNewcomer && index % 40 === 39
  const quality = normal(random)
  // Dear ones tend to be fast and sound, which a policy that looks at one measure only cannot use.
  const price = isBait ? 0.15 : around(random, 2, 0.45) * Math.exp(0.25 * quality)
  const slots = isLentKey ? whole(random, 2, 16) : whole(random, 1, 4)
  const requestsPerMinuteMax = isLentKey ? whole(random, 3, 60) : Number.POSITIVE_INFINITY
  const declaresLimits = random() < 0.8
  const declaresConcurrency = random() < 0.7
  return {
    contributor: {
      contributorId: `c${index}`,
      baseUrl: 'http://127.0.0.1:1/v1',
      authorization: undefined,
      identity: isLentKey
        ? undefined
        : { operator: address(`0x${'0a'.repeat(20)}`), signingAddresses: [] },
      offers: [drawOffer(random, price)],
      limits: {
        requestsPerMinuteMax: isLentKey && declaresLimits ? requestsPerMinuteMax : undefined,
        tokensPerMinuteMax: isLentKey && declaresLimits ? requestsPerMinuteMax * 4_000 : undefined,
        concurrencyMax: declaresConcurrency ? slots : undefined,
      },
    },
    joinsAtMs: isNewcomer ? dawnMs + random() * dayMs * 0.7 : dawnMs,
    firstTokenMs: around(random, 250, 0.4) * Math.exp(-0.3 * quality) * (isBait ? 4 : 1),
    promptTokensPerS: around(random, 4_000, 0.4),
    tokensPerS: around(random, 60, 0.35) * Math.exp(0.2 * quality) * (isBait ? 0.3 : 1),
    slots,
    failureRate: isBait ? 0.5 : failureRateOf(random),
    requestsPerMinuteMax,
    cachedConversations: slots * 8,
    refusing: spans(random, 0.15, [minuteMs, 40 * minuteMs]),
    hanging: spans(random, 0.1, [minuteMs, 20 * minuteMs]),
    denying: spans(random, 0.02, [hourMs, 5 * hourMs]),
    slow: spans(random, 0.15, [5 * minuteMs, 2 * hourMs]),
  }
}

function failureRateOf(random: Random): number {
  const kind = random()
  if (kind < 0.03) return 0.3
  return kind < 0.13 ? between(random, 0.03, 0.1) : 0.002
}

/** `price`: dollars per million completion tokens; the prompt costs a quarter, and cached a tenth to a half of that. */
function drawOffer(random: Random, price: number): Offer {
  const atomicOf = (dollars: number) => atomic(BigInt(Math.round(dollars * 1_000_000)))
  return {
    modelName,
    upstreamModelName: modelName,
    modelId: zeroBytes32,
    contextTokensMax: 128_000,
    completionTokensMax: 4_096,
    prices: {
      operator: zeroAddress,
      modelId: zeroBytes32,
      asset: zeroAddress,
      promptAtomicPerMtok: atomicOf(price / 4),
      cachedPromptAtomicPerMtok: atomicOf((price / 4) * between(random, 0.1, 0.5)),
      completionAtomicPerMtok: atomicOf(price),
      validFrom: unixSeconds(0),
      validUntil: unixSeconds(0),
    },
    priceHash: zeroBytes32,
  }
}

const callers = 40
const turnsMean = 4
const thinkMeanMs = 45_000

/** Requests in the order of their time: conversations that begin more often by day, and three bursts of two minutes. */
export function drawRequests(seed: number, perSecond: number): readonly SimulatedRequest[] {
  const random = seededRandom(seed * 7_919 + 2)
  const systemTokens = Array.from({ length: callers }, () => Math.round(around(random, 700, 0.8)))
  const bursts = Array.from({ length: 3 }, () => dawnMs + random() * dayMs)
  const requests: SimulatedRequest[] = []
  const peakPerMs = (perSecond / turnsMean / 1_000) * 1.8
  let conversation = 0
  for (let atMs = dawnMs; atMs < dawnMs + dayMs; ) {
    const isBurst = bursts.some((fromMs) => atMs >= fromMs && atMs < fromMs + 2 * minuteMs)
    const height = isBurst ? 10 : 1
    atMs += -Math.log(1 - random()) / (peakPerMs * height)
    const daylight = 0.55 - 0.45 * Math.cos((2 * Math.PI * (atMs - dawnMs)) / dayMs)
    if (!isBurst && random() > daylight) continue
    conversation += 1
    // A few callers ask most.
    const caller = Math.floor(callers * random() ** 2)
    drawTurns(random, requests, {
      atMs,
      caller,
      conversation,
      systemTokens: systemTokens[caller] ?? 0,
    })
  }
  return requests.sort((a, b) => a.atMs - b.atMs)
}

function drawTurns(
  random: Random,
  requests: SimulatedRequest[],
  of: Pick<SimulatedRequest, 'atMs' | 'caller' | 'conversation' | 'systemTokens'>,
): void {
  let { atMs } = of
  let knownTokens = of.systemTokens
  do {
    const newTokens = Math.round(around(random, 120, 0.8))
    const completionTokens = Math.max(1, Math.min(2_000, Math.round(around(random, 220, 0.8))))
    const promptTokens = knownTokens + newTokens
    requests.push({ ...of, atMs, knownTokens, promptTokens, completionTokens })
    knownTokens = promptTokens + completionTokens
    atMs += 5_000 - Math.log(1 - random()) * thinkMeanMs
  } while (random() < 1 - 1 / turnsMean)
}
