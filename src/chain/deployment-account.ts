import { ok, type Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'
import { readQuantity } from './quantity.ts'

/** What an account that is to deploy has, and what the chain asks for gas. Amounts in wei. */
export type DeployerAccount = {
  readonly address: Address
  readonly balance: bigint
  /** Sent and in no block yet. */
  readonly pendingTransactions: number
  readonly gasPrices: GasPrices
}

/** In wei, the smallest unit of the chain's own coin. */
export type GasPrices = {
  readonly gasPrice: bigint
  /** What of it goes to whoever makes the block. */
  readonly tip: bigint
}

export async function readDeployerAccount(
  rpc: JsonRpc,
  address: Address,
): Promise<Result<DeployerAccount, ChainFailure>> {
  const [balance, mined, sent, gasPrice, tip] = await Promise.all([
    readQuantity(rpc, 'eth_getBalance', [address, 'latest']),
    readQuantity(rpc, 'eth_getTransactionCount', [address, 'latest']),
    readQuantity(rpc, 'eth_getTransactionCount', [address, 'pending']),
    readQuantity(rpc, 'eth_gasPrice', []),
    readQuantity(rpc, 'eth_maxPriorityFeePerGas', []),
  ])
  if (!balance.ok) return balance
  if (!mined.ok) return mined
  if (!sent.ok) return sent
  if (!gasPrice.ok) return gasPrice
  if (!tip.ok) return tip
  return ok({
    address,
    balance: balance.value,
    // Two nodes behind one URL may be a block apart.
    pendingTransactions: Math.max(0, Number(sent.value - mined.value)),
    gasPrices: { gasPrice: gasPrice.value, tip: tip.value },
  })
}
