/*
 * S5 for tier 64: who doubts a receipt asks its gateway for the proof, with a bond, and the gateway has a day to show it to
 * TierEvidence. A request is one of a gateway and an inference: one proof answers for every receipt that says the same.
 */
import { ok, type Result } from '../base/result.ts'
import type { Receipt, Work } from '../domain/receipt.ts'
import { type Address, address, type Bytes32, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Hex } from './keccak.ts'
import { readEach } from './read-each.ts'
import { addressWord, hashWord } from './typed-data.ts'

/** What a request is about. */
type DoubtedInference = Pick<Work, 'gateway' | 'modelId' | 'inputHash' | 'contentHash'>

export type ProofRequest = {
  readonly asker: Address
  /** Unix seconds until which nothing can be taken. */
  readonly answerableUntilS: number
}

const proofRequestIdOf = (inference: DoubtedInference): Bytes32 =>
  keccak256Hex(
    addressWord(inference.gateway) +
      hashWord(inference.modelId) +
      hashWord(inference.inputHash) +
      hashWord(inference.contentHash),
  )

/** Undefined where nobody asked. */
export async function readProofRequest(
  rpc: JsonRpc,
  slashing: Contract,
  inference: DoubtedInference,
): Promise<Result<ProofRequest | undefined, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: slashing,
    functionName: 'proofRequests',
    args: [proofRequestIdOf(inference)],
  })
  if (!answer.ok) return answer
  const [askerText, answerableUntil] = answer.value as [string, bigint]
  const asker = address(askerText)
  return ok(
    asker === zeroAddress ? undefined : { asker, answerableUntilS: Number(answerableUntil) },
  )
}

/** What asking costs until it is decided. Atomic units of `asset`. */
export async function readProofBond(
  rpc: JsonRpc,
  slashing: Contract,
): Promise<Result<{ readonly asset: Address; readonly bond: bigint }, ChainFailure>> {
  const answers = await readEach(rpc, [
    { contract: slashing, functionName: 'bondAsset', args: [] },
    { contract: slashing, functionName: 'proofBond', args: [] },
  ])
  if (!answers.ok) return answers
  const [[asset], [bond]] = answers.value as [[string], [bigint]]
  return ok({ asset: address(asset), bond })
}

export const requestProofCall = (
  slashing: Contract,
  evidence: { readonly receipt: Receipt; readonly gatewaySignature: string },
): ContractCall => ({
  contract: slashing,
  functionName: 'requestProof',
  args: [evidence.receipt, evidence.gatewaySignature],
})
