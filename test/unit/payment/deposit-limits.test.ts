import { expect, test } from 'vitest'
import { address, atomic } from '../../../src/domain/units.ts'
import { DepositLimits } from '../../../src/payment/deposit-limits.ts'

const payer = address(`0x${'1'.repeat(40)}`)
const other = address(`0x${'2'.repeat(40)}`)
const hourMs = 3_600_000
const limits = (confirmations = 3) =>
  new DepositLimits({
    minimumAmount: atomic(1n),
    deniedPayers: new Set(),
    perPayerPerHour: 2,
    confirmations,
    atOnceMaxAmount: atomic(10n),
    atOncePerHourAmount: atomic(25n),
  })

test('so many deposits of a payer an hour, and then the seconds until the next hour', () => {
  const counted = limits()
  const nowMs = 5 * hourMs + 1_000
  expect([counted.take(payer, nowMs), counted.take(payer, nowMs)]).toEqual([undefined, undefined])
  expect(counted.take(payer, nowMs)).toBe(3_599)
  expect(counted.take(other, nowMs)).toBeUndefined()
  expect(counted.take(payer, 6 * hourMs)).toBeUndefined()
})

test('small deposits are credited by their first block, as long as all of an hour are small together', () => {
  const risk = limits()
  expect(risk.confirmationsFor(atomic(11n), 0)).toBe(3)
  expect(risk.confirmationsFor(atomic(10n), 0)).toBe(1)
  expect(risk.confirmationsFor(atomic(10n), 0)).toBe(1)
  expect(risk.confirmationsFor(atomic(6n), 0)).toBe(3)
  expect(risk.confirmationsFor(atomic(5n), 0)).toBe(1)
  expect(risk.confirmationsFor(atomic(1n), 0)).toBe(3)
  expect(risk.confirmationsFor(atomic(10n), hourMs)).toBe(1)
})

test('where one block is final nothing is at risk', () => {
  expect(limits(1).confirmationsFor(atomic(1_000_000n), 0)).toBe(1)
})
