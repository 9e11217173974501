import type { Layer } from './fixed-point-graph.ts'
import { layerElements } from './layer-elements.ts'

/** Numbers that a layer holds. */
export function layerNumbers(layer: Layer): number {
  switch (layer.kind) {
    case 'dense':
    case 'convolution':
      return layer.weights.length + layer.biases.length
    case 'scale':
      return layer.multipliers.length + layer.offsets.length
    case 'leakyRelu':
      return layer.slopes.length
    case 'sumPool':
      return layer.multipliers.length
    case 'arrange':
      return layer.indices.length
    case 'argMax':
      return layer.labels.length
    case 'treeEnsemble':
      return layer.trees.reduce(
        (sum, { branches, leaves }) => sum + 4 * branches.length + leaves.length * layer.outputs,
        layer.outputs,
      )
    default:
      return 4
  }
}

/** Multiplications, comparisons and moves of evaluating a layer once; a circuit has as many terms. */
export function layerSteps(layer: Layer, elementsOfInput: (tensor: number) => number): number {
  switch (layer.kind) {
    case 'dense':
      return layer.rows * layer.columns * layer.outputs
    case 'convolution':
      return (layerElements(layer, elementsOfInput) * layer.weights.length) / layer.outputs
    case 'maxPool':
    case 'sumPool': {
      const [height, width] = layer.window.kernel
      return layerElements(layer, elementsOfInput) * height * width
    }
    case 'arrange':
      return layer.inputs.reduce(
        (sum, tensor) => sum + elementsOfInput(tensor),
        layer.indices.length,
      )
    case 'treeEnsemble':
      return layer.trees.reduce((sum, { branches }) => sum + branches.length + 1, layer.outputs)
    case 'argMax':
      return layer.rows * layer.labels.length
    default:
      return layerElements(layer, elementsOfInput)
  }
}
