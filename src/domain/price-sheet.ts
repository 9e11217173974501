import { type Address, type AtomicAmount, atomic, type Bytes32 } from './units.ts'
import type { Usage } from './usage.ts'

/** Prices of one model in atomic units of `asset` per million tokens. */
export type PriceSheet = {
  readonly modelId: Bytes32
  readonly asset: Address
  readonly promptAtomicPerMtok: AtomicAmount
  readonly cachedPromptAtomicPerMtok: AtomicAmount
  readonly completionAtomicPerMtok: AtomicAmount
}

const tokensPerMtok = 1_000_000n

/**
 * The one price formula: cached prompt tokens are a subset of the prompt tokens (OpenAI's convention), the sum is rounded
 * up once. The same arithmetic stands in the contracts (overcharge evidence).
 */
export function priceRoundedUp(
  prices: PriceSheet,
  usage: Pick<Usage, 'promptTokens' | 'cachedPromptTokens' | 'completionTokens'>,
): AtomicAmount {
  const uncached = BigInt(usage.promptTokens - usage.cachedPromptTokens)
  const sum =
    uncached * prices.promptAtomicPerMtok +
    BigInt(usage.cachedPromptTokens) * prices.cachedPromptAtomicPerMtok +
    BigInt(usage.completionTokens) * prices.completionAtomicPerMtok
  return atomic((sum + tokensPerMtok - 1n) / tokensPerMtok)
}
