/* One layer of a real graph as layers of integers. */
import type {
  ArgMaxLayer,
  ArrangeLayer,
  ClipLayer,
  Layer,
  LeakyReluLayer,
  Tree,
  TreeEnsembleLayer,
} from './fixed-point-graph.ts'
import type { Intervals } from './layer-intervals.ts'
import { exactIntegerMax } from './limits.ts'
import { refuse } from './model-fault.ts'
import {
  quantiseAdd,
  quantiseMultiply,
  quantiseScale,
  quantiseSumPool,
  quantiseWeights,
} from './quantise-sums.ts'
import {
  addFixed,
  bitsAbove,
  type FixedTensor,
  greatestOf,
  type LayerToQuantise,
  offBy,
  reachOf,
  roundedTimes,
} from './quantising.ts'

export function quantiseLayer(at: LayerToQuantise): FixedTensor {
  const { layer } = at
  switch (layer.kind) {
    case 'dense':
    case 'convolution':
      return quantiseWeights({ ...at, layer })
    case 'scale':
      return quantiseScale({ ...at, layer })
    case 'sumPool':
      return quantiseSumPool({ ...at, layer })
    case 'add':
      return quantiseAdd({ ...at, layer })
    case 'multiply':
      return quantiseMultiply({ ...at, layer })
    case 'clip':
      return quantiseClip({ ...at, layer })
    case 'leakyRelu':
      return quantiseLeakyRelu({ ...at, layer })
    case 'maxPool': {
      const input = inputOf(at)
      const fixed = addFixed(at, { ...layer, input: input.tensor }, input.scaleBits)
      return { ...fixed, error: input.error }
    }
    case 'arrange':
      return quantiseArrange({ ...at, layer })
    case 'treeEnsemble':
      return quantiseTrees({ ...at, layer })
    case 'argMax':
      return quantiseArgMax({ ...at, layer })
  }
}

function inputOf({ inputs: [input], layer }: LayerToQuantise): FixedTensor {
  return input ?? refuse('shape_mismatch', `layer ${JSON.stringify(layer.name)}`, 'reads nothing')
}

function quantiseClip(at: LayerToQuantise<ClipLayer>): FixedTensor {
  const { layer } = at
  const input = inputOf(at)
  const { scaleBits } = input
  const bound = (value: number | null): number | null => {
    if (value === null) return null
    const rounded = roundedTimes(value, scaleBits)
    return Math.min(Math.max(rounded, -exactIntegerMax), exactIntegerMax)
  }
  const { atLeast, atMost } = layer
  const clip: Layer = {
    ...layer,
    input: input.tensor,
    atLeast: bound(atLeast),
    atMost: bound(atMost),
  }
  // A bound that no value reaches is off by nothing that matters.
  const offAt = (value: number | null): number =>
    value === null || Math.abs(value) > reachOf(input) + input.error ? 0 : offBy(value, scaleBits)
  const error = input.error + Math.max(offAt(atLeast), offAt(atMost))
  return { ...addFixed(at, clip, scaleBits), error }
}

const slopeBits = 16

function quantiseLeakyRelu(at: LayerToQuantise<LeakyReluLayer>): FixedTensor {
  const { layer } = at
  const input = inputOf(at)
  const shift = layer.slopes.every(Number.isInteger) ? 0 : slopeBits
  const slopes = layer.slopes.map((slope) => roundedTimes(slope, shift))
  const offset = shift === 0 ? 0 : 2 ** (shift - 1)
  const bent: Layer = { ...layer, input: input.tensor, slopes, offset, shift }
  const reach = reachOf(input) + input.error
  const steepest = Math.max(1, greatestOf(slopes.map((slope) => Math.abs(slope) / 2 ** shift)))
  const off = greatestOf(layer.slopes.map((slope) => offBy(slope, shift)))
  const rounding = shift === 0 ? 0 : 2 ** -(input.scaleBits + 1)
  const error = steepest * input.error + off * reach + rounding
  return { ...addFixed(at, bent, input.scaleBits), error }
}

/** Values that meet in one tensor have the coarsest of their scales. */
function quantiseArrange(at: LayerToQuantise<ArrangeLayer>): FixedTensor {
  const { layer, inputs } = at
  const scaleBits = inputs.reduce(
    (least, input) => Math.min(least, input.scaleBits),
    inputOf(at).scaleBits,
  )
  const alike = inputs.map((input) => atScale(at, input, scaleBits))
  const moved: Layer = { ...layer, inputs: alike.map(({ tensor }) => tensor) }
  const error = greatestOf(alike.map((input) => input.error))
  return { ...addFixed({ ...at, inputs: alike }, moved, scaleBits), error }
}

function atScale(at: LayerToQuantise, input: FixedTensor, scaleBits: number): FixedTensor {
  const shift = input.scaleBits - scaleBits
  if (shift === 0) return input
  const coarser: Layer = {
    kind: 'scale',
    name: at.layer.name,
    scaleBits,
    input: input.tensor,
    multipliers: [1],
    offsets: [2 ** (shift - 1)],
    repeat: 1,
    shift,
  }
  const fixed = addFixed({ ...at, inputs: [input] }, coarser, scaleBits)
  return { ...fixed, error: input.error + 2 ** -(scaleBits + 1) }
}

const leafBitsMax = 24
const leafSumBitsMax = 30

/**
 * Thresholds are rounded as inputs are, so that a value which is its threshold stays so: half of all boosted trees cut at values of
 * their data. Where a threshold is no value of the grid, the one value next to it may be told differently, and no bound is given.
 * Leaves are as fine as an int32 of their sum allows, for a constant costs nothing.
 */
function quantiseTrees(at: LayerToQuantise<TreeEnsembleLayer>): FixedTensor {
  const { layer } = at
  const input = inputOf(at)
  const targets = [...layer.offsets.keys()]
  const most = (tree: Tree, target: number, of: (value: number) => number): number =>
    greatestOf(tree.leaves.map((leaf) => of(leaf[target] ?? 0)))
  const reach = greatestOf(
    targets.map((target) =>
      layer.trees.reduce(
        (sum, tree) => sum + most(tree, target, Math.abs),
        Math.abs(layer.offsets[target] ?? 0),
      ),
    ),
  )
  const scaleBits = Math.min(leafSumBitsMax - bitsAbove(reach), leafBitsMax)
  if (scaleBits < 0) {
    refuse('overflow', `layer ${JSON.stringify(layer.name)}`, 'has leaves that no int32 holds')
  }
  const trees = layer.trees.map(({ branches, leaves }) => ({
    branches: branches.map((branch) => ({
      ...branch,
      threshold: thresholdOf(branch, input),
    })),
    leaves: leaves.map((leaf) => leaf.map((value) => roundedTimes(value, scaleBits))),
  }))
  const offsets = layer.offsets.map((offset) => roundedTimes(offset, scaleBits))
  const off = (value: number): number => offBy(value, scaleBits)
  const rounding = greatestOf(
    targets.map((target) =>
      layer.trees.reduce(
        (sum, tree) => sum + most(tree, target, off),
        off(layer.offsets[target] ?? 0),
      ),
    ),
  )
  const fixed = addFixed(at, { ...layer, input: input.tensor, trees, offsets }, scaleBits)
  const isExact = input.error === 0 && layer.trees.every((tree) => isOnGrid(tree, input.scaleBits))
  return { ...fixed, error: isExact ? rounding : Number.POSITIVE_INFINITY }
}

const isOnGrid = ({ branches }: Tree, scaleBits: number): boolean =>
  branches.every(({ threshold }) => Number.isInteger(Math.fround(threshold) * 2 ** scaleBits))

/**
 * Thresholds of a file are float32, and "below t" is "at most the next double below t" (onnx-trees.ts): so a threshold that
 * is no float32 stands for the step below the one of its t. No further from the values of the feature than one step, which changes no
 * comparison.
 */
function thresholdOf(
  { feature, threshold }: { readonly feature: number; readonly threshold: number },
  { intervals, scaleBits }: { readonly intervals: Intervals; readonly scaleBits: number },
): number {
  const min = intervals.minima[feature] ?? 0
  const max = intervals.maxima[feature] ?? 0
  const told = Math.fround(threshold)
  const nearest = Math.round(told * 2 ** scaleBits) - (threshold < told ? 1 : 0)
  return Math.min(Math.max(nearest, min - 1), max) + 0
}

function quantiseArgMax(at: LayerToQuantise<ArgMaxLayer>): FixedTensor {
  const input = inputOf(at)
  const fixed = addFixed(at, { ...at.layer, input: input.tensor }, 0)
  return { ...fixed, error: input.error === 0 ? 0 : Number.POSITIVE_INFINITY }
}
