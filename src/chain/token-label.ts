import { ok, type Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { readTokenDecimals } from './token-domain.ts'

/** A token as a person reads it. */
export type TokenLabel = {
  readonly address: Address
  /** As the token says, where that is a short printable word; else `tokens`. */
  readonly symbol: string
  readonly decimals: number
}

const symbolAbi = ['function symbol() view returns (string)'] as const

/** Anybody can deploy a token: what it says of itself goes to a terminal only where it can do nothing there. */
const printable = /^[\x21-\x7e]{1,16}$/

export async function readTokenLabel(
  rpc: JsonRpc,
  address: Address,
): Promise<Result<TokenLabel, ChainFailure>> {
  const contract: Contract = { name: 'token', address, abi: symbolAbi }
  const [decimals, symbol] = await Promise.all([
    readTokenDecimals(rpc, address),
    readContract(rpc, { contract, functionName: 'symbol', args: [] }),
  ])
  if (!decimals.ok) return decimals
  // Some early tokens have a bytes32 there, and a token needs none: only decimals are needed to count.
  const text = symbol.ok ? String(symbol.value[0]) : ''
  return ok({
    address,
    symbol: printable.test(text) ? text : 'tokens',
    decimals: decimals.value,
  })
}
