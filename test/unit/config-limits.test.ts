import { expect, test } from 'vitest'
import { readYaml } from '../../src/config-fields.ts'
import { callerLimitsSection } from '../../src/config-limits.ts'
import { noLimits } from '../../src/domain/caller-limits.ts'
import { faultIn } from '../support/config-folder.ts'

const read = (text: string) =>
  readYaml({ file: 'vouch.yaml', text, environment: {} }, callerLimitsSection).value()
const faultOf = (text: string): string => faultIn(() => read(text)).message

test('keys and accounts have limits of their own, and what is not set is none', () => {
  expect(read('key:\n  requestsPerMinute: 3\n  spendPerDay: "5.00"\n')).toEqual({
    key: { ...noLimits, requestsPerMinuteMax: 3, spendPerDayMax: 5_000_000n },
    account: noLimits,
  })
  expect(read('account:\n  tokensPerMinute: 1000\n  concurrency: 2\n')).toEqual({
    key: noLimits,
    account: { ...noLimits, tokensPerMinuteMax: 1_000, concurrencyMax: 2 },
  })
})

test('a dollar has six decimals, whatever the assets have', () => {
  expect(read('key:\n  spendPerDay: 0.000001\n').key.spendPerDayMax).toBe(1n)
  expect(faultOf('key:\n  spendPerDay: "0.0000001"\n')).toContain('spendPerDay')
})

test.each([
  ['requestsPerMinute: 0', 'a whole number from 1'],
  ['concurrency: 1.5', 'a whole number'],
  ['tokensPerMinute: 1000000001', 'to 1000000000'],
  ['spendPerDay: 0', 'more than nothing'],
  ['requestsPerHour: 1', 'an unknown key'],
])('%s is refused', (text, expected) => {
  expect(faultOf(`key:\n  ${text}\n`)).toContain(expected)
})
