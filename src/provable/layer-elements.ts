import { elementsOf, type FixedPointGraph, type Layer } from './fixed-point-graph.ts'
import { windowPlaces } from './window.ts'

/** Values of a layer's output, from those of its inputs. */
export function layerElements(layer: Layer, elementsOfInput: (tensor: number) => number): number {
  switch (layer.kind) {
    case 'dense':
      return layer.rows * layer.outputs
    case 'convolution':
      return layer.outputs * places(layer)
    case 'maxPool':
    case 'sumPool':
      return layer.window.channels * places(layer)
    case 'arrange':
      return layer.indices.length
    case 'treeEnsemble':
      return layer.outputs
    case 'argMax':
      return layer.rows
    case 'add':
    case 'multiply':
      return elementsOfInput(layer.inputs[0])
    case 'scale':
    case 'clip':
    case 'leakyRelu':
      return elementsOfInput(layer.input)
  }
}

function places({ window }: Extract<Layer, { readonly window: unknown }>): number {
  const { rows, columns } = windowPlaces(window)
  return rows * columns
}

/** Values of each tensor of a graph, by its number. */
export function tensorElements(graph: {
  readonly inputs: readonly Pick<FixedPointGraph['inputs'][number], 'shape'>[]
  readonly layers: readonly Layer[]
}): readonly number[] {
  const elements = graph.inputs.map(({ shape }) => elementsOf(shape))
  for (const layer of graph.layers) {
    elements.push(layerElements(layer, (tensor) => elements[tensor] ?? 0))
  }
  return elements
}
