import { assert } from '../base/assert.ts'
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
