/*
 * A proof that stands by itself: what `vouch prove` or a prover wrote, without a receipt around it. That it holds is computed
 * here; that its key is the right one must come from elsewhere, because with a key of its own anybody proves anything.
 */
import { utf8Text } from '../base/bytes.ts'
import { err, type Result } from '../base/result.ts'
import { keccak256 } from '../chain/keccak.ts'
import { readInferenceInputs } from '../proofs/inference-inputs.ts'
import type { MembershipStatement } from '../proofs/membership-statement.ts'
import { devInsecure, type Proof, type ProofFault, readProof } from '../proofs/proof.ts'
import { manifestIdOf, type ProvableModel, readProvableModel } from '../proofs/provable-model.ts'
import { readMembershipInputs } from '../proofs/read-membership.ts'
import { accountOf } from './account-of-key.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import { checkProofItself } from './check-proof.ts'
import { describeTime } from './describe-time.ts'
import { findRepeatedKey } from './find-repeated-key.ts'

export type ProofVerification = {
  readonly proof: Proof
  /** Bytes of a key that the person knows to be the circuit's. */
  readonly verificationKey: Uint8Array | undefined
  /** The manifest of the model that the person means. */
  readonly manifest: Uint8Array | undefined
  /** Whether a setup whose secrets everybody knows is good enough. */
  readonly takesDevInsecure: boolean
}

/** 56 segments of a usage proof, which are 1,000 receipts, take 1.6 MB with their keys. */
export const proofDocumentBytesMax: number = 8 * 1024 * 1024

/** Whether these bytes say that they are a proof; what kind of document something else is, others find out. */
export const isProofDocument = (bytes: Uint8Array): boolean => isDocument(bytes, 'vouch.proof')

/** Whether these bytes are JSON with this `object`. */
export function isDocument(bytes: Uint8Array, object: string): boolean {
  if (bytes.length > proofDocumentBytesMax) return false
  try {
    const named = JSON.parse(utf8Text(bytes)) as { readonly object?: unknown }
    return named.object === object
  } catch {
    return false
  }
}

/** `bytes` are those of which `isProofDocument` is true. */
export function parseProofDocument(bytes: Uint8Array): Result<Proof, readonly ProofFault[]> {
  const text = utf8Text(bytes)
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) {
    return err([{ path: repeated, expected: 'the field once', found: 'it twice' }])
  }
  return readProof(JSON.parse(text))
}

export async function verifyProofDocument(
  verification: ProofVerification,
): Promise<readonly CheckLine[]> {
  const { proof, verificationKey, manifest } = verification
  const model = manifest === undefined ? undefined : modelOf(manifest)
  return [
    await checkProofItself(proof, matching(proof, verificationKey)),
    checkStatement(proof, model),
    checkKey(verification, model),
    checkProofSetup(verification),
  ]
}

/** A key of another circuit is no reason to leave the proof's own one unused: the line about keys says what is wrong. */
const matching = (proof: Proof, key: Uint8Array | undefined): Uint8Array | undefined =>
  key !== undefined && keccak256(key) === proof.vkHash ? key : undefined

function modelOf(manifest: Uint8Array): Result<ProvableModel, string> {
  const text = utf8Text(manifest)
  const modelId = manifestIdOf(text)
  return modelId === undefined
    ? err('the manifest is no JSON object')
    : readProvableModel(text, modelId)
}

const valuesShownMax = 8

function checkStatement(proof: Proof, model: Result<ProvableModel, string> | undefined): CheckLine {
  const check = 'proof-statement'
  const { publicInputs } = proof
  if (model === undefined || !model.ok) {
    const membership = readMembershipInputs(publicInputs)
    if (proof.circuit === 'membership' && membership !== undefined) {
      return holds(check, described(membership))
    }
    return unknown(check, `what its ${publicInputs.length} public inputs mean, its circuit says`)
  }
  const tensors = readInferenceInputs(model.value.kind, publicInputs, model.value)
  if (tensors === undefined) {
    const { inputs, outputs } = model.value
    return fails(check, `its public inputs are not ${inputs} values in and ${outputs} out`)
  }
  return holds(check, `of ${shown(tensors.inputs)} the model makes ${shown(tensors.outputs)}`)
}

const described = (membership: MembershipStatement): string => {
  const { gateway, modelId, tiers, finishedAfter, finishedBefore, root, bound } = membership
  return (
    `a receipt of the gateway ${gateway}, signed by ${accountOf(membership.gatewayKey)}, for the ` +
    `model ${modelId} with tiers ${tiers}, finished between ${describeTime(finishedAfter)} and ` +
    `${describeTime(finishedBefore)}, lies under the root ${root}; for ${bound} alone`
  )
}

const shown = (values: Int32Array): string =>
  values.length <= valuesShownMax
    ? values.join(' ')
    : `${values.subarray(0, valuesShownMax).join(' ')} … (${values.length} values)`

function checkKey(
  { proof, verificationKey }: ProofVerification,
  model: Result<ProvableModel, string> | undefined,
): CheckLine {
  const check = 'proof-key'
  const given = verificationKey === undefined ? undefined : keccak256(verificationKey)
  if (given !== undefined && given !== proof.vkHash) {
    return fails(check, `the key that you gave is ${given}, and the proof is for ${proof.vkHash}`)
  }
  if (model?.ok === false) return fails(check, model.error)
  const { vkHash, setup } = model?.value ?? {}
  if (vkHash !== undefined && vkHash !== proof.vkHash) {
    return fails(check, `the model is proven with the key ${vkHash}, not ${proof.vkHash}`)
  }
  if (setup !== undefined && setup !== proof.setup) {
    return fails(check, `the model's setup is ${setup}, the proof says ${proof.setup}`)
  }
  if (vkHash !== undefined) return holds(check, `the manifest names the key ${proof.vkHash}`)
  return given === undefined
    ? unknown(
        check,
        `nobody but the proof says whose key ${proof.vkHash} is: give --vk or --manifest`,
      )
    : holds(check, `the key that you gave: ${given}`)
}

/** Of a proof by itself: a receipt says which chain it is for. */
export function checkProofSetup({
  proof,
  takesDevInsecure,
}: Pick<ProofVerification, 'proof' | 'takesDevInsecure'>): CheckLine {
  const check = 'proof-setup'
  if (proof.setup !== devInsecure) {
    return holds(check, `of the ceremony file with the sha256 ${proof.setup}, as the proof says`)
  }
  const warning = 'DEV-INSECURE: anybody can forge proofs of this setup'
  return takesDevInsecure
    ? holds(check, `${warning}; you said that this will do`)
    : unknown(check, `${warning}: give --dev-insecure where that will do`)
}
