import { type MicroUsd, microUsd } from './exchange.ts'

/**
 * The one sum over all chains and assets: what answers were charged, and what their contributors earned of it, in whole
 * micro-dollars, each answer rounded down at the rates of its admission. What was earned is never more than what was
 * charged less the gateway's fee; the rest is the margin.
 */
export type UsdBook = { readonly chargedMicroUsd: MicroUsd; readonly earnedMicroUsd: MicroUsd }

export const emptyUsdBook: UsdBook = { chargedMicroUsd: microUsd(0n), earnedMicroUsd: microUsd(0n) }

/** The same object where nothing was added. */
export const addToUsdBook = (book: UsdBook, worth: UsdBook): UsdBook =>
  worth.chargedMicroUsd === 0n && worth.earnedMicroUsd === 0n
    ? book
    : {
        chargedMicroUsd: microUsd(book.chargedMicroUsd + worth.chargedMicroUsd),
        earnedMicroUsd: microUsd(book.earnedMicroUsd + worth.earnedMicroUsd),
      }

/** The book alone, of something that is more. */
export const usdBookOf = ({ chargedMicroUsd, earnedMicroUsd }: UsdBook): UsdBook => ({
  chargedMicroUsd,
  earnedMicroUsd,
})
