import { canonicalJson, type Json } from '../../src/base/canonical-json.ts'
import { toHex } from '../../src/base/hex.ts'
import { encodeTensor } from '../../src/base/wire-tensor.ts'
import { evidenceHash } from '../../src/chain/evidence-hash.ts'
import { keccak256, keccak256Utf8 } from '../../src/chain/keccak.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import { atomic, type Bytes32, zeroBytes32 } from '../../src/domain/units.ts'
import { inferencePublicInputs } from '../../src/proofs/inference-inputs.ts'
import { devInsecure, type Proof } from '../../src/proofs/proof.ts'
import { type ReceiptChanges, sha256, signReceipt } from './signed-receipt.ts'
import { type Secrets, simulatedKey, simulatedProof } from './simulated-groth16.ts'

/** A model of eight values in and two out: its circuit has three public inputs, two for what goes in. */
export const tensors = {
  inputs: Int32Array.of(1, -2, 3, -4, 5, -6, 7, -(2 ** 31)),
  outputs: Int32Array.of(2 ** 31 - 1, -9),
}
export const secrets: Secrets = {
  ...{ alpha: 3n, beta: 5n, gamma: 7n, delta: 11n },
  inputs: [13n, 17n, 19n, 23n],
}
export const keyBytes: Buffer = simulatedKey(secrets)

const publicInputs = inferencePublicInputs('packed', tensors)

export const proof: Proof = {
  object: 'vouch.proof',
  system: 'groth16',
  circuit: 'risk',
  vkHash: keccak256(keyBytes),
  setup: devInsecure,
  publicInputs,
  proof: toHex(simulatedProof(secrets, publicInputs.map(BigInt), { a: 29n, b: 31n })),
  verificationKey: toHex(keyBytes),
}

export const manifest = {
  id: 'risk',
  files: {},
  provable: {
    ...{ codeHash: keccak256Utf8('the verifier'), inputs: 8, kind: 'packed', outputs: 2 },
    setup: devInsecure,
  },
  proving: { circuit: 'risk', system: 'groth16', vkHash: proof.vkHash },
} as const

export const modelIdOf = (content: Json): Bytes32 => keccak256Utf8(canonicalJson(content))

const [input, output] = [encodeTensor(tensors.inputs), encodeTensor(tensors.outputs)]
const hashes = {
  inputHash: await sha256(input),
  outputHash: await sha256(output),
  contentHash: keccak256(output),
}

/** A receipt with tier 64 for those tensors, signed with whatever is asked of it. */
export function provenReceipt(
  asked: {
    readonly proof?: unknown
    readonly model?: Json
    readonly changes?: ReceiptChanges
  } = {},
): ParsedReceipt {
  const evidence = { proof: asked.proof === undefined ? proof : asked.proof }
  const { changes = {} } = asked
  const signed = signReceipt({
    ...changes,
    receipt: {
      tiers: 1 | 2 | 64,
      evidenceHash: evidenceHash([
        { kind: 'proof', hash: keccak256Utf8(canonicalJson(evidence.proof as Json)) },
      ]),
      // 8 values in and 2 out, by the sheet of all receipts of tests.
      cost: atomic(2n),
      ...changes.receipt,
    },
    work: {
      modelId: modelIdOf(asked.model ?? manifest),
      ...hashes,
      ...{ promptTokens: 8, cachedPromptTokens: 0, completionTokens: 2 },
      streamRoot: zeroBytes32,
      ...changes.work,
    },
    sheet: { modelId: modelIdOf(asked.model ?? manifest), ...changes.sheet },
  })
  return { ...signed, evidence: { checkpoints: [], others: evidence } }
}
