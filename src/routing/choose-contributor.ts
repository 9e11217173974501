import type { Candidate } from './contributor-pool.ts'

/**
 * The order in which candidates are tried: those that do not rest first, then cheaper, then less busy. When everyone rests
 * they are all tried after all: an answer from a doubtful contributor beats none. Part D replaces this score.
 */
export function orderCandidates(
  candidates: readonly Candidate[],
  health: {
    readonly rests: (contributorId: string) => boolean
    readonly inFlight: (contributorId: string) => number
  },
): readonly Candidate[] {
  if (candidates.length < 2) return candidates
  const rank = (candidate: Candidate) => {
    const { contributorId } = candidate.contributor
    return {
      rests: health.rests(contributorId) ? 1 : 0,
      price: candidate.offer.prices.completionAtomicPerMtok,
      inFlight: health.inFlight(contributorId),
    }
  }
  return candidates
    .map((candidate) => ({ candidate, ...rank(candidate) }))
    .sort(
      (a, b) =>
        a.rests - b.rests ||
        (a.price < b.price ? -1 : a.price > b.price ? 1 : 0) ||
        a.inFlight - b.inFlight,
    )
    .map(({ candidate }) => candidate)
}
