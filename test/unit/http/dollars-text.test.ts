import { expect, test } from 'vitest'
import { microUsd } from '../../../src/domain/exchange.ts'
import { dollarsText } from '../../../src/http/dollars-text.ts'

test.each([
  [0n, '0.00'],
  [1n, '0.000001'],
  [10n, '0.00001'],
  [10_000n, '0.01'],
  [12_300n, '0.0123'],
  [5_000_000n, '5.00'],
  [1_234_567_890n, '1234.56789'],
])('%d millionths are %s dollars', (amount, text) => {
  expect(dollarsText(microUsd(amount))).toBe(text)
})
