/*
 * A batch proof as a file: what was proved, the proof, and the signature that says whose key signed the batch. Unlike those of a
 * usage proof its public inputs are hashes, so that the statement stands beside them and is held to them.
 */
import { ok, type Result } from '../base/result.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import { usageKeyDigest } from '../chain/usage-key-typed-data.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import { type BatchStatement, batchPublicInputs, isBatchStatement } from './batch-statement.ts'
import type { Proof } from './proof.ts'
import { type ProofRefusal, refuse } from './proof-refusal.ts'
import { verifyProof } from './verify-proof.ts'

export type BatchProof = {
  readonly object: 'vouch.batch-proof'
  readonly statement: BatchStatement
  /** EIP-712 of the contributor's signing key over the statement's usage key (chain/usage-key-typed-data.ts). */
  readonly endorsement: Signature
  readonly proof: Proof
}

export type BatchSurroundings = {
  /** The key of circuits/circom/batch16 that a reader believes; that of another setup is another. */
  readonly vkHash: Bytes32
  /** Its bytes, where the proof does not carry them. */
  readonly verificationKey?: Uint8Array | undefined
  /** The domain of the receipts that the proof should be of. */
  readonly domainSeparator?: Bytes32 | undefined
}

export type BatchProven = {
  readonly statement: BatchStatement
  /** Account of the key that endorsed the usage key: the registry says whether it was the contributor's all that time. */
  readonly signingKey: Address
}

export function verifyBatchProof(
  { statement, endorsement, proof }: BatchProof,
  surroundings: BatchSurroundings,
): Result<BatchProven, ProofRefusal> {
  const { vkHash, verificationKey, domainSeparator = statement.domainSeparator } = surroundings
  if (proof.vkHash !== vkHash) {
    return refuse('verification_key_mismatch', `the proof is for ${proof.vkHash}, not ${vkHash}`)
  }
  if (statement.domainSeparator !== domainSeparator) {
    return refuse('public_inputs_malformed', 'the receipts are for another chain or contract')
  }
  const isOfStatement =
    isBatchStatement(statement) && proof.publicInputs.join() === batchPublicInputs(statement).join()
  if (!isOfStatement) {
    return refuse('public_inputs_malformed', 'the public inputs are not those of the statement')
  }
  const verdict = verifyProof(proof, { verificationKey })
  if (!verdict.ok) return verdict
  const domain = `1901${statement.domainSeparator.slice(2)}` as DomainSeparator
  const signingKey = recoverSigner(usageKeyDigest(domain, statement), endorsement)
  return signingKey === undefined
    ? refuse('proof_malformed', 'the endorsement of the usage key is no signature')
    : ok({ statement, signingKey })
}
