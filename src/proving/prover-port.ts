/*
 * What a gateway asks of a prover: one job at a time, in a process of its own. `src/prover` is behind it; who starts a gateway
 * joins the two (cli), so that nothing of a prover is ever loaded into the process that serves.
 */
import type { Result } from '../base/result.ts'
import type { ProofDocument } from '../domain/proof-document.ts'
import type { ProofTerms } from '../domain/tensor-terms.ts'

/** One inference to prove: integers as they were on the wire. */
export type ProofTask = {
  readonly modelName: string
  readonly proof: ProofTerms
  readonly input: Int32Array
  readonly output: Int32Array
}

/** Where a prover is. `fraction` is of the stage, where that is known. */
export type ProofProgress = {
  readonly stage: string
  readonly fraction?: number | undefined
  readonly elapsedMs: number
}

/** Why there is no proof. */
export type ProofFault =
  /** It took longer than it may. */
  | 'timeout'
  /** It took more memory than it may. */
  | 'memory'
  /** It ended by itself, without a proof. */
  | 'crashed'
  /** It made one that does not hold. */
  | 'unsound'
  /** The model answers otherwise: whoever signed the answer lied. */
  | 'output_mismatch'
  | 'cancelled'

export type Prover = {
  /** Whether the programs are there that such a proof takes; else the command that installs them. */
  readonly readiness: (proof: ProofTerms) => Result<void, string>
  /** Resolves when the proof is made and was verified, or when nothing of the prover runs any more. Never rejects. */
  readonly prove: (
    task: ProofTask,
    watched: {
      readonly signal: AbortSignal
      readonly onProgress: (progress: ProofProgress) => void
    },
  ) => Promise<Result<ProofDocument, ProofFault>>
}
