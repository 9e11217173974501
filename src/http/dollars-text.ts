import type { MicroUsd } from '../domain/exchange.ts'

/** Whole dollars with at least two and at most six decimals: `5.00`, `0.0123`. */
export function dollarsText(amount: MicroUsd): string {
  const decimals = String(amount % 1_000_000n)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${amount / 1_000_000n}.${decimals}`
}
