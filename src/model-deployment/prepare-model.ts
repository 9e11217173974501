/* From an uploaded ONNX file to integers and a circuit program, before anything is built. Pure. */
import { err, ok, type Result } from '../base/result.ts'
import type { CircuitProgram } from '../provable/circuit-program.ts'
import { circuitProgramOf } from '../provable/circuit-program-of.ts'
import { inputElements, outputElements } from '../provable/evaluate.ts'
import type { FixedPointGraph } from '../provable/fixed-point-graph.ts'
import { lowerOnnx } from '../provable/lower-onnx.ts'
import { quantise } from '../provable/quantise.ts'
import { readOnnx } from '../provable/read-onnx.ts'
import type { Sample } from './read-sample.ts'
import { type ErrorReport, reportErrors } from './report-errors.ts'

export type ModelFiles = {
  readonly name: string
  readonly onnx: Uint8Array
  readonly sample: Sample
}

export type PreparedModel = ModelFiles & {
  readonly graph: FixedPointGraph
  readonly program: CircuitProgram
  readonly inputs: number
  readonly outputs: number
  /** How floats became integers, in words. */
  readonly quantization: string
  readonly report: ErrorReport
}

/** The error is for a person: which node, and what is wrong with it. */
export function prepareModel(files: ModelFiles): Result<PreparedModel, string> {
  const onnx = readOnnx(files.onnx)
  if (!onnx.ok) return refused(onnx.error)
  const real = lowerOnnx(onnx.value)
  if (!real.ok) return refused(real.error)
  const quantised = quantise(real.value, { sample: files.sample })
  if (!quantised.ok) return refused(quantised.error)
  const { activationBits, errorBounds } = quantised.value
  const graph = { ...quantised.value.graph, name: files.name }
  const program = circuitProgramOf(graph)
  if (!program.ok) return refused(program.error)
  const report = reportErrors({ real: real.value, graph, sample: files.sample, errorBounds })
  if (!report.ok) return report
  const scales = graph.inputs.map(({ scaleBits }) => `2^-${scaleBits}`).join(', ')
  return ok({
    ...files,
    graph,
    program: program.value,
    inputs: inputElements(graph),
    outputs: outputElements(graph),
    quantization: `integers of ${activationBits} bits, inputs in steps of ${scales}`,
    report: report.value,
  })
}

const refused = ({ place, detail }: { place: string; detail: string }): Result<never, string> =>
  err(`${place} ${detail}`)
