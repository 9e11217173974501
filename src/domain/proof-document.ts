import type { Hex } from '../base/hex.ts'
import type { ProofSystem } from './tensor-terms.ts'
import type { Bytes32 } from './units.ts'

/** What a receipt carries of a proof: `src/proofs/proof.ts` reads and checks one. */
export type ProofDocument = {
  readonly object: 'vouch.proof'
  readonly system: ProofSystem
  readonly circuit: string
  readonly vkHash: Bytes32
  readonly setup: 'dev-insecure' | Bytes32
  readonly publicInputs: readonly Bytes32[]
  readonly proof: Hex
}
