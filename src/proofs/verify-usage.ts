/*
 * What a usage proof proves, without a chain and without a prover. Who the keys belong to, and whether the roots are anchored,
 * are the reader's to ask: `UsageProven` has everything that such questions are about.
 */
import { ok, type Result } from '../base/result.ts'
import { ecdsaPartOf } from '../chain/batch-signature.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import { recoverSigner } from '../chain/signatures.ts'
import { rootFrom } from '../chain/sorted-merkle-tree.ts'
import { hashWord } from '../chain/typed-data.ts'
import { type Address, type Bytes32, zeroBytes32 } from '../domain/units.ts'
import { type ProofRefusal, refuse } from './proof-refusal.ts'
import { gapBetween } from './usage-batches.ts'
import type { UsageProof, UsageSegment } from './usage-proof.ts'
import { readUsageInputs, type UsageStatement, type UsageTreeKeys } from './usage-statement.ts'
import { type ProofSurroundings, verifyProof } from './verify-proof.ts'

/** The circuits that a reader believes, by their keys; those of another setup are others. */
export type UsageCircuits = {
  readonly batchVkHash?: Bytes32 | undefined
  readonly tree?: { readonly vkHash: Bytes32; readonly keys: UsageTreeKeys } | undefined
}

export type UsageSurroundings = {
  readonly circuits: UsageCircuits
  /** The domain of the receipts that the proof should be of. */
  readonly domainSeparator?: Bytes32 | undefined
  /** Bytes of the keys by their hash, where proofs do not carry them. */
  readonly verificationKeys?: ReadonlyMap<Bytes32, Uint8Array>
}

type UsageSegmentProven = {
  readonly statement: UsageStatement
  /** The account of the key that signed the last receipt: the gateway's registry says whether it was its own then. */
  readonly gatewayKey: Address
  /** The root that the last receipt lies under; undefined: the document does not say. */
  readonly root: Bytes32 | undefined
}

export type UsageProven = {
  readonly segments: readonly UsageSegmentProven[]
  /** Of all segments together. */
  readonly firstSeq: number
  readonly count: number
  readonly total: bigint
  readonly priced: bigint
  readonly unsignedCount: number
  readonly unsignedTotal: bigint
}

export function verifyUsage(
  document: UsageProof,
  surroundings: UsageSurroundings,
): Result<UsageProven, ProofRefusal> {
  const segments: UsageSegmentProven[] = []
  for (const segment of document.segments) {
    const proven = verifySegment(segment, surroundings)
    if (!proven.ok) return proven
    const before = segments.at(-1)?.statement
    const gap = before === undefined ? undefined : gapBetween(before, proven.value.statement)
    if (gap !== undefined) {
      const seq = proven.value.statement.firstSeq
      return refuse('public_inputs_malformed', `the segment from receipt ${seq}: ${gap.detail}`)
    }
    segments.push(proven.value)
  }
  const statements = segments.map(({ statement }) => statement)
  const sum = (member: 'total' | 'priced' | 'unsignedTotal'): bigint =>
    statements.reduce((all, statement) => all + statement[member], 0n)
  const count = (member: 'count' | 'unsignedCount'): number =>
    statements.reduce((all, statement) => all + statement[member], 0)
  return ok({
    segments,
    firstSeq: statements[0]?.firstSeq ?? 0,
    count: count('count'),
    total: sum('total'),
    priced: sum('priced'),
    unsignedCount: count('unsignedCount'),
    unsignedTotal: sum('unsignedTotal'),
  })
}

function verifySegment(
  { proof, gatewaySignature, inclusion }: UsageSegment,
  { circuits, domainSeparator, verificationKeys }: UsageSurroundings,
): Result<UsageSegmentProven, ProofRefusal> {
  const inputs = readUsageInputs(proof.publicInputs)
  if (!inputs.ok) return inputs
  const { statement, keys } = inputs.value
  const isBatch = keys.batchKey === zeroBytes32 && keys.treeKey === zeroBytes32
  const { tree } = circuits
  const isTree = tree?.keys.batchKey === keys.batchKey && tree.keys.treeKey === keys.treeKey
  if (!isBatch && !isTree) {
    return refuse('verification_key_mismatch', 'the tree was proven by circuits that are not known')
  }
  const vkHash = isBatch ? circuits.batchVkHash : tree?.vkHash
  if (proof.vkHash !== vkHash) {
    return refuse('verification_key_mismatch', `the key ${proof.vkHash} is of no usage circuit`)
  }
  if (domainSeparator !== undefined && statement.domainSeparator !== domainSeparator) {
    return refuse('public_inputs_malformed', 'it is of receipts of another chain or verifier')
  }
  const given: ProofSurroundings = { verificationKey: verificationKeys?.get(proof.vkHash) }
  const verdict = verifyProof(proof, given)
  if (!verdict.ok) return verdict
  const { lastDigest } = statement
  const ecdsa = ecdsaPartOf(lastDigest, gatewaySignature)
  const gatewayKey = ecdsa && recoverSigner(ecdsa.digest, ecdsa.signature)
  if (gatewayKey === undefined) {
    return refuse('proof_false', 'no key of secp256k1 signed the last receipt')
  }
  const root = inclusion && rootFrom(keccak256Hex(hashWord(lastDigest)), inclusion.siblings)
  if (root !== inclusion?.root) {
    return refuse('proof_false', 'the last receipt does not lie under the root that is named')
  }
  return ok({ statement, gatewayKey, root })
}
