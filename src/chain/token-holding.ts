import { ok, type Result } from '../base/result.ts'
import { type Address, type AtomicAmount, atomic } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

const tokenAbi = [
  'function decimals() view returns (uint8)',
  'function balanceOf(address account) view returns (uint256)',
] as const

/** What an account has of a token, and how many decimals the token says that it has. */
export async function readTokenHolding(
  rpc: JsonRpc,
  holding: { readonly token: Address; readonly account: Address },
): Promise<Result<{ readonly balance: AtomicAmount; readonly decimals: number }, ChainFailure>> {
  const contract: Contract = { name: 'token', address: holding.token, abi: tokenAbi }
  const [decimals, balance] = await Promise.all([
    readContract(rpc, { contract, functionName: 'decimals', args: [] }),
    readContract(rpc, { contract, functionName: 'balanceOf', args: [holding.account] }),
  ])
  if (!decimals.ok) return decimals
  if (!balance.ok) return balance
  const most = 2n ** 128n - 1n
  const all = balance.value[0] as bigint
  return ok({ balance: atomic(all < most ? all : most), decimals: Number(decimals.value[0]) })
}
