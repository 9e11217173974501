/* From an ONNX file that anybody may have made to integers and a circuit program, before anything is built. */
import { err, ok, type Result } from '../base/result.ts'
import type { CircuitProgram } from '../provable/circuit-program.ts'
import { circuitProgramOf } from '../provable/circuit-program-of.ts'
import { compatibility, describeRefusal } from '../provable/compatibility.ts'
import { type ErrorReport, reportErrors } from '../provable/error-report.ts'
import { inputElements, outputElements } from '../provable/evaluate.ts'
import { ezklPlanOf } from '../provable/ezkl-plan.ts'
import type { FixedPointGraph } from '../provable/fixed-point-graph.ts'
import { lowerOnnx } from '../provable/lower-onnx.ts'
import { quantise } from '../provable/quantise.ts'
import { readOnnx } from '../provable/read-onnx.ts'
import type { RealGraph } from '../provable/real-graph.ts'
import type { Sample } from './read-sample.ts'

export type ModelFiles = {
  readonly name: string
  readonly onnx: Uint8Array
  readonly sample: Sample
  /** Fewer bits where ezkl's engine, which compares no more than 35, takes no larger sums. */
  readonly isForEzkl?: boolean
}

/** What another runtime answers to the rows of the sample, outputs behind each other; asked only of files that were taken. */
export type AskFloats = (
  files: ModelFiles,
  outputs: readonly string[],
) => Promise<Result<readonly (readonly number[])[], string>>

export type PreparedModel = ModelFiles & {
  readonly graph: FixedPointGraph
  readonly program: CircuitProgram
  readonly inputs: number
  readonly outputs: number
  /** How floats became integers, in words. */
  readonly quantization: string
  readonly report: ErrorReport
}

/** The error is for a person: which node, what is wrong with it, and which other system takes the model. */
export async function prepareModel(
  files: ModelFiles,
  askFloats?: AskFloats,
): Promise<Result<PreparedModel, string>> {
  const { name, sample } = files
  const onnx = readOnnx(files.onnx)
  if (!onnx.ok) return refused(onnx.error)
  const real = lowerOnnx(onnx.value)
  if (!real.ok) return err(describeRefusal(compatibility(onnx.value), 'circom'))
  const quantised =
    files.isForEzkl === true
      ? quantiseForEzkl(real.value, sample)
      : quantise(real.value, { sample })
  if (!quantised.ok) return refused(quantised.error)
  const { activationBits, errorBounds } = quantised.value
  const graph = { ...quantised.value.graph, name }
  const program = circuitProgramOf(graph)
  if (!program.ok) return refused(program.error)
  const outputNames = real.value.outputs.map((output) => output.name)
  const floats = await askFloats?.(files, outputNames)
  if (floats?.ok === false) return floats
  const compared = floats === undefined ? {} : { floats: floats.value }
  const report = reportErrors({ real: real.value, graph, sample, errorBounds, ...compared })
  if (report.rows === 0) return err('the model takes no row of the sample')
  const scales = graph.inputs.map(({ scaleBits }) => `2^-${scaleBits}`).join(', ')
  return ok({
    ...files,
    graph,
    program: program.value,
    inputs: inputElements(graph),
    outputs: outputElements(graph),
    quantization: `integers of ${activationBits} bits, inputs in steps of ${scales}`,
    report,
  })
}

/** The most bits whose sums ezkl takes; with those of the circuits where none are few enough, so that its refusal is told. */
function quantiseForEzkl(real: RealGraph, sample: Sample): ReturnType<typeof quantise> {
  for (let activationBits = 15; activationBits >= 8; activationBits -= 1) {
    const quantised = quantise(real, { sample, activationBits })
    if (!quantised.ok || ezklPlanOf(quantised.value.graph).ok) return quantised
  }
  return quantise(real, { sample })
}

/** What a reader of bytes says of a picture tells nobody that it is no model: that comes first. */
const refused = ({
  reason,
  place,
  detail,
}: {
  readonly reason?: string
  readonly place: string
  readonly detail: string
}): Result<never, string> =>
  err(`${reason === 'not_onnx' ? 'this is no whole ONNX file: ' : ''}${place} ${detail}`)
