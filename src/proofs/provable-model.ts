/*
 * What a model's manifest says of its proofs: which verification key they are made for, and which contract judges them. The
 * manifest's hash is the model's id, so that whoever knows the model knows its key, and no gateway can put another in its place.
 */
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { err, ok, type Result } from '../base/result.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import type { InputsKind, TensorLengths } from './inference-inputs.ts'
import { devInsecure, type ProofSetup } from './proof.ts'

export type ProvableModel = TensorLengths & {
  readonly kind: InputsKind
  readonly setup: ProofSetup
  /** EXTCODEHASH of the verifier contract. */
  readonly codeHash: Bytes32
  /** The key that proofs are verified with where no chain is asked; undefined where the manifest names none. */
  readonly vkHash: Bytes32 | undefined
}

/** A manifest lists files, it does not hold them. */
const manifestCharactersMax: number = 256 * 1024

/**
 * Members of the manifest, beside whatever else is in it:
 *
 *   "provable": {"codeHash": "0x…", "inputs": 16, "kind": "packed", "outputs": 1, "setup": "dev-insecure"}
 *   "proving": {"circuit": "…", "system": "groth16", "vkHash": "0x…"}
 *
 * Contracts read the first, which is why it has exactly these members; the second is for verifiers outside a chain.
 */
export function readProvableModel(
  manifestText: string,
  modelId: Bytes32,
): Result<ProvableModel, string> {
  const manifest = parse(manifestText)
  if (manifest === undefined) return err('the manifest is no JSON object, or too long')
  const found = keccak256Utf8(canonicalJson(manifest))
  if (found !== modelId) return err(`the manifest is that of ${found}, not of ${modelId}`)
  const provable = fieldsOf(manifest['provable'])
  if (provable === undefined)
    return err('the manifest says of no circuit: nothing proves this model')
  const { codeHash, inputs, kind, outputs, setup, ...others } = provable
  if (!isBytes32(codeHash) || !isCount(inputs) || !isCount(outputs)) return err(malformed)
  if ((kind !== 'packed' && kind !== 'ezkl') || Object.keys(others).length > 0)
    return err(malformed)
  if (setup !== devInsecure && !isBytes32(setup)) return err(malformed)
  const vkHash = fieldsOf(manifest['proving'])?.['vkHash']
  if (vkHash !== undefined && !isBytes32(vkHash))
    return err('"proving" of the manifest is malformed')
  return ok({
    codeHash: bytes32(codeHash),
    ...{ inputs, outputs, kind },
    setup: setup === devInsecure ? devInsecure : bytes32(setup),
    vkHash: vkHash === undefined ? undefined : bytes32(vkHash),
  })
}

const malformed = '"provable" of the manifest is not as it must be'

type Fields = { readonly [member: string]: Json }

/** The id of the model whose manifest this is; undefined for what is none. */
export function manifestIdOf(manifestText: string): Bytes32 | undefined {
  const manifest = parse(manifestText)
  return manifest === undefined ? undefined : keccak256Utf8(canonicalJson(manifest))
}

function parse(text: string): Fields | undefined {
  if (text.length > manifestCharactersMax) return undefined
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

const fieldsOf = (value: Json | undefined): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 32
