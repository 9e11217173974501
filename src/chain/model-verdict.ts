import type { Hex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import { type Address, address, type Bytes32, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { modelProofsAt } from './model-proofs.ts'

/** What is asked of the contract that judges proofs of models. */
export type ModelQuestion = {
  readonly modelId: Bytes32
  readonly inputs: Int32Array
  readonly outputs: Int32Array
  /** As the model's verifier takes it. */
  readonly proof: Hex
}

export type ModelVerdict = {
  /** The contract whose code the model's manifest names; undefined where nobody registered one. */
  readonly verifier: Address | undefined
  readonly takesProof: boolean
}

/** Which contract judges proofs of models for this TierEvidence. */
export async function readModelProofsOf(
  rpc: JsonRpc,
  tierEvidence: Contract,
): Promise<Result<Address, ChainFailure>> {
  const place = await readContract(rpc, {
    ...{ contract: tierEvidence, functionName: 'proofVerifier', args: [] },
  })
  return place.ok ? ok(address(String(place.value[0]))) : place
}

/** A call costs the node what it would cost a transaction, up to three million gas, and nobody anything. */
export async function readModelVerdict(
  rpc: JsonRpc,
  modelProofs: Address,
  { modelId, inputs, outputs, proof }: ModelQuestion,
): Promise<Result<ModelVerdict, ChainFailure>> {
  const contract = modelProofsAt(modelProofs)
  const circuit = await readContract(rpc, { contract, functionName: 'circuitOf', args: [modelId] })
  if (!circuit.ok) return circuit
  const [registered] = circuit.value as readonly [{ readonly verifier: string }]
  const verifier = address(registered.verifier)
  if (verifier === zeroAddress) return ok({ verifier: undefined, takesProof: false })
  const verdict = await readContract(rpc, {
    contract,
    functionName: 'verifyValues',
    args: [modelId, [...inputs], [...outputs], proof],
  })
  return verdict.ok ? ok({ verifier, takesProof: verdict.value[0] === true }) : verdict
}
