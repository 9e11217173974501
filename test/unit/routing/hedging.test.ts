import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Hedging, hedgeShareMax, samplesMin, savedMax } from '../../../src/routing/hedging.ts'

describe('patience', () => {
  test('is unknown before there are enough times, and of one model only', () => {
    const hedging = new Hedging()
    for (let count = 1; count < samplesMin; count += 1) hedging.answered('m', 100)
    expect(hedging.patienceMs('m')).toBeUndefined()
    hedging.answered('m', 100)
    expect(hedging.patienceMs('m')).toBeGreaterThanOrEqual(100)
    expect(hedging.patienceMs('n')).toBeUndefined()
  })

  test('is the time within which nineteen in twenty begin, to an eighth', () => {
    const hedging = new Hedging()
    for (let count = 0; count < 1_000; count += 1) hedging.answered('m', 1 + count)
    expect(hedging.patienceMs('m')).toBeGreaterThanOrEqual(950)
    expect(hedging.patienceMs('m')).toBeLessThan(950 * 1.125)
  })

  test('follows when the model becomes slower', () => {
    const hedging = new Hedging()
    for (let count = 0; count < 10_000; count += 1) hedging.answered('m', 100)
    for (let count = 0; count < 2_000; count += 1) hedging.answered('m', 3_000)
    expect(hedging.patienceMs('m')).toBeGreaterThan(2_900)
  })

  test('times below and above all buckets are counted', () => {
    const hedging = new Hedging()
    for (let count = 0; count < samplesMin; count += 1) hedging.answered('m', 0)
    expect(hedging.patienceMs('m')).toBe(1)
    for (let count = 0; count < 40 * samplesMin; count += 1) hedging.answered('m', 1e9)
    expect(hedging.patienceMs('m')).toBeGreaterThan(600_000)
  })
})

describe('budget', () => {
  test('nothing is hedged before twenty requests', () => {
    const hedging = new Hedging()
    for (let count = 0; count < 19; count += 1) hedging.requested()
    expect(hedging.take()).toBe(false)
    hedging.requested()
    expect(hedging.take()).toBe(true)
    expect(hedging.take()).toBe(false)
  })

  test('is saved up, but not without end', () => {
    const hedging = new Hedging()
    for (let count = 0; count < 10_000; count += 1) hedging.requested()
    let hedges = 0
    while (hedging.take()) hedges += 1
    expect(hedges).toBe(savedMax)
  })

  test('no more than a twentieth of any stretch of requests, and what was saved', () => {
    let taken = 0
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 50, maxLength: 400 }), (wants) => {
        const hedging = new Hedging()
        const hedges: number[] = []
        for (const [at, isWanted] of wants.entries()) {
          hedging.requested()
          if (isWanted && hedging.take()) hedges.push(at)
        }
        for (const [first, from] of hedges.entries()) {
          const last = hedges.length - 1
          const stretch = (hedges[last] ?? 0) - from + 1
          expect(last - first + 1).toBeLessThanOrEqual(stretch * hedgeShareMax + savedMax + 1)
        }
        expect(hedges.length).toBeLessThanOrEqual(wants.length * hedgeShareMax + 1e-6)
        taken += hedges.length
      }),
    )
    expect(taken).toBeGreaterThan(100)
  })
})
