import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AttemptOutcome,
  attemptBegan,
  attemptEnded,
  type Breaker,
  closedBreaker,
  judgeBreaker,
  outcomesMin,
  restFirstMs,
  restMaxMs,
  windowMs,
} from '../../../src/routing/circuit-breaker.ts'

const failed: AttemptOutcome = { kind: 'failed' }
const served: AttemptOutcome = { kind: 'served' }

/** One attempt from begin to end, at once. */
function attempt(breaker: Breaker, outcome: AttemptOutcome, nowMs: number): Breaker {
  const began = attemptBegan(breaker, nowMs)
  const { isProbe } = began
  return attemptEnded(began.breaker, { outcome, isProbe, beganAtMs: nowMs }, nowMs)
}

const failures = (count: number, atMs: number, from: Breaker = closedBreaker): Breaker =>
  Array.from({ length: count }).reduce<Breaker>((breaker) => attempt(breaker, failed, atMs), from)

describe('opening', () => {
  test(`${outcomesMin} failures open it for five seconds; one fewer do not`, () => {
    expect(judgeBreaker(failures(outcomesMin - 1, 0), 0)).toBe('admits')
    const open = failures(outcomesMin, 0)
    expect(judgeBreaker(open, restFirstMs - 1)).toBe('open')
    expect(judgeBreaker(open, restFirstMs)).toBe('admits_probe')
  })

  test('failures that are spread wider than the window do not', () => {
    let breaker = closedBreaker
    for (let count = 0; count < 20; count += 1) {
      breaker = attempt(breaker, failed, count * (windowMs / (outcomesMin - 1) + 1))
    }
    expect(breaker.phase).toBe('closed')
  })

  test('as many answers as failures do not open it, a few failures more do', () => {
    let breaker = closedBreaker
    for (let count = 0; count < 50; count += 1) {
      breaker = attempt(breaker, served, count * 100)
      breaker = attempt(breaker, failed, count * 100)
    }
    expect(breaker.phase).toBe('closed')
    expect(failures(3, 5_000, breaker).phase).toBe('open')
  })

  test('a busy one that breaks after a thousand answers is found within ten failures', () => {
    let breaker = closedBreaker
    for (let count = 0; count < 1_000; count += 1) breaker = attempt(breaker, served, count)
    expect(failures(5, 1_000, breaker).phase).toBe('closed')
    expect(failures(10, 1_000, breaker).phase).toBe('open')
  })
})

describe('the way back', () => {
  test('one probe at a time; an answer closes it', () => {
    const open = failures(outcomesMin, 0)
    const began = attemptBegan(open, restFirstMs)
    expect(began.isProbe).toBe(true)
    expect(judgeBreaker(began.breaker, restFirstMs)).toBe('open')
    expect(attemptBegan(began.breaker, restFirstMs).isProbe).toBe(false)
    const probe = { outcome: served, isProbe: true, beganAtMs: restFirstMs }
    const closed = attemptEnded(began.breaker, probe, restFirstMs + 10)
    expect(judgeBreaker(closed, restFirstMs + 10)).toBe('admits')
  })

  test('each probe that fails doubles the rest, up to five minutes', () => {
    let breaker = failures(outcomesMin, 0)
    let nowMs = 0
    for (const restMs of [5, 10, 20, 40, 80, 160, 300, 300].map((s) => s * 1000)) {
      expect(judgeBreaker(breaker, nowMs + restMs - 1)).toBe('open')
      expect(judgeBreaker(breaker, nowMs + restMs)).toBe('admits_probe')
      nowMs += restMs
      breaker = attempt(breaker, failed, nowMs)
    }
  })

  test('a probe whose caller leaves is followed by another at once', () => {
    const breaker = attempt(failures(outcomesMin, 0), { kind: 'neutral' }, restFirstMs)
    expect(judgeBreaker(breaker, restFirstMs)).toBe('admits_probe')
  })

  test('who fails again at once rests twice as long; who was well for longer than it rested does not', () => {
    const well = attempt(failures(outcomesMin, 0), served, restFirstMs)
    const atOnce = failures(outcomesMin, restFirstMs + 1_000, well)
    expect(atOnce.opensProbeAtMs - (restFirstMs + 1_000)).toBe(2 * restFirstMs)
    const later = failures(outcomesMin, 3 * restFirstMs, well)
    expect(later.opensProbeAtMs - 3 * restFirstMs).toBe(restFirstMs)
  })

  test('an answer asked for before it opened proves nothing, one asked for since does', () => {
    const open = failures(outcomesMin, 1_000)
    const old = { outcome: served, isProbe: false, beganAtMs: 999 }
    expect(attemptEnded(open, old, 2_000).phase).toBe('open')
    const since = { outcome: served, isProbe: false, beganAtMs: 1_500 }
    expect(attemptEnded(open, since, 2_000).phase).toBe('closed')
  })

  test('late failures of the same breakdown do not prolong the rest', () => {
    const open = failures(outcomesMin, 0)
    const late = { outcome: failed, isProbe: false, beganAtMs: 0 }
    expect(attemptEnded(open, late, 4_000)).toEqual(open)
  })
})

describe('being limited', () => {
  const limited: AttemptOutcome = { kind: 'limited', retryAfterMs: 7_000 }

  test('cools down for as long as was asked, and a shorter wish does not wake it', () => {
    const cooling = attempt(closedBreaker, limited, 0)
    expect(judgeBreaker(cooling, 6_999)).toBe('cooling')
    expect(judgeBreaker(cooling, 7_000)).toBe('admits')
    const shorter = { outcome: { ...limited, retryAfterMs: 1 }, isProbe: false, beganAtMs: 0 }
    expect(judgeBreaker(attemptEnded(cooling, shorter, 0), 6_999)).toBe('cooling')
  })

  test('a hundred times is no failure', () => {
    let breaker = closedBreaker
    for (let count = 0; count < 100; count += 1) breaker = attempt(breaker, limited, count)
    expect({ ...breaker, coolUntilMs: 0 }).toEqual(closedBreaker)
  })

  test('a probe that is limited is alive', () => {
    const breaker = attempt(failures(outcomesMin, 0), limited, restFirstMs)
    expect(judgeBreaker(breaker, restFirstMs + 6_999)).toBe('cooling')
    expect(judgeBreaker(breaker, restFirstMs + 7_000)).toBe('admits')
  })
})

type Step = { readonly waitMs: number; readonly begins: boolean; readonly outcome: AttemptOutcome }

/** A breaker and what is true of it whatever happens. */
class BreakerUnderTest {
  breaker = closedBreaker
  nowMs = 0
  running: { readonly isProbe: boolean; readonly beganAtMs: number }[] = []
  readonly seen = { probes: 0, opened: 0, closedAgain: 0 }

  step({ waitMs, begins, outcome }: Step): void {
    this.nowMs += waitMs
    const before = this.breaker.phase
    if (begins) this.begin()
    else this.end(outcome)
    const { phase } = this.breaker
    if (before !== 'open' && phase === 'open') this.seen.opened += 1
    if (before !== 'closed' && phase === 'closed') this.seen.closedAgain += 1
    this.check()
  }

  begin(): void {
    const verdict = judgeBreaker(this.breaker, this.nowMs)
    if (verdict === 'open' || verdict === 'cooling') return
    const { breaker, isProbe } = attemptBegan(this.breaker, this.nowMs)
    expect(isProbe).toBe(verdict === 'admits_probe')
    if (isProbe) this.seen.probes += 1
    this.breaker = breaker
    this.running.push({ isProbe, beganAtMs: this.nowMs })
  }

  end(outcome: AttemptOutcome): void {
    const first = this.running.shift()
    if (first === undefined) return
    this.breaker = attemptEnded(this.breaker, { outcome, ...first }, this.nowMs)
  }

  check(): void {
    const { breaker, nowMs } = this
    const probes = this.running.filter(({ isProbe }) => isProbe).length
    expect(probes).toBeLessThanOrEqual(1)
    if (breaker.phase === 'probing') expect(probes).toBe(1)
    if (breaker.phase !== 'open') return
    expect(breaker.opensProbeAtMs - nowMs).toBeLessThanOrEqual(restMaxMs)
    expect(judgeBreaker({ ...breaker, coolUntilMs: 0 }, nowMs + restMaxMs)).toBe('admits_probe')
  }
}

test('whatever happens, at most one probe is out, rests keep their bounds and the way back stays open', () => {
  const seen = { probes: 0, opened: 0, closedAgain: 0 }
  const step = fc.record<Step>({
    waitMs: fc.oneof({ weight: 9, arbitrary: fc.nat(300) }, fc.nat(20_000)),
    begins: fc.boolean(),
    outcome: fc.oneof<fc.MaybeWeightedArbitrary<AttemptOutcome>[]>(
      { weight: 9, arbitrary: fc.constant(failed) },
      { weight: 2, arbitrary: fc.constant(served) },
      fc.constant({ kind: 'neutral' }),
      fc.record({ kind: fc.constant('limited' as const), retryAfterMs: fc.nat(3_000) }),
    ),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 150 }), (steps) => {
      const tested = new BreakerUnderTest()
      for (const one of steps) tested.step(one)
      seen.probes += tested.seen.probes
      seen.opened += tested.seen.opened
      seen.closedAgain += tested.seen.closedAgain
    }),
  )
  expect(seen.opened).toBeGreaterThan(50)
  expect(seen.probes).toBeGreaterThan(20)
  expect(seen.closedAgain).toBeGreaterThan(5)
})
