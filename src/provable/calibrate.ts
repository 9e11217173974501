/* How large the values of a model become on a sample: what fixed-point scales are chosen by. Bounds never rest on it. */
import { elementsOf } from './fixed-point-graph.ts'
import { layerSteps } from './layer-costs.ts'
import { tensorElements } from './layer-elements.ts'
import { calibrationStepsMax } from './limits.ts'
import { evaluateReal, type RealGraph } from './real-graph.ts'

/** Rows of input values, those of all inputs behind each other. */
export type Sample = readonly (readonly number[])[]

export type Calibration = {
  /** The largest absolute value of each input element, over all inputs behind each other. */
  readonly inputMagnitudes: readonly number[]
  /** The largest absolute value of each tensor. */
  readonly magnitudes: readonly number[]
}

/** Of a large model the first rows tell enough. */
export function calibrate(graph: RealGraph, sample: Sample): Calibration {
  const elements = tensorElements(graph)
  const elementsOfInput = (tensor: number): number => elements[tensor] ?? 0
  const steps = graph.layers.reduce((sum, layer) => sum + layerSteps(layer, elementsOfInput), 1)
  const rows = sample.slice(0, Math.max(1, Math.floor(calibrationStepsMax / steps)))
  const magnitudes = elements.map(() => 0)
  for (const row of rows) {
    for (const [tensor, values] of evaluateReal(graph, row).entries()) {
      const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      magnitudes[tensor] = Math.max(magnitudes[tensor] ?? 0, greatest)
    }
  }
  const inputs = graph.inputs.reduce((sum, { shape }) => sum + elementsOf(shape), 0)
  const inputMagnitudes = Array.from({ length: inputs }, (_, element) =>
    sample.reduce((most, row) => Math.max(most, Math.abs(row[element] ?? 0)), 0),
  )
  return { inputMagnitudes, magnitudes }
}
