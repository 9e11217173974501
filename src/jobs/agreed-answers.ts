import type { Hex } from '../base/hex.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { ContractJob, JobAnswer } from '../store/contract-job-store.ts'

/** An answer as it is delivered. */
export type KeptAnswer = JobAnswer & {
  readonly content: Hex
  readonly contentHash: Bytes32
  readonly packed: Hex
}

export const isKept = (answer: JobAnswer): answer is KeptAnswer => answer.state === 'kept'

/** The largest group of kept answers that say the same; the one that was there first of two as large. */
export function largestAgreement(answers: readonly JobAnswer[]): readonly KeptAnswer[] {
  const groups = Map.groupBy(answers.filter(isKept), ({ contentHash }) => contentHash)
  let largest: readonly KeptAnswer[] = []
  for (const group of groups.values()) if (group.length > largest.length) largest = group
  return largest
}

/**
 * How many answers are still to be asked for: as many as are missing for an agreement, and no more than the job takes in all.
 * `no_agreement`: all that may be asked for were given, and too few agree.
 */
export function answersMissing({
  ask: { terms },
  answers,
}: Pick<ContractJob, 'ask' | 'answers'>): number | 'no_agreement' {
  const missing = terms.agreement - largestAgreement(answers).length
  if (missing <= 0) return 0
  const left = terms.answersMax - answers.filter(isKept).length
  return left < missing ? 'no_agreement' : missing
}
