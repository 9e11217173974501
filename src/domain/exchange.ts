/*
 * The ledger's bridge between assets: integer micro-USD. A channel never spans chains, so what a payer is charged in one
 * asset and what a contributor earns in another meet only here. Stablecoins stand at par, less a haircut that the operator
 * chooses; everything else needs a quote that somebody signed and that is not old.
 *
 * Rounding is always against the one who could gain by it: prices up, earnings down.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { PriceSheet } from './price-sheet.ts'
import type { FxRefusal } from './refusal.ts'
import { type Address, type AtomicAmount, atomic, type Bytes32, type UnixSeconds } from './units.ts'

declare const microUsdUnit: unique symbol
/** Millionths of a US dollar. */
export type MicroUsd = bigint & { readonly [microUsdUnit]: true }

export function microUsd(value: bigint): MicroUsd {
  assert(value >= 0n, 'an amount of money is never negative')
  return value as MicroUsd
}

/** An asset that the operator takes or pays in. What is not configured is not taken: the list is closed. */
export type Asset = {
  readonly chainId: number
  readonly address: Address
  readonly decimals: number
  /** Basis points that a unit of it is worth less to us than its rate says. */
  readonly haircutBps: number
  /** At par with the dollar, or worth what `quotedBy` last signed. */
  readonly rate: 'par' | { readonly quotedBy: Address }
}

/**
 * A signed rate: whole units of `assetOut` for one whole unit of `assetIn`, times 10^18. Ids are keccak256 of the CAIP-19
 * name, for the dollar of `iso4217:USD`. EIP-712 order.
 */
export type FxQuote = {
  readonly quoteId: Bytes32
  readonly assetIn: Bytes32
  readonly assetOut: Bytes32
  readonly rateE18: bigint
  /** Exclusive. */
  readonly validBefore: UnixSeconds
}

/** Dollars for one whole unit of an asset, times 10^18, and the quote that said so. */
export type UsdRate = { readonly rateE18: bigint; readonly quoteId: Bytes32 | undefined }

/** An asset at one moment: by this a payer's charges are counted, or a contributor's earnings. */
export type AssetAtRate = { readonly asset: Asset; readonly rate: UsdRate }

export const isSameAsset = (
  a: Pick<Asset, 'chainId' | 'address'>,
  b: Pick<Asset, 'chainId' | 'address'>,
): boolean => a.chainId === b.chainId && a.address === b.address

const one = 10n ** 18n
const basisPoints = 10_000n

/** The rate for money that comes in: what is left after the haircut. */
export const incomeRate = (
  asset: Asset,
  quote: FxQuote | undefined,
  nowS: UnixSeconds,
): Result<UsdRate, FxRefusal> => rateAfter(asset.haircutBps, { asset, quote, nowS })

/** The rate for money that goes out: an operator's own caution is not the contributor's gain. */
export const payoutRate = (
  asset: Asset,
  quote: FxQuote | undefined,
  nowS: UnixSeconds,
): Result<UsdRate, FxRefusal> => rateAfter(0, { asset, quote, nowS })

/** A quote is good until it says so; how long that may be was judged when it was taken. */
function rateAfter(
  haircutBps: number,
  known: {
    readonly asset: Asset
    readonly quote: FxQuote | undefined
    readonly nowS: UnixSeconds
  },
): Result<UsdRate, FxRefusal> {
  const { asset, quote, nowS } = known
  const afterHaircut = (rateE18: bigint) =>
    (rateE18 * (basisPoints - BigInt(haircutBps))) / basisPoints
  if (asset.rate === 'par') return ok({ rateE18: afterHaircut(one), quoteId: undefined })
  const good = quote !== undefined && nowS < quote.validBefore
  const rateE18 = good ? afterHaircut(quote.rateE18) : 0n
  return good && rateE18 > 0n
    ? ok({ rateE18, quoteId: quote.quoteId })
    : err({ reason: 'fx_quote_unavailable', asset: asset.address })
}

/** What an amount is worth to us, rounded down. */
export const microUsdOf = (
  asset: Pick<Asset, 'decimals'>,
  amount: AtomicAmount,
  rate: UsdRate,
): MicroUsd =>
  microUsd((amount * rate.rateE18 * 1_000_000n) / (one * 10n ** BigInt(asset.decimals)))

/** How much of an asset is worth that many dollars to us, rounded up: what a payer is asked for. */
export const askedFor = (asset: Asset, value: MicroUsd, rate: UsdRate): AtomicAmount =>
  atomic(divideUp(value * one * 10n ** BigInt(asset.decimals), rate.rateE18 * 1_000_000n))

/** How much of an asset pays that many dollars, rounded down: what a contributor earns. */
export const paidFor = (asset: Asset, value: MicroUsd, rate: UsdRate): AtomicAmount =>
  atomic((value * one * 10n ** BigInt(asset.decimals)) / (rate.rateE18 * 1_000_000n))

/** A price sheet in another asset: the same dollars, rounded up. It holds for the requests that were admitted at this rate. */
export function priceSheetIn(sheet: PriceSheet, from: AssetAtRate, to: AssetAtRate): PriceSheet {
  const scale = to.rate.rateE18 * 10n ** BigInt(from.asset.decimals)
  const convert = (amount: AtomicAmount) =>
    atomic(divideUp(amount * from.rate.rateE18 * 10n ** BigInt(to.asset.decimals), scale))
  return {
    ...sheet,
    asset: to.asset.address,
    promptAtomicPerMtok: convert(sheet.promptAtomicPerMtok),
    cachedPromptAtomicPerMtok: convert(sheet.cachedPromptAtomicPerMtok),
    completionAtomicPerMtok: convert(sheet.completionAtomicPerMtok),
  }
}

const divideUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b
