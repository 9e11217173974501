import { ok, type Result } from '../base/result.ts'
import { type Address, address, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

/** Where a contributor wants its money, as it stands in the ContributorRegistry. */
export type RegisteredPayout = {
  readonly chainId: number
  readonly token: Address
  readonly receiver: Address
  /** Seconds: a gateway's channel must not let it withdraw sooner. */
  readonly minWithdrawDelay: number
  /** Of the next registration. */
  readonly nonce: number
}

/** Undefined while the contributor has registered none. */
export async function readRegisteredPayout(
  rpc: JsonRpc,
  registry: Contract,
  contributor: Address,
): Promise<Result<RegisteredPayout | undefined, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: registry,
    functionName: 'payouts',
    args: [contributor],
  })
  if (!answer.ok) return answer
  const [chainId, token, receiver, minWithdrawDelay, nonce] = answer.value as readonly [
    bigint,
    string,
    string,
    bigint,
    bigint,
  ]
  const payoutReceiver = address(receiver)
  if (payoutReceiver === zeroAddress) return ok(undefined)
  return ok({
    chainId: Number(chainId),
    token: address(token),
    receiver: payoutReceiver,
    minWithdrawDelay: Number(minWithdrawDelay),
    nonce: Number(nonce),
  })
}
