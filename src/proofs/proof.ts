/*
 * A proof as JSON: what a prover writes, a receipt carries as evidence, `vouch verify` reads and a contract is called with. It
 * names its verification key by hash alone, so that whoever checks it must know from elsewhere which key the statement has: from
 * a model's manifest, from this package, from a person.
 */
import type { Hex } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type Bytes32, bytes32, isBytes32, isHex } from '../domain/units.ts'
import { scalarOf } from './field.ts'

const proofSystems = ['groth16', 'ultrahonk', 'ezkl'] as const
export type ProofSystem = (typeof proofSystems)[number]

/** Made with keys from a tau that everybody knows: whoever likes can prove anything. Good on a development chain alone. */
export const devInsecure = 'dev-insecure'
/** What the keys come from: the known tau, or the ceremony's file by its sha256. */
export type ProofSetup = typeof devInsecure | Bytes32

export type Proof = {
  readonly object: 'vouch.proof'
  readonly system: ProofSystem
  /** Name of the circuit: lower case, digits, hyphens, dots; for people, since the key alone decides. */
  readonly circuit: string
  /** keccak256 of the verification key's bytes, as docs/verify.md writes them for each system. */
  readonly vkHash: Bytes32
  readonly setup: ProofSetup
  /** Field elements, in the circuit's order. */
  readonly publicInputs: readonly Bytes32[]
  /**
   * groth16: eight words, a.x a.y b.x₁ b.x₀ b.y₁ b.y₀ c.x c.y (EIP-197). ultrahonk: as `bb prove -t evm` writes it. ezkl: the
   * proof's bytes.
   */
  readonly proof: Hex
  /** The key itself, for whoever has not got it; `vkHash` binds it. */
  readonly verificationKey?: Hex
}

/** ezkl has one for each value of input and output; the others pack or hash theirs. */
const publicInputsMax = 4096
/** UltraHonk's longest is below 12 KiB, ezkl's grows with the circuit. */
export const proofBytesMax: number = 64 * 1024
/** Groth16 has 64 bytes for each public input; ezkl's keys are the longest. */
export const verificationKeyBytesMax: number = 512 * 1024

export type ProofFault = {
  readonly path: string
  readonly expected: string
  readonly found: string
}

type Rule = { readonly expected: string; readonly holds: (value: unknown) => boolean }

const circuitPattern = /^[a-z0-9][a-z0-9.-]{0,99}$/

const isHexOfAtMost =
  (bytesMax: number) =>
  (value: unknown): boolean =>
    typeof value === 'string' && value.length <= 2 + 2 * bytesMax && isHex(value)

const rules: { readonly [K in keyof Required<Proof>]: Rule } = {
  object: { expected: '"vouch.proof"', holds: (value) => value === 'vouch.proof' },
  system: {
    expected: proofSystems.map((name) => `"${name}"`).join(', '),
    holds: (value) => proofSystems.some((name) => name === value),
  },
  circuit: {
    expected: 'up to 100 lower-case letters, digits, hyphens and dots',
    holds: (value) => typeof value === 'string' && circuitPattern.test(value),
  },
  vkHash: { expected: '32 bytes as 0x and 64 hex digits', holds: isBytes32 },
  setup: {
    expected: '"dev-insecure", or the sha256 of the ceremony file as 0x and 64 hex digits',
    holds: (value) => value === devInsecure || isBytes32(value),
  },
  publicInputs: {
    expected: `a list of at most ${publicInputsMax} words of 32 bytes below the field's modulus`,
    holds: (value) =>
      Array.isArray(value) && value.length <= publicInputsMax && value.every(isFieldElement),
  },
  proof: {
    expected: `at most ${proofBytesMax} bytes as 0x and hex digits`,
    holds: isHexOfAtMost(proofBytesMax),
  },
  verificationKey: {
    expected: `at most ${verificationKeyBytesMax} bytes as 0x and hex digits`,
    holds: (value) => value === undefined || isHexOfAtMost(verificationKeyBytesMax)(value),
  },
}

const isFieldElement = (value: unknown): boolean =>
  isBytes32(value) && scalarOf(bytes32(value)) !== undefined

/** The document with its hex in lower case, or every fault in it. Members that it does not have are refused. */
export function readProof(value: unknown): Result<Proof, readonly ProofFault[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return err([{ path: '', expected: 'an object', found: shortened(value) }])
  }
  const members = value as Readonly<Record<string, unknown>>
  const faults: ProofFault[] = Object.entries(rules).flatMap(([path, { expected, holds }]) => {
    const member = Object.hasOwn(members, path) ? members[path] : undefined
    return holds(member) ? [] : [{ path, expected, found: shortened(member) }]
  })
  for (const path of Object.keys(members)) {
    if (!Object.hasOwn(rules, path)) faults.push({ path, expected: 'no such field', found: 'one' })
  }
  return faults.length === 0 ? ok(inLowerCase(members as Proof)) : err(faults)
}

function inLowerCase(proof: Proof): Proof {
  const lower = <T extends string>(text: T): T => text.toLowerCase() as T
  const { verificationKey } = proof
  return {
    object: 'vouch.proof',
    system: proof.system,
    circuit: proof.circuit,
    vkHash: lower(proof.vkHash),
    setup: lower(proof.setup),
    publicInputs: proof.publicInputs.map(lower),
    proof: lower(proof.proof),
    ...(verificationKey === undefined ? {} : { verificationKey: lower(verificationKey) }),
  }
}

const foundLengthMax = 40

function shortened(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value)
  return text.length <= foundLengthMax ? text : `${text.slice(0, foundLengthMax)}…`
}
