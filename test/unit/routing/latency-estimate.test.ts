import { expect, test } from 'vitest'
import { estimateMs, sampleLatency, unknownLatency } from '../../../src/routing/latency-estimate.ts'

const usual = Array.from({ length: 30 }).reduce<typeof unknownLatency>(
  (estimate) => sampleLatency(estimate, 100, 0),
  unknownLatency,
)

test('nothing is known before the first sample, which is then all that is known', () => {
  expect(estimateMs(unknownLatency, 0)).toBeUndefined()
  expect(estimateMs(sampleLatency(unknownLatency, 80, 0), 0)).toBe(80)
})

test('a peak is believed at once and forgotten within a minute', () => {
  const peak = sampleLatency(usual, 1_000, 0)
  expect(estimateMs(peak, 0)).toBe(1_000)
  expect(estimateMs(peak, 10_000)).toBeCloseTo(190 + 810 / Math.E)
  expect(estimateMs(peak, 60_000)).toBeLessThan(195)
})

test('one quick answer does not hide a peak', () => {
  const peak = sampleLatency(sampleLatency(usual, 1_000, 0), 50, 1_000)
  expect(estimateMs(peak, 1_000)).toBeGreaterThan(800)
})

test('the usual time stays while nobody asks', () => {
  expect(estimateMs(usual, 86_400_000)).toBeCloseTo(100)
})

test('a new usual time is learnt from about twenty samples', () => {
  let estimate = usual
  for (let count = 0; count < 20; count += 1) estimate = sampleLatency(estimate, 500, count)
  expect(estimate.usualMs).toBeGreaterThan(440)
  expect(estimate.usualMs).toBeLessThan(500)
})

test('a clock that goes back makes nothing larger than it was', () => {
  expect(estimateMs(sampleLatency(usual, 1_000, 5_000), 0)).toBe(1_000)
})
