import { assert } from '../base/assert.ts'
import {
  type AssetAtRate,
  microUsd as asMicroUsd,
  isSameAsset,
  type MicroUsd,
  microUsdOf,
  paidFor,
} from './exchange.ts'
import { type AtomicAmount, atomic } from './units.ts'

/** All of it: 100 % in hundredths of a percent. */
const basisPoints = 10_000

/**
 * What a contributor earns of an answer that cost `cost`, once the gateway has kept `feeBps` hundredths of a percent. Both
 * sides count with this one formula, answer by answer, so that their sums agree to the last unit.
 */
export function contributorShareRoundedDown(terms: {
  readonly cost: AtomicAmount
  readonly feeBps: number
}): AtomicAmount {
  const { cost, feeBps } = terms
  assert(feeBps >= 0 && feeBps <= basisPoints, 'a fee is between nothing and all')
  return atomic((cost * BigInt(basisPoints - feeBps)) / BigInt(basisPoints))
}

/** The contributor's part of what a charge is worth. */
const shareOfDollarsRoundedDown = (worth: MicroUsd, feeBps: number): MicroUsd =>
  asMicroUsd((worth * BigInt(basisPoints - feeBps)) / BigInt(basisPoints))

/** What a contributor earns of a charge, and what that is in the dollar book. */
export type Share = { readonly amount: AtomicAmount; readonly microUsd: MicroUsd | undefined }

/**
 * What a contributor earns, in the asset that it is paid in, of an answer that was charged in another: its share of the
 * dollars that the charge was worth to us, rounded down twice. In one and the same asset at one rate no dollar stands
 * between, so that nothing is lost and both sides count alike.
 */
export function earnedRoundedDown(terms: {
  readonly cost: AtomicAmount
  readonly feeBps: number
  /** What the answer was charged in, at the rate of its admission. */
  readonly charged: AssetAtRate
  /** What the contributor is paid in. */
  readonly paid: AssetAtRate
}): Share & { readonly microUsd: MicroUsd } {
  const { cost, feeBps, charged, paid } = terms
  const worth = microUsdOf(charged.asset, cost, charged.rate)
  const microUsd = shareOfDollarsRoundedDown(worth, feeBps)
  const isOneAsset =
    isSameAsset(charged.asset, paid.asset) && charged.rate.rateE18 === paid.rate.rateE18
  const amount = isOneAsset
    ? contributorShareRoundedDown({ cost, feeBps })
    : paidFor(paid.asset, microUsd, paid.rate)
  return { amount, microUsd }
}
