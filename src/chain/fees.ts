/*
 * What a transaction offers for its place in a block. The first offer outlasts some minutes of a rising base fee; one that
 * does not get in is replaced by a higher one, up to what the operator allows.
 */
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { readQuantity } from './quantity.ts'

/** Both in wei for a unit of gas, as EIP-1559 has them. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }

/** What the node would pay now. `gasPrice` is the base fee and a tip. */
export type FeeQuote = { readonly gasPrice: bigint; readonly tip: bigint }

export async function readFeeQuote(rpc: JsonRpc): Promise<Result<FeeQuote, ChainFailure>> {
  const [gasPrice, tip] = await Promise.all([
    readQuantity(rpc, 'eth_gasPrice', []),
    readQuantity(rpc, 'eth_maxPriorityFeePerGas', []),
  ])
  if (!gasPrice.ok) return gasPrice
  if (!tip.ok) return tip
  return ok({ gasPrice: gasPrice.value, tip: tip.value })
}

/** Twice the current price outlasts five full blocks of rising base fee; what is not needed is not paid. */
export const wantedFees = ({ gasPrice, tip }: FeeQuote): Fees => ({
  maxFeePerGas: gasPrice * 2n + tip,
  maxPriorityFeePerGas: tip,
})

/** What is wanted, within the maximum. Undefined while even the current price is above it. */
export function firstFees(quote: FeeQuote, feeWeiMax: bigint): Fees | undefined {
  if (quote.gasPrice > feeWeiMax) return undefined
  const { maxFeePerGas, maxPriorityFeePerGas } = wantedFees(quote)
  return {
    maxFeePerGas: smaller(maxFeePerGas, feeWeiMax),
    maxPriorityFeePerGas: smaller(maxPriorityFeePerGas, feeWeiMax),
  }
}

/**
 * Fees with which a node takes a transaction in the place of one with the same nonce: both higher by an eighth, which is the
 * strictest rule of any client, or what the chain asks for now. Undefined where the maximum does not allow it.
 */
export function replacementFees(last: Fees, quote: FeeQuote, feeWeiMax: bigint): Fees | undefined {
  const tip = larger(anEighthMore(last.maxPriorityFeePerGas), quote.tip)
  const least = larger(anEighthMore(last.maxFeePerGas), tip)
  if (least > feeWeiMax) return undefined
  const wanted = larger(least, wantedFees(quote).maxFeePerGas)
  return { maxFeePerGas: smaller(wanted, feeWeiMax), maxPriorityFeePerGas: tip }
}

const anEighthMore = (fee: bigint): bigint => larger((fee * 9n + 7n) / 8n, fee + 1n)
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
