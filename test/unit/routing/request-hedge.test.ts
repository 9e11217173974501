import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noPreferences } from '../../../src/domain/route-preferences.ts'
import type { Attempt } from '../../../src/routing/attempt.ts'
import { ContributorPool } from '../../../src/routing/contributor-pool.ts'
import { hedgeShareMax, samplesMin, savedMax } from '../../../src/routing/hedging.ts'
import type { RequestHedge } from '../../../src/routing/request-hedge.ts'
import { contributorOf, routeRequest } from '../../support/routing.ts'

const nowMs = 1_000_000_000

function poolOf(ids: readonly string[], hedgesAll = true) {
  const timers: { readonly delayMs: number; readonly run: () => void }[] = []
  const pool = new ContributorPool(
    ids.map((id) => contributorOf({ id })),
    {
      hedgesAll,
      schedule: (delayMs, run) => {
        const timer = { delayMs, run }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), 1)
      },
    },
  )
  const hedge = (stream = true, change: Parameters<typeof routeRequest>[0] = {}) =>
    pool.route(routeRequest(change)).hedge(stream)
  return { pool, timers, hedge }
}

const hedgeOf = (hedge: RequestHedge | undefined): RequestHedge => {
  if (hedge === undefined) throw new Error('it is hedged')
  return hedge
}

describe('who is hedged', () => {
  const wish = (hedge: boolean | undefined) => ({ preferences: { ...noPreferences, hedge } })

  test('nobody, unless the operator or the caller wants it', () => {
    expect(poolOf(['a', 'b'], false).hedge()).toBeUndefined()
    expect(poolOf(['a', 'b'], false).hedge(true, wish(undefined))).toBeUndefined()
    expect(poolOf(['a', 'b'], false).hedge(true, wish(true))).toBeDefined()
    expect(poolOf(['a', 'b'], true).hedge()).toBeDefined()
  })

  test('nobody who does not want it, whatever the operator says', () => {
    expect(poolOf(['a', 'b'], true).hedge(true, wish(false))).toBeUndefined()
  })

  test('nobody where one contributor alone may answer', () => {
    expect(poolOf(['a'], true).hedge()).toBeUndefined()
  })
})

describe('patience', () => {
  test('is not lost where the times are not known', () => {
    const { timers, hedge } = poolOf(['a', 'b'])
    const callOff = hedge()?.whenSlow(() => {})
    expect(timers).toEqual([])
    callOff?.()
  })

  test('is of first tokens for streams, and of whole answers for the others', () => {
    const { timers, hedge } = poolOf(['a', 'b'])
    for (let answer = 0; answer < samplesMin; answer += 1) {
      hedge(true)?.began(100)
      hedge(false)?.began(9_000)
    }
    hedge(true)?.whenSlow(() => {})
    hedge(false)?.whenSlow(() => {})
    const [first, whole] = timers.map(({ delayMs }) => delayMs)
    expect(first).toBeGreaterThanOrEqual(100)
    expect(first).toBeLessThan(100 * 1.125)
    expect(whole).toBeGreaterThanOrEqual(9_000)
  })

  test('ends once the answer has begun', () => {
    const { timers, hedge } = poolOf(['a', 'b'])
    for (let answer = 0; answer < samplesMin; answer += 1) hedge()?.began(100)
    const callOff = hedge()?.whenSlow(() => {})
    expect(timers).toHaveLength(1)
    callOff?.()
    expect(timers).toEqual([])
  })
})

describe('the budget', () => {
  test('asks nobody twice, and is given back where nobody has room', async () => {
    const { pool, hedge } = poolOf(['a', 'b'])
    for (let request = 0; request < 40; request += 1) hedge()?.whenSlow(() => {})
    const route = pool.route(routeRequest())
    const raced = hedgeOf(route.hedge(true))
    const asked = [await route.next(nowMs), await raced.next(nowMs)]
    const ids = asked.map((one) => {
      const attempt = one !== undefined && 'ok' in one ? (one.ok ? one.value : undefined) : one
      return attempt?.candidate.contributor.contributorId
    })
    expect([...ids].sort()).toEqual(['a', 'b'])
    // Nobody is left for it: the second of two hedges is still there.
    expect(await raced.next(nowMs)).toBeUndefined()
    expect(await hedgeOf(hedge()).next(nowMs)).toBeDefined()
    expect(await hedgeOf(hedge()).next(nowMs)).toBeUndefined()
  })

  test('H1: of any requests at once, answered, given back or not, a twentieth and ten at most are hedged', async () => {
    const seen = { hedged: 0, givenBack: 0, refused: 0 }
    const steps = fc.array(fc.constantFrom(...moves), { minLength: 200, maxLength: 2_000 })
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(40), async (taken, perRequest) => {
        const crowd = new Crowd(perRequest)
        for (const move of taken) {
          await crowd[move]()
          expect(crowd.hedges).toBeLessThanOrEqual(crowd.requests * hedgeShareMax + savedMax)
        }
        while (crowd.open.length > 0) crowd.end()
        for (const id of crowdIds) expect(crowd.pool.inFlight(id)).toBe(0)
        seen.hedged += crowd.hedges
        seen.givenBack += crowd.givenBack
        seen.refused += crowd.refused
      }),
    )
    expect(Math.min(seen.hedged, seen.givenBack, seen.refused)).toBeGreaterThan(0)
  })
})

const moves = ['request', 'hedge', 'end', 'giveBack'] as const
const crowdIds = ['a', 'b', 'c']

/** Requests that come and are hedged in any order. */
class Crowd {
  readonly #place = poolOf(crowdIds)
  readonly #perMove: number
  readonly pool = this.#place.pool
  readonly open: { readonly hedge: RequestHedge; readonly attempt: Attempt }[] = []
  requests = 0
  hedges = 0
  givenBack = 0
  refused = 0

  constructor(more: number) {
    this.#perMove = 1 + more
  }

  request(): void {
    for (let request = 0; request < this.#perMove; request += 1) {
      this.#place.hedge()?.whenSlow(() => {})
    }
    this.requests += this.#perMove
  }

  async hedge(): Promise<void> {
    const hedge = hedgeOf(this.#place.hedge())
    const attempt = await hedge.next(nowMs)
    if (attempt === undefined) this.refused += 1
    else this.hedges += 1
    if (attempt !== undefined) this.open.push({ hedge, attempt })
  }

  end(): void {
    this.open.pop()?.attempt.abandoned(nowMs)
  }

  giveBack(): void {
    const last = this.open.pop()
    if (last === undefined) return
    last.hedge.giveBack(last.attempt, nowMs)
    this.hedges -= 1
    this.givenBack += 1
  }
}
