import type { ProverPlace } from './prover-place.ts'

export type ProverStage =
  | 'starting'
  | 'setup'
  | 'compiling'
  | 'keys'
  | 'verifier'
  | 'witness'
  | 'proving'
  | 'verifying'

type ProverProgress = {
  readonly stage: ProverStage
  /** Of this stage, 0 … 1, where it can be told. */
  readonly fraction?: number
  /** Since the job began. */
  readonly elapsedMs: number
}

/** What a job has used, with all the processes that it started. */
export type ProverCost = {
  readonly wallMs: number
  readonly cpuMs: number
  /** Undefined where the platform does not tell: see `memoryIsWatched`. */
  readonly peakMemoryBytes: number | undefined
}

export type JobOptions = {
  readonly place?: ProverPlace
  /** Ends the job: its whole process group is killed. */
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Of the resident memory of the job's processes together. */
  readonly memoryBytesMax?: number
  readonly onProgress?: (progress: ProverProgress) => void
  /** Told once, however the job ended. */
  readonly onCost?: (cost: ProverCost) => void
}
