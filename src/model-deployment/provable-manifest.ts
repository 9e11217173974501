/*
 * The manifest of a provable model. Its hash is the modelId; a contract that is handed what stands before and behind the member
 * "provable" writes that member anew, so that nobody can register another verifier for the model (IModelProofs).
 */
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { ProofSetup, ProofSystem } from '../proofs/proof.ts'

export type ProvableTerms = {
  /** keccak256 of the verifier's runtime code. */
  readonly codeHash: Bytes32
  readonly inputs: number
  readonly outputs: number
  readonly kind: 'packed' | 'ezkl'
  readonly setup: ProofSetup
}

type ProvingTerms = {
  readonly circuit: string
  readonly system: ProofSystem
  readonly vkHash: Bytes32
}

export type ManifestTerms = {
  readonly id: string
  /** sha256 by file name. */
  readonly files: Readonly<Record<string, string>>
  /** In words: how floats became integers. */
  readonly quantization: string
  readonly provable: ProvableTerms
  readonly proving: ProvingTerms
}

export type ProvableManifest = {
  readonly modelId: Bytes32
  readonly canonical: string
  /** The manifest up to the member "provable", and what follows it. */
  readonly prefix: string
  readonly suffix: string
}

/** What computes the answers of such a model, as its manifest names it: another arithmetic is another engine. */
const fixedPointEngine = 'vouch fixed-point 1'

export function provableManifest({
  id,
  files,
  quantization,
  provable,
  proving,
}: ManifestTerms): ProvableManifest {
  const before = { engine: fixedPointEngine, files, format: 'onnx', id }
  const behind = { proving, quantization }
  const own = membersOf({ provable })
  const prefix = `{${membersOf(before)},`
  const suffix = `,${membersOf(behind)}}`
  const canonical = `${prefix}${own}${suffix}`
  return { modelId: keccak256Utf8(canonical), canonical, prefix, suffix }
}

/** Canonical JSON without the braces; every name of `before` sorts before "provable", every name of `behind` after it. */
const membersOf = (members: { readonly [name: string]: Json }): string =>
  canonicalJson(members).slice(1, -1)
