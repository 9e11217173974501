import { type AtomicAmount, atomic } from '../domain/units.ts'
import { CommandFailure } from './command.ts'

/** `1234500` with six decimals is `1.2345`; at least two decimals are shown, and never one that is not there. */
export function formatAmount(amount: bigint, decimals: number): string {
  const digits = String(amount).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return decimals === 0 ? whole : `${whole}.${fraction.padEnd(Math.min(2, decimals), '0')}`
}

/** An amount as a person writes it, in whole units of the asset, as atomic units. */
export function parseAmount(option: string, text: string, decimals: number): AtomicAmount {
  const [, whole, fraction = ''] = /^(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text) ?? []
  if (whole === undefined || fraction.length > decimals) {
    throw new CommandFailure(
      `${option} takes an amount with at most ${decimals} decimals, such as 2.50, not '${text}'`,
      2,
    )
  }
  return atomic(BigInt(whole + fraction.padEnd(decimals, '0')))
}
