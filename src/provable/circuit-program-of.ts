/* Layer by layer, a fixed-point graph as the steps of a circuit. What each layer computes is written in fixed-point-graph.ts. */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { CircuitProgram, InputWire, Wire } from './circuit-program.ts'
import { elementsOf, type FixedPointGraph, inputsOf, type Layer } from './fixed-point-graph.ts'
import { type GraphFault, GraphFaultError } from './graph-fault.ts'
import { analyseIntervals } from './interval-analysis.ts'
import type { Intervals } from './layer-intervals.ts'
import {
  combination,
  constants,
  finishedProgram,
  narrow,
  newProgram,
  type ProgramBuilder,
  product,
  shifted,
} from './program-builder.ts'
import { argMaxWires, leakyReluWires, maxPoolWires } from './program-comparisons.ts'
import { type LinearLayer, linearLayer } from './program-linear-layers.ts'
import { atLeast, atMost, positivePart } from './program-selections.ts'
import { treeEnsembleWires } from './program-trees.ts'

/** A tensor as its wires, with their signs where a shift gave them. */
type Tensor = { readonly wires: readonly Wire[]; readonly signs: readonly Wire[] }

/** Of a graph that `readFixedPointGraph` or the quantiser gave; refused where a circuit of it would be out of all bounds. */
export function circuitProgramOf(graph: FixedPointGraph): Result<CircuitProgram, GraphFault> {
  const intervals = analyseIntervals(graph)
  if (!intervals.ok) return intervals
  const builder = newProgram(inputWires(graph))
  const tensors = [...inputTensors(graph)]
  const wanted = tensorsWithSigns(graph)
  for (const [place, layer] of graph.layers.entries()) {
    const inputs = inputsOf(layer).map((tensor) => tensors[tensor] as Tensor)
    const number = tensors.length
    try {
      const tensor = layerTensor(builder, layer, inputs, wanted.has(number))
      narrow(builder, tensor.wires, intervals.value.tensors[number] as Intervals)
      tensors.push(tensor)
    } catch (fault) {
      if (!(fault instanceof GraphFaultError)) throw fault
      return err({ place: `layers[${place}]`, detail: `${layer.name}: ${fault.message}` })
    }
  }
  const outputs = graph.outputs.flatMap(({ tensor }) => tensors[tensor]?.wires ?? [])
  return ok(finishedProgram(builder, outputs))
}

function inputTensors(graph: FixedPointGraph): readonly Tensor[] {
  let next = 0
  return graph.inputs.map(({ shape }) => {
    const first = next
    next += elementsOf(shape)
    return plain(Array.from({ length: next - first }, (_, element) => first + element))
  })
}

function inputWires(graph: FixedPointGraph): readonly InputWire[] {
  return graph.inputs.flatMap(({ shape, minima, maxima }) =>
    Array.from({ length: elementsOf(shape) }, (_, element) => ({
      least: minima[element % minima.length] ?? 0,
      greatest: maxima[element % maxima.length] ?? 0,
    })),
  )
}

const plain = (wires: readonly Wire[]): Tensor => ({ wires, signs: [] })

/** Those that a layer reads which asks for the sign first: the shift before it has that bit at hand. */
function tensorsWithSigns({ layers }: FixedPointGraph): ReadonlySet<number> {
  const asking = layers.filter(
    (layer) => layer.kind === 'leakyRelu' || (layer.kind === 'clip' && layer.atLeast === 0),
  )
  return new Set(asking.flatMap((layer) => inputsOf(layer)))
}

function layerTensor(
  builder: ProgramBuilder,
  layer: Layer,
  inputs: readonly Tensor[],
  withSigns: boolean,
): Tensor {
  const x = inputs[0]
  assert(x !== undefined, 'Every layer reads a tensor')
  switch (layer.kind) {
    case 'dense':
    case 'convolution':
    case 'scale':
    case 'add':
    case 'sumPool':
      return rescaledLinear(builder, layer, inputs, withSigns)
    case 'multiply': {
      const products = product(builder, { a: x.wires, b: inputs[1]?.wires ?? [] })
      const of = combination(builder, [products], { weights: [1], bias: layer.offset })
      return shifted(builder, { of, shift: layer.shift, withSigns })
    }
    case 'clip': {
      const { atLeast: low, atMost: high } = layer
      const bounded =
        low === 0
          ? positivePart(builder, x.wires, x.signs)
          : low === null
            ? x.wires
            : atLeast(builder, x.wires, low)
      return plain(high === null ? bounded : atMost(builder, bounded, high))
    }
    case 'leakyRelu':
      return plain(leakyReluWires(builder, layer, x.wires, x.signs))
    case 'maxPool':
      return plain(maxPoolWires(builder, layer.window, x.wires))
    case 'arrange':
      return plain(arrangedWires(builder, layer.indices, inputs))
    case 'treeEnsemble':
      return plain(treeEnsembleWires(builder, layer, x.wires))
    case 'argMax':
      return plain(argMaxWires(builder, layer, x.wires))
  }
}

function rescaledLinear(
  builder: ProgramBuilder,
  layer: LinearLayer,
  inputs: readonly Tensor[],
  withSigns: boolean,
): Tensor {
  const of = linearLayer(
    builder,
    layer,
    inputs.map(({ wires }) => wires),
  )
  return shifted(builder, { of, shift: layer.shift, withSigns })
}

/** Moves make no step: the wires are named in another order. */
function arrangedWires(
  builder: ProgramBuilder,
  indices: readonly number[],
  inputs: readonly Tensor[],
): readonly Wire[] {
  const all = inputs.flatMap(({ wires }) => wires)
  const zero = indices.some((index) => index < 0) ? constants(builder, [0]) : []
  return indices.map((index) => {
    const wire = index < 0 ? zero[0] : all[index]
    assert(wire !== undefined, 'An index of a checked graph is inside its tensors')
    return wire
  })
}
