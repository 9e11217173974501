import type { Layer } from '../../src/provable/fixed-point-graph.ts'
import type { RealGraph } from '../../src/provable/real-graph.ts'
import { graphOf, type LayerPlan } from './arbitrary-graphs.ts'

/** No power of two, so that nothing is exact by chance. */
const part = 0.0713

/** A drawn graph of integers with real coefficients in their place, and without its rescales. */
export function realGraphOf(elements: number, plans: readonly LayerPlan[]): RealGraph {
  const { name, inputs, layers, outputs } = graphOf(elements, plans)
  return { name, inputs, layers: layers.map(withRealNumbers), outputs }
}

const real = (value: number): number => value * part
const reals = (values: readonly number[]): readonly number[] => values.map(real)

function withRealNumbers(layer: Layer): Layer {
  switch (layer.kind) {
    case 'dense':
    case 'convolution':
      return { ...layer, weights: reals(layer.weights), biases: reals(layer.biases), shift: 0 }
    case 'scale': {
      const { multipliers, offsets } = layer
      return { ...layer, multipliers: reals(multipliers), offsets: reals(offsets), shift: 0 }
    }
    case 'add': {
      const [first, second] = layer.multipliers
      return { ...layer, multipliers: [real(first), real(second)], offset: 0, shift: 0 }
    }
    case 'multiply':
      return { ...layer, offset: 0, shift: 0 }
    case 'clip': {
      const bound = (value: number | null): number | null => (value === null ? null : real(value))
      return { ...layer, atLeast: bound(layer.atLeast), atMost: bound(layer.atMost) }
    }
    case 'leakyRelu':
      return { ...layer, slopes: reals(layer.slopes), offset: 0, shift: 0 }
    case 'sumPool':
      return { ...layer, multipliers: reals(layer.multipliers), offset: 0, shift: 0 }
    case 'treeEnsemble':
      return {
        ...layer,
        offsets: reals(layer.offsets),
        trees: layer.trees.map(({ branches, leaves }) => ({
          branches: branches.map((branch) => ({
            ...branch,
            threshold: Math.round(real(branch.threshold) * 16) / 16,
          })),
          leaves: leaves.map(reals),
        })),
      }
    case 'maxPool':
    case 'arrange':
    case 'argMax':
      return layer
  }
}
