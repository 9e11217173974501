/*
 * From a real graph to integers. Scales follow from a sample, so that what it makes has as many bits as are wanted; that nothing can
 * overflow follows from intervals, for every input within the ranges, whatever the sample was. docs/provable-models.md says how.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type Calibration, calibrate, type Sample } from './calibrate.ts'
import { elementsOf, type FixedPointGraph, type InputPort, inputsOf } from './fixed-point-graph.ts'
import {
  activationBitsDefault,
  activationBitsMax,
  activationBitsMin,
  int32Max,
  int32Min,
  nameLengthMax,
} from './limits.ts'
import { type ModelFault, ModelFaultError, refuse } from './model-fault.ts'
import { quantiseLayer } from './quantise-layer.ts'
import { bitsAbove, type FixedTensor, greatestOf, type Quantising } from './quantising.ts'
import { readFixedPointGraph } from './read-fixed-point-graph.ts'
import type { RealGraph } from './real-graph.ts'

export type QuantiseTerms = {
  readonly sample: Sample
  /** Bits of the largest value that the sample makes of a tensor: 8 to 24, 16 where it is not given. Fewer are taken where these overflow. */
  readonly activationBits?: number
  /** Of each input value, over all inputs behind each other; twice what the sample has, to a power of two, where it is not given. */
  readonly ranges?: readonly { readonly min: number; readonly max: number }[]
}

export type Quantised = {
  readonly graph: FixedPointGraph
  /**
   * Of each output: how far it can be from the real graph's at most, for every input on the grid within the ranges; null where a value
   * that is rounded is compared, for then there is no bound but the range.
   */
  readonly errorBounds: readonly (number | null)[]
  readonly activationBits: number
}

export function quantise(
  real: RealGraph,
  { sample, activationBits = activationBitsDefault, ranges }: QuantiseTerms,
): Result<Quantised, ModelFault> {
  try {
    const calibration = calibrate(real, checkedSample(real, sample))
    const first = Math.min(Math.max(activationBits, activationBitsMin), activationBitsMax)
    for (let bits = first; ; bits = Math.max(bits - 4, activationBitsMin)) {
      const attempt = quantiseAt(real, calibration, { activationBits: bits, ranges })
      const isOverflow = !attempt.ok && attempt.error.reason === 'overflow'
      if (!isOverflow || bits <= activationBitsMin) return attempt
    }
  } catch (fault) {
    if (fault instanceof ModelFaultError) return err(fault.fault)
    throw fault
  }
}

function checkedSample(real: RealGraph, sample: Sample): Sample {
  const elements = real.inputs.reduce((sum, { shape }) => sum + elementsOf(shape), 0)
  if (sample.length === 0) refuse('bad_sample', 'sample', 'has no rows')
  for (const [index, row] of sample.entries()) {
    const isWhole = row.length === elements && row.every(Number.isFinite)
    if (!isWhole) refuse('bad_sample', `sample[${index}]`, `is no row of ${elements} numbers`)
  }
  return sample
}

type Attempt = {
  readonly activationBits: number
  readonly ranges: QuantiseTerms['ranges']
}

function quantiseAt(
  real: RealGraph,
  calibration: Calibration,
  attempt: Attempt,
): Result<Quantised, ModelFault> {
  const { activationBits } = attempt
  try {
    const inputs = inputPorts(real, calibration, attempt)
    const quantising: Quantising = { layers: [], next: inputs.length, activationBits }
    const tensors: FixedTensor[] = inputs.map(inputTensor)
    for (const [index, layer] of real.layers.entries()) {
      const read = inputsOf(layer).flatMap((tensor) => tensors[tensor] ?? [])
      const magnitude = calibration.magnitudes[inputs.length + index] ?? 0
      tensors.push(quantiseLayer({ quantising, layer, inputs: read, magnitude }))
    }
    return checked(real, { inputs, quantising, tensors })
  } catch (fault) {
    if (fault instanceof ModelFaultError) return err(fault.fault)
    throw fault
  }
}

type Made = {
  readonly inputs: readonly InputPort[]
  readonly quantising: Quantising
  readonly tensors: readonly FixedTensor[]
}

/** The reader of graphs has the last word on what a graph is. */
function checked(
  real: RealGraph,
  { inputs, quantising, tensors }: Made,
): Result<Quantised, ModelFault> {
  const outputs = real.outputs.map(({ name, shape, tensor }) => {
    const { tensor: number = 0, scaleBits = 0 } = tensors[tensor] ?? {}
    return { name: name.slice(0, nameLengthMax), shape, scaleBits, tensor: number }
  })
  const graph = readFixedPointGraph({
    object: 'vouch.fixed-point-graph',
    version: 1,
    name: real.name.slice(0, nameLengthMax),
    inputs,
    layers: quantising.layers,
    outputs,
  })
  if (!graph.ok) {
    const { place, detail } = graph.error
    return err({ reason: 'overflow', place, detail })
  }
  const errorBounds = real.outputs.map(({ tensor }) => {
    const error = tensors[tensor]?.error ?? Number.POSITIVE_INFINITY
    return Number.isFinite(error) ? error : null
  })
  const { activationBits } = quantising
  return ok({ graph: graph.value, errorBounds, activationBits })
}

/** Inputs have as fine a scale as an int32 of twice the sample's largest value allows, and no finer than other tensors. */
function inputPorts(
  real: RealGraph,
  { inputMagnitudes }: Calibration,
  { activationBits, ranges }: Attempt,
): readonly InputPort[] {
  let first = 0
  return real.inputs.map(({ name, shape }) => {
    const elements = elementsOf(shape)
    const limits = Array.from({ length: elements }, (_, element) => {
      const told = ranges?.[first + element]
      if (told !== undefined) return told
      const bound = 2 ** (1 + bitsAbove(inputMagnitudes[first + element] ?? 0))
      return { min: -bound, max: bound, isPower: true }
    })
    first += elements
    const reach = greatestOf(limits.map(({ min, max }) => Math.max(-min, max)))
    const scaleBits = Math.min(activationBits, 31 - bitsAbove(reach))
    if (!(scaleBits >= 0)) {
      refuse('overflow', `input ${JSON.stringify(name)}`, `reaches ${reach}, beyond any int32`)
    }
    const step = 2 ** scaleBits
    const minima = limits.map(({ min }) => Math.max(Math.ceil(min * step), int32Min) + 0)
    // One step less than the power of two above: as many bits as it has, and no more.
    const maxima = limits.map((limit) =>
      Math.min(Math.floor(limit.max * step) - ('isPower' in limit ? 1 : 0), int32Max),
    )
    const port = { name: name.slice(0, nameLengthMax), shape, scaleBits }
    return { ...port, minima: shortest(minima), maxima: shortest(maxima) }
  })
}

const shortest = (values: readonly number[]): readonly number[] =>
  values.every((value) => value === values[0]) ? values.slice(0, 1) : values

function inputTensor({ shape, scaleBits, minima, maxima }: InputPort, tensor: number): FixedTensor {
  const length = elementsOf(shape)
  const spread = (values: readonly number[]): Float64Array =>
    Float64Array.from({ length }, (_, element) => values[element % values.length] ?? 0)
  return {
    tensor,
    scaleBits,
    intervals: { minima: spread(minima), maxima: spread(maxima) },
    error: 0,
  }
}
