/*
 * Inferences proven on the chain: TierEvidence keeps what the ModelProofs behind it found true. A gateway shows a proof there
 * when somebody doubts a receipt of tier 64 (S5), and has the doubter's bond for it.
 */
import type { Hex } from '../base/hex.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { Contract, ContractCall } from './contracts.ts'
import { modelProofsAbi } from './generated/model-proofs.ts'
import { slashingAbi } from './generated/slashing.ts'
import { tierEvidenceAbi } from './generated/tier-evidence.ts'

export const modelProofsAt = (place: Address): Contract => ({
  name: 'ModelProofs',
  address: place,
  abi: modelProofsAbi,
})

/** What a receipt says of an inference. */
export type StatedInference = {
  readonly modelId: Bytes32
  /** sha256 of the input's bytes: `abi.encode(int256[])`. */
  readonly inputHash: Bytes32
  /** keccak256 of the output's. */
  readonly contentHash: Bytes32
}

/** Anybody may send it, again too. `proof` is `abi.encode(int256[] inputs, int256[] outputs, bytes)`. */
export const proveInferenceCall = (
  tierEvidence: Address,
  { modelId, inputHash, contentHash }: StatedInference,
  proof: Hex,
): ContractCall => ({
  contract: { name: 'TierEvidence', address: tierEvidence, abi: tierEvidenceAbi },
  functionName: 'proveInference',
  args: [modelId, inputHash, contentHash, proof],
})

/** Books the bond of whoever asked for the proof for the gateway, once the proof stands. Anybody may send it. */
export const closeRequestCall = (
  slashing: Address,
  gateway: Address,
  { modelId, inputHash, contentHash }: StatedInference,
): ContractCall => ({
  contract: { name: 'Slashing', address: slashing, abi: slashingAbi },
  functionName: 'closeRequest',
  args: [gateway, modelId, inputHash, contentHash],
})
