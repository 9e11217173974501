import { ok, type Result } from '../base/result.ts'
import { type Address, address, type Bytes32, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import { inclusionChallengesAbi } from './generated/inclusion-challenges.ts'
import type { JsonRpc } from './json-rpc.ts'
import { registryErrors } from './registry-errors.ts'

export const inclusionChallengesAt = (place: Address): Contract => ({
  name: 'InclusionChallenges',
  address: place,
  abi: [...inclusionChallengesAbi, ...registryErrors],
})

/** S4 as the chain knows it. */
export type InclusionChallenge = {
  readonly gateway: Address
  readonly reporter: Address
  /** Unix seconds; zero once it was answered or concluded. */
  readonly answerableUntilS: number
}

/** Undefined for a receipt that nobody challenged. */
export async function readInclusionChallenge(
  rpc: JsonRpc,
  contract: Contract,
  digest: Bytes32,
): Promise<Result<InclusionChallenge | undefined, ChainFailure>> {
  const answer = await readContract(rpc, { contract, functionName: 'challenges', args: [digest] })
  if (!answer.ok) return answer
  const [gateway, reporterText, , answerableUntil] = answer.value as [
    string,
    string,
    bigint,
    bigint,
  ]
  const reporter = address(reporterText)
  if (reporter === zeroAddress) return ok(undefined)
  return ok({ gateway: address(gateway), reporter, answerableUntilS: Number(answerableUntil) })
}
