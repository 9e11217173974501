/** How much of an honest contributor's answers may differ from the reference, by what computes them. */
export type NoiseAllowance = {
  readonly name: NoiseClass
  /** Mean score of a token (`tokenScore`) that is honest noise at most. */
  readonly tokenScoreMax: number
  /** Mean score of a log-probability (`logprobScore`) that is honest noise at most. */
  readonly logprobScoreMax: number
  /** Nats by which the mean surprise at a token may be off. */
  readonly surpriseMax: number
}

/**
 * `same`: this engine and these weights on any CPU. `float`: the same weights in the arithmetic of
 * another engine, such as llama.cpp or vLLM, in single or half precision. `int8`: weights rounded to eight bits, by a contributor
 * whose manifest says so.
 */
export type NoiseClass = 'same' | 'float' | 'int8'

export const noiseClasses: readonly NoiseClass[] = ['same', 'float', 'int8']

/** Measured by bench/audit-detection.ts, with room; docs/audit-statistics.md has the figures. */
export const noiseAllowances: Readonly<Record<NoiseClass, NoiseAllowance>> = {
  same: { name: 'same', tokenScoreMax: 5e-5, logprobScoreMax: 1e-3, surpriseMax: 0.01 },
  float: { name: 'float', tokenScoreMax: 1e-4, logprobScoreMax: 5e-3, surpriseMax: 0.02 },
  int8: { name: 'int8', tokenScoreMax: 1e-3, logprobScoreMax: 3e-2, surpriseMax: 0.03 },
}
