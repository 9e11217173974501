import type { Address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type ContractCall, encodeCall, explainRevert } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

/** Tries a transaction out at the newest block. Undefined: it would succeed; `reverted`: it would not, and why. */
export async function simulateCall(
  rpc: JsonRpc,
  call: ContractCall & { readonly from: Address },
): Promise<ChainFailure | undefined> {
  const transaction = { from: call.from, to: call.contract.address, data: await encodeCall(call) }
  const answer = await rpc.call('eth_call', [transaction, 'latest'])
  return answer.ok ? undefined : explainRevert(answer.error, call)
}
