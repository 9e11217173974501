import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type Contract, readContract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { Address, AtomicAmount } from '../domain/units.ts'

/** Gives `to` what it lacks of `amount`: devUSD is free for everyone. */
export async function mintUpTo(terms: {
  readonly rpc: JsonRpc
  readonly asset: Contract
  readonly minter: Sender
  readonly to: Address
  readonly amount: AtomicAmount
}): Promise<Result<void, ChainFailure>> {
  const { rpc, asset, minter, to, amount } = terms
  const balance = await readContract(rpc, {
    contract: asset,
    functionName: 'balanceOf',
    args: [to],
  })
  if (!balance.ok) return balance
  const lacking = amount - (balance.value[0] as bigint)
  if (lacking <= 0n) return ok(undefined)
  const args = [to, lacking]
  const sent = await sendCall(minter, { contract: asset, functionName: 'mint', args })
  return sent.ok ? ok(undefined) : sent
}
