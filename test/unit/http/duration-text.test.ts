import { expect, test } from 'vitest'
import { durationText } from '../../../src/http/duration-text.ts'

test.each([
  [0, '0ms'],
  [0.2, '1ms'],
  [120, '120ms'],
  [999.1, '1s'],
  [1_000, '1s'],
  [8_640, '8.64s'],
  [20_000, '20s'],
  [59_999, '59.999s'],
  [60_000, '1m0s'],
  [86_400, '1m26.4s'],
  [360_000, '6m0s'],
  [3_600_000, '1h0m0s'],
  [86_400_000, '24h0m0s'],
  [5_025_001, '1h23m45.001s'],
])('%d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})
