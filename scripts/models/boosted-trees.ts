import type { Example } from './example.ts'

/** A sum of small trees: `base` and of each tree the leaf that the inputs lead to. */
export type BoostedTrees = { readonly base: number; readonly trees: readonly TreeNode[] }

export type TreeNode =
  | { readonly leaf: number }
  | {
      readonly feature: number
      /** Inputs at most this go to `atMost`. */
      readonly threshold: number
      readonly atMost: TreeNode
      readonly above: TreeNode
    }

export type BoostingTerms = {
  readonly trees: number
  readonly depth: number
  readonly learningRate: number
  /** Examples that a leaf has at least. */
  readonly leafMin: number
  /** Thresholds that are tried of each feature. */
  readonly thresholdsMax: number
}

export const runTrees = ({ base, trees }: BoostedTrees, inputs: readonly number[]): number =>
  trees.reduce((sum, tree) => sum + leafOf(tree, inputs), base)

function leafOf(node: TreeNode, inputs: readonly number[]): number {
  if ('leaf' in node) return node.leaf
  const value = inputs[node.feature] ?? Number.NaN
  return leafOf(value <= node.threshold ? node.atMost : node.above, inputs)
}

/** Gradient boosting of the squared error (Friedman 2001): each tree is grown on what those before it left over. */
export function growTrees(examples: readonly Example[], terms: BoostingTerms): BoostedTrees {
  const base = meanOf(examples.map(({ wanted }) => wanted))
  const thresholds = thresholdsOf(examples, terms.thresholdsMax)
  const left = Float64Array.from(examples, ({ wanted }) => wanted - base)
  const everyone = examples.map((_, at) => at)
  const trees: TreeNode[] = []
  for (let tree = 0; tree < terms.trees; tree += 1) {
    const grown = grow({ examples, left, thresholds, terms }, everyone, terms.depth)
    trees.push(grown)
    for (const [at, { inputs }] of examples.entries()) {
      left[at] = (left[at] ?? 0) - leafOf(grown, inputs)
    }
  }
  return { base, trees }
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Of each feature values between which examples lie, evenly by their number. */
function thresholdsOf(examples: readonly Example[], most: number): readonly (readonly number[])[] {
  const features = examples[0]?.inputs.length ?? 0
  return Array.from({ length: features }, (_, feature) => {
    const sorted = examples.map(({ inputs }) => inputs[feature] ?? 0).sort((a, b) => a - b)
    const picked = Array.from(
      { length: most },
      (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / (most + 1))] ?? 0,
    )
    return [...new Set(picked)].filter((threshold) => threshold < (sorted.at(-1) ?? 0))
  })
}

type Growing = {
  readonly examples: readonly Example[]
  readonly left: Float64Array
  readonly thresholds: readonly (readonly number[])[]
  readonly terms: BoostingTerms
}

function grow(growing: Growing, members: readonly number[], depth: number): TreeNode {
  const split = depth === 0 ? undefined : bestSplit(growing, members)
  if (split === undefined) {
    return { leaf: growing.terms.learningRate * meanOf(members.map((at) => growing.left[at] ?? 0)) }
  }
  const { feature, threshold } = split
  const isAtMost = (at: number): boolean =>
    (growing.examples[at]?.inputs[feature] ?? 0) <= threshold
  const atMost = members.filter(isAtMost)
  const above = members.filter((at) => !isAtMost(at))
  return {
    feature,
    threshold,
    atMost: grow(growing, atMost, depth - 1),
    above: grow(growing, above, depth - 1),
  }
}

type Split = { readonly feature: number; readonly threshold: number }

/** The split that leaves the least squared error; undefined where none gains. */
function bestSplit(growing: Growing, members: readonly number[]): Split | undefined {
  const total = members.reduce((sum, at) => sum + (growing.left[at] ?? 0), 0)
  let best: Split | undefined
  let bestGain = (total * total) / members.length + 1e-9
  for (const [feature, tried] of growing.thresholds.entries()) {
    for (const threshold of tried) {
      const gain = gainOf(growing, members, { feature, threshold, total })
      if (gain <= bestGain) continue
      bestGain = gain
      best = { feature, threshold }
    }
  }
  return best
}

/** The larger, the less squared error is left; below everything where a leaf would be too small. */
function gainOf(
  { examples, left, terms }: Growing,
  members: readonly number[],
  { feature, threshold, total }: Split & { readonly total: number },
): number {
  let [count, sum] = [0, 0]
  for (const at of members) {
    if ((examples[at]?.inputs[feature] ?? 0) > threshold) continue
    count += 1
    sum += left[at] ?? 0
  }
  const others = members.length - count
  if (count < terms.leafMin || others < terms.leafMin) return Number.NEGATIVE_INFINITY
  return (sum * sum) / count + (total - sum) ** 2 / others
}
