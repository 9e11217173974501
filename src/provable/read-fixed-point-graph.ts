import { err, ok, type Result } from '../base/result.ts'
import {
  elementsOf,
  type FixedPointGraph,
  type InputPort,
  type OutputPort,
} from './fixed-point-graph.ts'
import { type GraphFault, GraphFaultError } from './graph-fault.ts'
import { analyseIntervals } from './interval-analysis.ts'
import {
  constant,
  integer,
  integers,
  listOf,
  objectWith,
  type Place,
  text,
  wrong,
} from './json-fields.ts'
import {
  evaluationStepsMax,
  graphElementsMax,
  graphNumbersMax,
  int32Max,
  int32Min,
  layersMax,
  portsMax,
  rankMax,
  scaleBitsMax,
  tensorElementsMax,
} from './limits.ts'
import { type GraphReading, readLayer } from './read-layer.ts'

/**
 * A graph from JSON that anybody may have written. What comes back can be evaluated for every input within its ranges: every index
 * is inside its tensor, no sum can be inexact, every output is an int32.
 */
export function readFixedPointGraph(json: unknown): Result<FixedPointGraph, GraphFault> {
  try {
    const graph = readGraph({ value: json, place: '' })
    const intervals = analyseIntervals(graph)
    return intervals.ok ? ok(graph) : intervals
  } catch (fault) {
    if (fault instanceof GraphFaultError) return err({ place: fault.place, detail: fault.message })
    throw fault
  }
}

function readGraph(json: Place): FixedPointGraph {
  const names = ['object', 'version', 'name', 'inputs', 'layers', 'outputs'] as const
  const fields = objectWith(json, names)
  constant(fields.object, 'vouch.fixed-point-graph')
  constant(fields.version, 1)
  const inputs = listOf(fields.inputs, { min: 1, max: portsMax }).map(readInput)
  const reading: GraphReading = {
    elements: inputs.map(({ shape }) => elementsOf(shape)),
    elementsLeft: graphElementsMax,
    numbersLeft: graphNumbersMax,
    stepsLeft: evaluationStepsMax,
  }
  const layers = listOf(fields.layers, { max: layersMax }).map((layer) => readLayer(layer, reading))
  const outputs = listOf(fields.outputs, { min: 1, max: portsMax }).map((port) =>
    readOutput(port, reading.elements),
  )
  return {
    object: 'vouch.fixed-point-graph',
    version: 1,
    name: text(fields.name),
    inputs,
    layers,
    outputs,
  }
}

const inputNames = ['name', 'shape', 'scaleBits', 'minima', 'maxima'] as const

function readInput(port: Place): InputPort {
  const fields = objectWith(port, inputNames)
  const shape = readShape(fields.shape)
  const scaleBits = integer(fields.scaleBits, { min: 0, max: scaleBitsMax })
  const minima = readRange(fields.minima, shape)
  const maxima = readRange(fields.maxima, shape)
  for (let element = 0; element < Math.max(minima.length, maxima.length); element += 1) {
    const min = minima[element % minima.length] ?? 0
    const max = maxima[element % maxima.length] ?? 0
    if (min > max) wrong(port.place, `has no value between ${min} and ${max}`)
  }
  return { name: text(fields.name), shape, scaleBits, minima, maxima }
}

function readRange(list: Place, shape: readonly number[]): readonly number[] {
  const elements = elementsOf(shape)
  const terms = { min: int32Min, max: int32Max, lengthMin: 1, lengthMax: elements }
  const values = integers(list, terms)
  if (values.length !== 1 && values.length !== elements) {
    wrong(list.place, `has ${values.length} members instead of 1 or ${elements}`)
  }
  return values
}

function readOutput(port: Place, elements: readonly number[]): OutputPort {
  const fields = objectWith(port, ['name', 'shape', 'scaleBits', 'tensor'] as const)
  const shape = readShape(fields.shape)
  const tensor = integer(fields.tensor, { min: 0, max: elements.length - 1 })
  if (elementsOf(shape) !== elements[tensor]) {
    wrong(port.place, `has another shape than tensor ${tensor} of ${elements[tensor]} values`)
  }
  const scaleBits = integer(fields.scaleBits, { min: 0, max: scaleBitsMax })
  return { name: text(fields.name), shape, scaleBits, tensor }
}

function readShape(list: Place): readonly number[] {
  const shape = integers(list, { min: 1, max: tensorElementsMax, lengthMax: rankMax })
  if (elementsOf(shape) > tensorElementsMax) {
    wrong(list.place, `has more than ${tensorElementsMax} values`)
  }
  return shape
}
