import type { Result } from '../base/result.ts'
import type { ProofSystem } from '../proofs/proof.ts'
import { jobFailure } from './job-failure.ts'
import type { ProverFailure } from './prover-failure.ts'

/** Where one system has keys of a ceremony, no other quietly has keys that everybody can forge with. */
export const noCeremonyFile = (system: ProofSystem): Result<never, ProverFailure> =>
  jobFailure('setup_unusable', `ceremony files are named, but none for ${system}`)

export const knownTau = (path: string): Result<never, ProverFailure> =>
  jobFailure('setup_unusable', `${path} is of the tau that everybody knows, and of no ceremony`)
