/*
 * Whatever an engine reports, the usage that is charged is no more than the answer can hold and no more than it asked for.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Usage } from '../../src/domain/usage.ts'
import { type Observed, settleUnits, settleUsage } from '../../src/metering/settle-usage.ts'

const anyCount = fc.oneof(fc.nat(2 ** 32 - 1), fc.nat(300), fc.nat(20))
const anyReport: fc.Arbitrary<Usage> = fc
  .tuple(anyCount, anyCount, anyCount, anyCount)
  .map(([promptTokens, cached, completionTokens, reasoning]) => ({
    promptTokens,
    cachedPromptTokens: Math.min(cached, promptTokens),
    completionTokens,
    reasoningTokens: Math.min(reasoning, completionTokens),
  }))
/** What an answer looks like from outside: never more tokens than bytes. */
const anyObserved: fc.Arbitrary<Observed> = fc
  .record({
    completionBytes: fc.oneof(fc.constant(0), fc.nat(500)),
    counted: fc.option(fc.nat(100), { nil: undefined }),
    promptCounted: fc.option(fc.nat(200), { nil: undefined }),
    promptTokensMax: fc.nat(400),
    messageCount: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ completionBytes, counted, promptCounted, promptTokensMax, messageCount }) => ({
    completionBytes,
    completionTokensCounted: counted && Math.ceil((counted * completionBytes) / 100),
    promptTokensCounted: promptCounted && Math.min(promptCounted, promptTokensMax),
    promptTokensMax,
    messageCount,
  }))

/** End markers and the like, which an answer holds without showing them. */
const spareTokens = 8

test('never above what the answer can hold, whoever counted', () => {
  const sources = new Map<string, number>()
  fc.assert(
    fc.property(fc.option(anyReport, { nil: undefined }), anyObserved, (reported, observed) => {
      const usage = settleUsage(reported, observed)
      expect(usage.completionTokens).toBeLessThanOrEqual(
        observed.completionBytes * 1.25 + spareTokens,
      )
      expect(usage.cachedPromptTokens).toBeLessThanOrEqual(usage.promptTokens)
      expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.completionTokens)
      if (usage.completionTokens > 0) {
        const promptBound =
          observed.promptTokensMax * 1.25 + (observed.messageCount + 1) * spareTokens
        expect(usage.promptTokens).toBeLessThanOrEqual(promptBound)
      }
      sources.set(usage.source, (sources.get(usage.source) ?? 0) + 1)
    }),
    { numRuns: 3000 },
  )
  for (const source of ['reported', 'counted', 'corrected']) {
    expect(sources.get(source) ?? 0, source).toBeGreaterThan(100)
  }
})

test('never more than was reported, in any figure', () => {
  let compared = 0
  fc.assert(
    fc.property(anyReport, anyObserved, (reported, observed) => {
      const usage = settleUsage(reported, observed)
      for (const figure of [
        'promptTokens',
        'cachedPromptTokens',
        'completionTokens',
        'reasoningTokens',
      ] as const) {
        expect(usage[figure]).toBeLessThanOrEqual(reported[figure])
      }
      compared += 1
    }),
    { numRuns: 1000 },
  )
  expect(compared).toBe(1000)
})

test('a credible report is taken as it is', () => {
  let taken = 0
  fc.assert(
    fc.property(anyReport, anyObserved, (reported, observed) => {
      const { completionTokensCounted, completionBytes, promptTokensCounted, promptTokensMax } =
        observed
      const credible =
        completionBytes > 0 &&
        reported.completionTokens <= (completionTokensCounted ?? completionBytes) &&
        reported.promptTokens <= (promptTokensCounted ?? promptTokensMax)
      if (!credible) return
      expect(settleUsage(reported, observed)).toEqual({ ...reported, source: 'reported' })
      taken += 1
    }),
    { numRuns: 3000 },
  )
  expect(taken).toBeGreaterThan(100)
})

test('what was delivered is never free for want of a report', () => {
  let counted = 0
  fc.assert(
    fc.property(anyObserved, (observed) => {
      const usage = settleUsage(undefined, observed)
      if (observed.completionBytes === 0) {
        expect(usage.completionTokens).toBe(0)
        return
      }
      expect(usage.source).toBe('counted')
      if (observed.completionTokensCounted === undefined) {
        expect(usage.completionTokens).toBeGreaterThan(0)
      }
      counted += 1
    }),
  )
  expect(counted).toBeGreaterThan(10)
})

test('units are charged as they were seen, never beyond what was held or what a Work says', () => {
  let corrected = 0
  let charged = 0
  fc.assert(
    fc.property(
      fc.option(anyReport, { nil: undefined }),
      fc.record({
        units: fc.nat(100),
        unitsMax: fc.nat(100),
        source: fc.constantFrom('reported', 'counted', 'corrected'),
        promptTokensCounted: fc.option(fc.nat(200), { nil: undefined }),
        promptTokensMax: fc.nat(400),
        promptCount: fc.integer({ min: 1, max: 5 }),
      }),
      (report, seen) => {
        const usage = settleUnits(report, seen)
        expect(usage.completionTokens).toBeLessThanOrEqual(Math.min(seen.units, seen.unitsMax))
        expect(usage.cachedPromptTokens).toBeLessThanOrEqual(usage.promptTokens)
        if (report !== undefined) {
          expect(usage.completionTokens).toBeLessThanOrEqual(report.completionTokens)
          expect(usage.promptTokens).toBeLessThanOrEqual(report.promptTokens)
        } else expect(usage.source).toBe('counted')
        if (usage.completionTokens === 0) expect(usage.promptTokens).toBe(0)
        else charged += 1
        if (usage.source === 'corrected') corrected += 1
      },
    ),
  )
  expect(charged).toBeGreaterThan(0)
  expect(corrected).toBeGreaterThan(0)
})
