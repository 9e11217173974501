import type { Bytes32 } from '../domain/units.ts'
import type { ProofSetup, ProofSystem } from '../proofs/proof.ts'

/** `artefact.json`, the file that a built circuit's folder is known by. */
export type CircuitArtefact = {
  readonly object: 'vouch.circuit'
  readonly name: string
  readonly system: ProofSystem
  readonly sourceSha256: Bytes32
  /** Name and version of each program that had a part in it. */
  readonly compiler: Readonly<Record<string, string>>
  readonly setup: ProofSetup
  /** Proofs are for another circuit to verify; `vk_hash` beside the key is what that circuit knows it by. */
  readonly recursive?: true
  /** keccak256 of the file `vk`, as a proof names it. */
  readonly vkHash: Bytes32
  /** Rows of the constraint system (groth16), gates (ultrahonk), or rows of the table (ezkl). */
  readonly constraints: number
  /** How many field elements a proof's public inputs are. */
  readonly publicInputs: number
  /** By file name in the folder. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: Bytes32 }>>
}

/**
 * A built circuit. Beside `artefact.json` its folder holds: `vk` (the bytes that `vkHash` is of) and
 * for groth16 `circuit.r1cs`, `circuit.sym`, `circuit.wasm`, `pk` (a zkey);
 * for ultrahonk `circuit.json`, `Verifier.sol`, `verifier.creation`, `verifier.runtime` (bytes of the contract);
 * for ezkl `model.compiled`, `settings.json`, `pk`.
 */
export type CircuitArtefacts = {
  readonly folder: string
  readonly artefact: CircuitArtefact
}
