/*
 * Whether a claim is worth its gas. The two are in different money, so somebody has to say what the chain's coin is worth;
 * where nobody does, it counts as more than any coin is worth, and a claim is rather left than sent at a loss.
 */
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type ContractCall, encodeCall, explainRevert } from '../chain/contracts.ts'
import { readFeeQuote } from '../chain/fees.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readQuantity } from '../chain/quantity.ts'
import { type Address, type AtomicAmount, atomic } from '../domain/units.ts'

/** What one coin of a chain (10^18 wei) is worth, in atomic units of the payout token. */
export type CoinPrice = AtomicAmount

const weiPerCoin = 10n ** 18n
/** Chains whose coin is given to whoever asks. */
const developmentChains: ReadonlySet<number> = new Set([31_337, 1_337])

export const isDevelopmentChain = (chainId: number): boolean => developmentChains.has(chainId)

/** In whole units of the payout token: more than any coin that gas is paid in, where the token is worth a dollar. */
const assumedUnitsPerCoin = 100_000n

/** What is assumed where nobody said a price. */
export const assumedCoinPrice = (chainId: number, tokenDecimals: number): CoinPrice =>
  isDevelopmentChain(chainId)
    ? atomic(0n)
    : atomic(assumedUnitsPerCoin * 10n ** BigInt(tokenDecimals))

export const feeAmountRoundedUp = (feeWei: bigint, coinPrice: CoinPrice): AtomicAmount =>
  atomic((feeWei * coinPrice + weiPerCoin - 1n) / weiPerCoin)

export type ClaimCost = {
  readonly gas: bigint
  /** Wei, at the price of the moment. */
  readonly feeWei: bigint
  /** The same in the payout token. */
  readonly feeAmount: AtomicAmount
}

/** Simulates the claim. A claim that would revert is the failure. */
export async function readClaimCost(
  rpc: JsonRpc,
  claim: { readonly from: Address; readonly call: ContractCall; readonly coinPrice: CoinPrice },
): Promise<Result<ClaimCost, ChainFailure>> {
  const { from, call, coinPrice } = claim
  const transaction = { from, to: call.contract.address, data: await encodeCall(call) }
  const [gas, quote] = await Promise.all([
    readQuantity(rpc, 'eth_estimateGas', [transaction]),
    readFeeQuote(rpc),
  ])
  if (!gas.ok) return { ok: false, error: await explainRevert(gas.error, call) }
  if (!quote.ok) return quote
  const feeWei = gas.value * quote.value.gasPrice
  return ok({ gas: gas.value, feeWei, feeAmount: feeAmountRoundedUp(feeWei, coinPrice) })
}

/** What a further row of a claim costs, rounded up: 24,100 gas among a hundred, 28,800 with a receiver of its own. */
const rowGas = 40_000n

/** Gas money for one more row. A channel with less on it is left: a payer could open hundreds with a unit on each. */
export async function readRowCost(
  rpc: JsonRpc,
  coinPrice: CoinPrice,
): Promise<Result<AtomicAmount, ChainFailure>> {
  const quote = await readFeeQuote(rpc)
  if (!quote.ok) return quote
  return ok(feeAmountRoundedUp(rowGas * quote.value.gasPrice, coinPrice))
}
