/*
 * What a transaction may cost, given what it brings. Pure; all rounding is against this gateway, so that what is sent under
 * the answer of `judgeFee` never costs more than it earns, whatever the chain does.
 */
import type { AtomicAmount } from '../domain/units.ts'

/** As an operator sets it: config `jobs.chains[].fees`. */
export type FeePolicy = {
  /** Atomic units of the asset for 10^18 wei. */
  readonly nativePrice: AtomicAmount
  /** What a fee must have beyond its gas, in hundredths of it. */
  readonly marginPercent: number
  /** Atomic units that lost races may cost in all, beyond what won ones brought. */
  readonly raceBudget: AtomicAmount
  readonly gasPriceWeiMax: bigint
}

export type Offered = {
  /** What it brings, in atomic units of the asset. */
  readonly fee: bigint
  /** More gas than it can use. */
  readonly gasMax: bigint
  /** Wei beside the gas, for a rollup that charges for bytes; nothing that is signed bounds it. */
  readonly dataFeeWei: bigint
}

export type FeeJudgement =
  | {
      readonly kind: 'send'
      /** Wei for a unit of gas: what it may be signed with. */
      readonly feeWeiMax: bigint
      /** Atomic units that it costs at most, whether it brings anything or not. */
      readonly worstCost: bigint
    }
  /** The gas price of now is too high for it. */
  | { readonly kind: 'wait'; readonly reason: 'fee_below_gas' | 'race_budget_spent' }
  /** No gas price is low enough. */
  | { readonly kind: 'never'; readonly reason: 'delivery_fee_too_small' | 'race_budget_spent' }

const weiPerCoin = 10n ** 18n
const hundred = 100n

/** Atomic units. */
export const costRoundedUp = (wei: bigint, nativePrice: bigint): bigint =>
  (wei * nativePrice + weiPerCoin - 1n) / weiPerCoin

/** The highest price of a unit of gas, in wei, at which so much gas costs at most `amount`; undefined: any does. */
function gasPriceOfRoundedDown(
  amount: bigint,
  { gasMax, dataFeeWei }: Pick<Offered, 'gasMax' | 'dataFeeWei'>,
  nativePrice: bigint,
): bigint | undefined {
  if (nativePrice === 0n) return undefined
  const forGas = (amount * weiPerCoin) / nativePrice - dataFeeWei
  return forGas < 0n ? 0n : forGas / gasMax
}

/**
 * @param isRace whether somebody else may be paid for it: it is then sent only where `atRiskMax`, what is left to lose in
 *   races, covers all that it may cost.
 */
export function judgeFee(
  offered: Offered,
  now: { readonly gasPriceWei: bigint; readonly isRace: boolean; readonly atRiskMax: bigint },
  policy: FeePolicy,
): FeeJudgement {
  const { nativePrice, marginPercent, gasPriceWeiMax } = policy
  // What is left of the fee for gas when the margin is kept.
  const forGas = (offered.fee * hundred) / (hundred + BigInt(marginPercent))
  const covered = smaller(
    gasPriceOfRoundedDown(forGas, offered, nativePrice) ?? gasPriceWeiMax,
    gasPriceWeiMax,
  )
  if (covered === 0n) return { kind: 'never', reason: 'delivery_fee_too_small' }
  // Without a budget only what races brought can be risked, and there is nothing to wait for, whatever the price of gas is.
  const isFree = nativePrice === 0n || now.gasPriceWei === 0n
  if (now.isRace && policy.raceBudget === 0n && now.atRiskMax <= 0n && !isFree) {
    return { kind: 'never', reason: 'race_budget_spent' }
  }
  if (covered < now.gasPriceWei) return { kind: 'wait', reason: 'fee_below_gas' }
  const risked = now.isRace
    ? (gasPriceOfRoundedDown(now.atRiskMax, offered, nativePrice) ?? covered)
    : covered
  if (risked < now.gasPriceWei) {
    return { kind: 'wait', reason: 'race_budget_spent' }
  }
  const feeWeiMax = smaller(covered, risked)
  const worstCost = costRoundedUp(feeWeiMax * offered.gasMax + offered.dataFeeWei, nativePrice)
  return { kind: 'send', feeWeiMax, worstCost }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
