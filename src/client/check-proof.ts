/*
 * Tier 64: that the proof in a receipt holds, that it is about the values which the Work's hashes are of, and that its key is
 * the one of this model. The values need not be given: a proof's public inputs are the values themselves.
 */
import { utf8Text } from '../base/bytes.ts'
import { sha256Hex } from '../base/sha256.ts'
import { encodeTensor } from '../base/wire-tensor.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256 } from '../chain/keccak.ts'
import type { Receipt } from '../domain/receipt.ts'
import type { Address } from '../domain/units.ts'
import { type InferenceTensors, readInferenceInputs } from '../proofs/inference-inputs.ts'
import { devInsecure, type Proof, readProof } from '../proofs/proof.ts'
import { type ProvableModel, readProvableModel } from '../proofs/provable-model.ts'
import { type CheckLine, fails, holds, joinLines, unknown } from './check-line.ts'
import { checkProofOnChain } from './check-proof-on-chain.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

/** What is given beside the receipt. */
export type ProofSurroundings = {
  /** The model's manifest, as JSON. */
  readonly manifest?: Uint8Array | undefined
  /** Bytes of the key, where the receipt's proof does not carry it. */
  readonly verificationKey?: Uint8Array | undefined
  readonly rpc?: JsonRpc | undefined
  /** The contract that judges proofs of models, where the receipt's verifier does not lead to it. */
  readonly modelProofs?: Address | undefined
}

export async function checkProof(
  parsed: ParsedReceipt,
  surroundings: ProofSurroundings,
): Promise<readonly CheckLine[]> {
  const read = readProof(parsed.evidence?.others['proof'])
  if (!read.ok) {
    const [fault] = read.error
    const where = fault?.path === '' ? 'evidence.proof' : `evidence.proof.${fault?.path}`
    return [fails('proof', `${where}: expected ${fault?.expected}, found ${fault?.found}`)]
  }
  const proof = read.value
  const { modelId } = parsed.receipt.work
  const manifest = surroundings.manifest
  const model = manifest === undefined ? undefined : readProvableModel(utf8Text(manifest), modelId)
  const { rpc, verificationKey } = surroundings
  const tensors = tensorsOf(parsed.receipt, proof)
  const [itself, onChain] = await Promise.all([
    checkProofItself(proof, verificationKey),
    rpc === undefined || tensors === undefined
      ? []
      : checkProofOnChain(rpc, parsed, { proof, tensors, modelProofs: surroundings.modelProofs }),
  ])
  const offline = [
    itself,
    checkStatement(parsed.receipt, tensors),
    checkKey(proof, parsed.receipt, model),
    checkSetup(proof, parsed.domain.chainId),
  ]
  return joinLines(offline, onChain)
}

/** Loaded where a proof is: the curve takes a fraction of a second, and most receipts have none. */
export async function checkProofItself(
  proof: Proof,
  given: Uint8Array | undefined,
): Promise<CheckLine> {
  const check = 'proof'
  const { verifyProof } = await import('../proofs/verify-proof.ts')
  const verdict = verifyProof(proof, { verificationKey: given })
  if (verdict.ok) {
    return holds(check, `a ${proof.system} proof of the circuit ${proof.circuit} that holds`)
  }
  const { reason, detail } = verdict.error
  if (reason === 'verification_key_missing') return unknown(check, `${detail}: add --vk`)
  if (reason === 'system_not_verifiable_here') return unknown(check, detail)
  return fails(check, detail)
}

/** The values that the proof is about, as many as the Work counts. */
const tensorsOf = ({ work }: Receipt, { system, publicInputs }: Proof) =>
  readInferenceInputs(system === 'ezkl' ? 'ezkl' : 'packed', publicInputs, {
    inputs: work.promptTokens,
    outputs: work.completionTokens,
  })

function checkStatement({ work }: Receipt, tensors: InferenceTensors | undefined): CheckLine {
  const check = 'proof-statement'
  if (tensors === undefined) {
    return fails(
      check,
      `its public inputs are not ${work.promptTokens} values in and ${work.completionTokens} out`,
    )
  }
  const other = otherHash(work, tensors)
  return other === undefined
    ? holds(
        check,
        `it is about the ${work.promptTokens} values of the inputHash and the ` +
          `${work.completionTokens} of the contentHash`,
      )
    : fails(check, `the values that it is about give another ${other}`)
}

function otherHash(
  work: Receipt['work'],
  { inputs, outputs }: InferenceTensors,
): string | undefined {
  const [input, output] = [encodeTensor(inputs), encodeTensor(outputs)]
  if (`0x${sha256Hex(input)}` !== work.inputHash) return 'inputHash'
  if (`0x${sha256Hex(output)}` !== work.outputHash) return 'outputHash'
  return keccak256(output) === work.contentHash ? undefined : 'contentHash'
}

function checkKey(
  proof: Proof,
  { work }: Receipt,
  model: ReturnType<typeof readProvableModel> | undefined,
): CheckLine {
  const check = 'proof-key'
  if (model === undefined) {
    return unknown(
      check,
      'which key proves this model, its manifest says, or a node: add --manifest',
    )
  }
  if (!model.ok) return fails(check, model.error)
  const fault = mismatch(proof, work, model.value)
  if (fault !== undefined) return fails(check, fault)
  return model.value.vkHash === undefined
    ? unknown(check, 'the manifest names no key of its own, only a contract: add --rpc')
    : holds(check, `the model's manifest names the key ${proof.vkHash}`)
}

function mismatch(proof: Proof, work: Receipt['work'], model: ProvableModel): string | undefined {
  const { vkHash, setup, kind, inputs, outputs } = model
  if (vkHash !== undefined && vkHash !== proof.vkHash) {
    return `the model is proven with the key ${vkHash}, and this proof is for ${proof.vkHash}`
  }
  if (setup !== proof.setup) return `the model's setup is ${setup}, the proof says ${proof.setup}`
  if ((kind === 'ezkl') !== (proof.system === 'ezkl')) return `the model is proven as ${kind}`
  if (inputs === work.promptTokens && outputs === work.completionTokens) return undefined
  return `the model takes ${inputs} values and gives ${outputs}`
}

/** Chains of developers, where every key is known anyway. */
const developmentChains: ReadonlySet<number> = new Set([31337, 1337])

function checkSetup({ setup }: Proof, chainId: number): CheckLine {
  const check = 'proof-setup'
  if (setup !== devInsecure) return holds(check, `of the ceremony file with the sha256 ${setup}`)
  const warning = 'DEV-INSECURE: anybody can forge proofs of this setup'
  return developmentChains.has(chainId)
    ? holds(check, `${warning}. Good on a development chain alone, which ${chainId} is`)
    : fails(check, `${warning}, and chain ${chainId} is no development chain`)
}
