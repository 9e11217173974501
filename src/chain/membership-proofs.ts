/*
 * Hidden receipts as the MembershipProofs contract takes them. It is called by a consumer contract, never by a person: what is
 * here is what a holder needs to make a proof for that consumer, and to see whether its receipt was used.
 */
import { ok, type Result } from '../base/result.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { Deployment } from './deployment.ts'
import { membershipProofsAbi, membershipProofsBytecode } from './generated/membership-proofs.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Hex } from './keccak.ts'
import { addressWord, hashWord, uintWord } from './typed-data.ts'

const membershipProofsAt = (place: Address): Contract => ({
  name: 'MembershipProofs',
  address: place,
  abi: membershipProofsAbi,
})

export const membershipProofsDeployment = (terms: {
  readonly gateways: Address
  readonly receiptAnchor: Address
  readonly receiptVerifier: Address
  /** Of the circuit membership; whoever deploys builds it from source. */
  readonly proofVerifier: Address
}): Deployment => ({
  name: 'MembershipProofs',
  abi: membershipProofsAbi,
  bytecode: membershipProofsBytecode,
  args: [terms.gateways, terms.receiptAnchor, terms.receiptVerifier, terms.proofVerifier],
})

/** For which consumer, and for what, a proof is made: the scope of its statement. */
export type MembershipUse = {
  readonly chainId: number
  readonly membershipProofs: Address
  readonly consumer: Address
  readonly purpose: Bytes32
}

export const membershipScope = (use: MembershipUse): Bytes32 =>
  keccak256Hex(
    uintWord(use.chainId, 256) +
      addressWord(use.membershipProofs) +
      addressWord(use.consumer) +
      hashWord(use.purpose),
  )

/** Whether a receipt, known by its nullifier, was used up in this scope. */
export async function readIsUsed(
  rpc: JsonRpc,
  use: MembershipUse,
  nullifier: Bytes32,
): Promise<Result<boolean, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: membershipProofsAt(use.membershipProofs),
    functionName: 'isUsed',
    args: [membershipScope(use), nullifier],
  })
  return answer.ok ? ok(answer.value[0] === true) : answer
}
