/** What a model reads, and what it should say. */
export type Example = { readonly inputs: readonly number[]; readonly wanted: number }

/** Of the examples whose `wanted` is 1 or 0: how likely a positive one scores above a negative one (area under the ROC curve). */
export function areaUnderCurve(scored: readonly { score: number; wanted: number }[]): number {
  const sorted = [...scored].sort((a, b) => a.score - b.score)
  let [positives, ranks] = [0, 0]
  for (let from = 0; from < sorted.length; ) {
    let to = from
    while (to < sorted.length && sorted[to]?.score === sorted[from]?.score) to += 1
    // Equal scores share the mean of their ranks.
    const rank = (from + 1 + to) / 2
    for (const { wanted } of sorted.slice(from, to)) {
      positives += wanted
      ranks += wanted * rank
    }
    from = to
  }
  const negatives = sorted.length - positives
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** The share of examples that fall on the right side of the threshold. */
export const accuracyAt = (
  scored: readonly { score: number; wanted: number }[],
  threshold: number,
): number =>
  scored.filter(({ score, wanted }) => score > threshold === (wanted === 1)).length / scored.length

export const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

/** R²: 1 − squared errors / squared differences from the mean. */
export function explainedShare(pairs: readonly { found: number; wanted: number }[]): number {
  const mean = pairs.reduce((sum, { wanted }) => sum + wanted, 0) / pairs.length
  const errors = pairs.reduce((sum, { found, wanted }) => sum + (found - wanted) ** 2, 0)
  const spread = pairs.reduce((sum, { wanted }) => sum + (wanted - mean) ** 2, 0)
  return 1 - errors / spread
}
