import type { Random } from './seeded-random.ts'

/** Scores within this of the best are as good as equal: what they are made of is never known more exactly. */
const topSpread = 0.05
/** More than this would let chance decide against merit. */
const topMax = 8

/**
 * One place of `scores` by the power of two choices: of two that chance takes out of the top set, the one with the better
 * score. Several gateways whose knowledge is stale alike do not all run to one winner. Not for an empty list.
 */
export function pickByTwoChoices(scores: readonly number[], random: Random): number {
  const top = topSet(scores)
  if (top.length === 1) return top[0] ?? 0
  const first = Math.floor(random() * top.length)
  // Any other but the first.
  const second = (first + 1 + Math.floor(random() * (top.length - 1))) % top.length
  const one = top[first] ?? 0
  const other = top[second] ?? 0
  return (scores[other] ?? 0) > (scores[one] ?? 0) ? other : one
}

/** Places of the best scores, best first; equals in their order. */
function topSet(scores: readonly number[]): readonly number[] {
  let best = Number.NEGATIVE_INFINITY
  for (const score of scores) if (score > best) best = score
  const top: number[] = []
  for (const [place, score] of scores.entries()) if (score >= best - topSpread) top.push(place)
  if (top.length <= topMax) return top
  return top.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, topMax)
}
