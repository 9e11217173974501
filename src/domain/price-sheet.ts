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
