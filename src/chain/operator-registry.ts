import { err, ok, type Result } from '../base/result.ts'
import type { Address, UnixSeconds } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import { contributorRegistryAbi } from './generated/contributor-registry.ts'
import { gatewayRegistryAbi } from './generated/gateway-registry.ts'
import type { JsonRpc } from './json-rpc.ts'

export const contributorRegistryAt = (address: Address): Contract => ({
  name: 'ContributorRegistry',
  address,
  abi: contributorRegistryAbi,
})

export const gatewayRegistryAt = (address: Address): Contract => ({
  name: 'GatewayRegistry',
  address,
  abi: gatewayRegistryAbi,
})

/** Whether `key` signs for `operator` at that time: the one question that a receipt asks a registry. */
export async function isSigningKeyActive(
  rpc: JsonRpc,
  registry: Contract,
  question: { readonly operator: Address; readonly key: Address; readonly atS: UnixSeconds },
): Promise<Result<boolean, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: registry,
    functionName: 'signingKeyActiveAt',
    args: [question.operator, question.key, question.atS],
  })
  return answer.ok ? ok(answer.value[0] === true) : err(answer.error)
}

/** Whether the operator is registered, not paused, has a key and its minimum at stake. */
export async function isServing(
  rpc: JsonRpc,
  registry: Contract,
  operator: Address,
): Promise<Result<boolean, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: registry,
    functionName: 'isServing',
    args: [operator],
  })
  return answer.ok ? ok(answer.value[0] === true) : err(answer.error)
}
