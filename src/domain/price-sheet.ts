import { type Address, type AtomicAmount, atomic, type Bytes32, type UnixSeconds } from './units.ts'
import type { Usage } from './usage.ts'

/** What one operator asks for one model, in atomic units of `asset` per million tokens. EIP-712 order. */
export type PriceSheet = {
  /** The gateway (or contributor) whose prices these are. */
  readonly operator: Address
  readonly modelId: Bytes32
  readonly asset: Address
  readonly promptAtomicPerMtok: AtomicAmount
  readonly cachedPromptAtomicPerMtok: AtomicAmount
  readonly completionAtomicPerMtok: AtomicAmount
  /** Inclusive. */
  readonly validFrom: UnixSeconds
  /** Inclusive; 0: until replaced. */
  readonly validUntil: UnixSeconds
}

/** What tokens cost, whoever says so. */
export type TokenPrices = Pick<
  PriceSheet,
  'promptAtomicPerMtok' | 'cachedPromptAtomicPerMtok' | 'completionAtomicPerMtok'
>

/** What is asked where nothing is. */
export const noPrices: TokenPrices = {
  promptAtomicPerMtok: atomic(0n),
  cachedPromptAtomicPerMtok: atomic(0n),
  completionAtomicPerMtok: atomic(0n),
}

/** Whether these prices are those, or more, for tokens of which none was cached. */
export const coversTokens = (paid: TokenPrices, asked: TokenPrices): boolean =>
  paid.promptAtomicPerMtok >= asked.promptAtomicPerMtok &&
  paid.completionAtomicPerMtok >= asked.completionAtomicPerMtok

/** The prices alone of something that has them among other members. */
export const tokenPricesOf = ({
  promptAtomicPerMtok,
  cachedPromptAtomicPerMtok,
  completionAtomicPerMtok,
}: TokenPrices): TokenPrices => ({
  promptAtomicPerMtok,
  cachedPromptAtomicPerMtok,
  completionAtomicPerMtok,
})

/** The lowest and the highest of each kind of token, each perhaps of another contributor. */
export type PriceRange = { readonly lowest: TokenPrices; readonly highest: TokenPrices }

export const rangeOfBoth = (one: PriceRange, other: PriceRange): PriceRange => ({
  lowest: lowestOf(one.lowest, other.lowest),
  highest: eachOf(one.highest, other.highest, (a, b) => (a > b ? a : b)),
})

/** Of each kind of token the lower price. */
export const lowestOf = (one: TokenPrices, other: TokenPrices): TokenPrices =>
  eachOf(one, other, (a, b) => (a < b ? a : b))

export const isSamePrice = (one: TokenPrices, other: TokenPrices): boolean =>
  one.promptAtomicPerMtok === other.promptAtomicPerMtok &&
  one.cachedPromptAtomicPerMtok === other.cachedPromptAtomicPerMtok &&
  one.completionAtomicPerMtok === other.completionAtomicPerMtok

const eachOf = (
  one: TokenPrices,
  other: TokenPrices,
  pick: (a: AtomicAmount, b: AtomicAmount) => AtomicAmount,
): TokenPrices => ({
  promptAtomicPerMtok: pick(one.promptAtomicPerMtok, other.promptAtomicPerMtok),
  cachedPromptAtomicPerMtok: pick(one.cachedPromptAtomicPerMtok, other.cachedPromptAtomicPerMtok),
  completionAtomicPerMtok: pick(one.completionAtomicPerMtok, other.completionAtomicPerMtok),
})

const tokensPerMtok = 1_000_000n

/**
 * The one price formula: cached prompt tokens are a subset of the prompt tokens (OpenAI's convention), the sum is rounded
 * up once. The same arithmetic stands in the contracts (overcharge evidence).
 */
export function priceRoundedUp(
  prices: TokenPrices,
  usage: Pick<Usage, 'promptTokens' | 'cachedPromptTokens' | 'completionTokens'>,
): AtomicAmount {
  const uncached = BigInt(usage.promptTokens - usage.cachedPromptTokens)
  const sum =
    uncached * prices.promptAtomicPerMtok +
    BigInt(usage.cachedPromptTokens) * prices.cachedPromptAtomicPerMtok +
    BigInt(usage.completionTokens) * prices.completionAtomicPerMtok
  return atomic((sum + tokensPerMtok - 1n) / tokensPerMtok)
}

const amountMax = 2n ** 128n - 1n

/** The same of a usage and a sheet that anybody may have made up: undefined where they make no price, or none of 128 bits. */
export function priceOfAnybody(
  prices: TokenPrices,
  usage: Pick<Usage, 'promptTokens' | 'cachedPromptTokens' | 'completionTokens'>,
): AtomicAmount | undefined {
  if (usage.cachedPromptTokens > usage.promptTokens) return undefined
  const tokens = BigInt(usage.promptTokens + usage.completionTokens)
  const each = Object.values(tokenPricesOf(prices))
  return each.some((price) => tokens * price > amountMax * tokensPerMtok)
    ? undefined
    : priceRoundedUp(prices, usage)
}

/** Completion tokens that `amount` pays for beside a whole, uncached prompt. Infinite where they are free. */
export function completionTokensFor(
  prices: PriceSheet,
  paid: { readonly amount: AtomicAmount; readonly promptTokens: number },
): number {
  if (prices.completionAtomicPerMtok === 0n) return Number.POSITIVE_INFINITY
  // `priceRoundedUp` is within the amount exactly while the sum before its division is within this.
  const sumMax = paid.amount * tokensPerMtok
  const left = sumMax - BigInt(paid.promptTokens) * prices.promptAtomicPerMtok
  return left < 0n ? 0 : Number(left / prices.completionAtomicPerMtok)
}
