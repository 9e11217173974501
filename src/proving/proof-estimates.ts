import { proofEstimateWeightRatio } from './limits.ts'

/** How long proofs take here, by model: the newest count most. */
export class ProofEstimates {
  readonly #seconds = new Map<string, number>()

  measured(modelName: string, seconds: number): void {
    const before = this.#seconds.get(modelName) ?? seconds
    this.#seconds.set(modelName, before + proofEstimateWeightRatio * (seconds - before))
  }

  /** Undefined before one was made. */
  secondsOf(modelName: string): number | undefined {
    return this.#seconds.get(modelName)
  }
}
