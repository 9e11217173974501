/*
 * Tier 64 by a node: the ModelProofs contract behind the receipt's own verifier knows the one contract whose code the model's
 * manifest names, and that one takes the proof or does not. It needs neither manifest nor key, and judges ezkl's proofs, too.
 */
import { ok, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readModelProofsOf, readModelVerdict } from '../chain/model-verdict.ts'
import { findFaultContracts } from '../chain/slashing-contract.ts'
import type { Address } from '../domain/units.ts'
import type { InferenceTensors } from '../proofs/inference-inputs.ts'
import type { Proof } from '../proofs/proof.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

type ProofQuestion = {
  readonly proof: Proof
  readonly tensors: InferenceTensors
  /** The contract that the person trusts; default: the one behind the receipt's own verifier. */
  readonly modelProofs: Address | undefined
}

async function findModelProofs(
  rpc: JsonRpc,
  receiptVerifier: Address,
): Promise<Result<Address, ChainFailure>> {
  const contracts = await findFaultContracts(rpc, receiptVerifier)
  return contracts.ok ? readModelProofsOf(rpc, contracts.value.tierEvidence) : contracts
}

/** Lines for `proof` and `proof-key`. */
export async function checkProofOnChain(
  rpc: JsonRpc,
  { receipt, domain }: ParsedReceipt,
  { proof, tensors, modelProofs: known }: ProofQuestion,
): Promise<readonly CheckLine[]> {
  const modelProofs =
    known === undefined ? await findModelProofs(rpc, domain.verifyingContract) : ok(known)
  if (!modelProofs.ok) return [unknown('proof-key', describeChainFailure(modelProofs.error))]
  const { modelId } = receipt.work
  const verdict = await readModelVerdict(rpc, modelProofs.value, {
    ...{ modelId, proof: proof.proof },
    ...tensors,
  })
  if (!verdict.ok) {
    return verdict.error.reason === 'reverted'
      ? [fails('proof', `the model's verifier reverts: ${describeChainFailure(verdict.error)}`)]
      : [unknown('proof-key', describeChainFailure(verdict.error))]
  }
  const { verifier, takesProof } = verdict.value
  if (verifier === undefined) {
    return [unknown('proof-key', `nobody registered what proves ${modelId}: add --manifest`)]
  }
  return takesProof
    ? [
        holds('proof', `the contract ${verifier} takes this ${proof.system} proof`),
        holds('proof-key', `the model's manifest names the code of the contract ${verifier}`),
      ]
    : [fails('proof', `the contract ${verifier}, which the model's manifest names, refuses it`)]
}
