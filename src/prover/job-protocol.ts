/*
 * What passes between a job's process and the one that asked for it: one line of JSON to its standard input, lines of JSON back
 * on a descriptor of its own (provers print what they like to standard output). Its standard input stays open: where it ends,
 * whoever asked is dead, and the job ends itself.
 */
import type { Result } from '../base/result.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { Proof, ProofSystem } from '../proofs/proof.ts'
import type { CeremonyReport } from './ceremony/ceremony-job.ts'
import type { CircuitArtefact } from './circuit-artefacts.ts'
import type { ProverStage } from './job-bounds.ts'
import type { CircuitInputs } from './prover.ts'
import type { ProverFailure } from './prover-failure.ts'
import type { ProverPlace } from './prover-place.ts'

export const jobLinesDescriptor = 3

/** `workFolder` is the job's own, and is removed with whatever it leaves there. */
type JobPlace = { readonly place: ProverPlace; readonly workFolder: string }

export type BuildJob = JobPlace & {
  readonly kind: 'build'
  readonly name: string
  readonly system: ProofSystem
  /** The source's files lie in `workFolder`/source. */
  readonly entry: string
  readonly circomOptimization: 1 | 2
  readonly recursive?: true
  readonly sourceSha256: CircuitArtefact['sourceSha256']
  /** An empty folder, which becomes the artefacts' folder when the job has ended well. */
  readonly outFolder: string
}

export type ProveJob = JobPlace & {
  readonly kind: 'prove'
  readonly folder: string
  readonly artefact: CircuitArtefact
  readonly inputs: CircuitInputs
}

/** Verification by the prover's own program, for the system that this package has no verifier of. */
export type CheckJob = JobPlace & {
  readonly kind: 'check'
  readonly folder: string
  readonly artefact: CircuitArtefact
  readonly proof: Proof
}

/** Paths are absolute. */
export type CeremonyStep =
  | {
      readonly kind: 'setup'
      readonly ptau: string
      readonly ptauSha256: Bytes32 | undefined
      readonly to: string
    }
  | {
      readonly kind: 'contribute'
      readonly from: string
      readonly to: string
      readonly contributor: string
    }
  | {
      readonly kind: 'beacon'
      readonly from: string
      readonly to: string
      /** Hex digits without 0x. */
      readonly beacon: string
      readonly iterationsExponent: number
    }
  | {
      readonly kind: 'export'
      readonly ptau: string
      readonly ptauSha256: Bytes32 | undefined
      readonly zkey: string
    }

/** A step of the second phase of groth16. Those without a source leave its members empty. */
export type CeremonyJob = JobPlace &
  Pick<BuildJob, 'name' | 'entry' | 'circomOptimization' | 'sourceSha256' | 'outFolder'> & {
    readonly kind: 'ceremony'
    readonly step: CeremonyStep
  }

export type Job = BuildJob | ProveJob | CheckJob | CeremonyJob

export type JobValue = {
  readonly build: CircuitArtefact
  readonly prove: Proof
  readonly check: true
  readonly ceremony: CeremonyReport
}

export type JobLine =
  | { readonly line: 'progress'; readonly stage: ProverStage; readonly fraction?: number }
  | {
      readonly line: 'result'
      readonly result: Result<JobValue[keyof JobValue], ProverFailure>
      /** Of this process and those that it waited for. */
      readonly cpuMs: number
    }
