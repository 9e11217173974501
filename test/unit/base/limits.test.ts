import { expect, test } from 'vitest'
import * as limits from '../../../src/base/limits.ts'

test('every limit is a positive whole number whose name says what it bounds or counts', () => {
  const entries = Object.entries(limits)
  expect(entries.length).toBeGreaterThan(15)
  for (const [name, value] of entries) {
    expect(Number.isInteger(value) && value > 0, name).toBe(true)
    expect(name).toMatch(/(Max|Min|Ms|S|Tokens|Rows|Kept|Remembered)$/)
  }
})

test('limits that depend on each other agree', () => {
  // An event fits what is read of an answer, and what is held back fits what is read.
  expect(limits.sseEventBytesMax).toBeLessThan(limits.upstreamBodyBytesMax)
  expect(limits.heldBackBytesMax).toBeLessThan(limits.upstreamBodyBytesMax)
  // A whole body that was refused late can still be thrown away.
  expect(limits.discardedBodyBytesMax).toBeGreaterThan(limits.requestBodyBytesMax)
  // A stream may be silent for less than an answer in one piece may take.
  expect(limits.upstreamIdleTimeoutMs).toBeLessThanOrEqual(limits.upstreamFirstByteTimeoutMs)
  expect(limits.upstreamFirstByteTimeoutMs).toBeLessThanOrEqual(limits.upstreamWholeAnswerTimeoutMs)
  expect(limits.upstreamConnectTimeoutMs).toBeLessThan(limits.upstreamFirstByteTimeoutMs)
})
