/* From what an ONNX file says to a graph of few kinds of layers, with every shape known. */
import { err, ok, type Result } from '../base/result.ts'
import { elementsOf } from './fixed-point-graph.ts'
import { fuseLayers } from './fuse-layers.ts'
import { isAllConstant } from './lower-constants.ts'
import {
  boundedElements,
  type Constant,
  fail,
  type LoweredNode,
  type Lowering,
  nothingLowered,
  type Operand,
} from './lowering.ts'
import { type ModelFault, ModelFaultError, quoted, refuse } from './model-fault.ts'
import type { OnnxModel, OnnxNode, OnnxValue } from './onnx-model.ts'
import { type Operator, operatorOf } from './operators.ts'
import { nodePlace } from './read-onnx-node.ts'
import { evaluateReal, type RealGraph, type RealOutput } from './real-graph.ts'

export type LowerTerms = {
  /** Outputs of the file that are wanted; all, where it is not given. What only others need is not looked at. */
  readonly outputs?: readonly string[]
}

export function lowerOnnx(model: OnnxModel, terms: LowerTerms = {}): Result<RealGraph, ModelFault> {
  try {
    return ok(fuseLayers(lower(model, terms)))
  } catch (fault) {
    if (fault instanceof ModelFaultError) return err(fault.fault)
    throw fault
  }
}

function lower(model: OnnxModel, { outputs: chosen }: LowerTerms): RealGraph {
  const outputs = wantedOutputs(model, chosen)
  const needed = neededNodes(
    model,
    outputs.map(({ name }) => name),
  )
  const lowering = nothingLowered()
  const operands = new Map<string, Operand>()
  const inputs = model.inputs.map((input, index) => {
    const place = `graph.input[${index}] ${quoted(input.name)}`
    const shape = inputShape(input, place)
    lowering.elements.push(boundedElements({ place }, shape))
    operands.set(input.name, { kind: 'value', shape, tensor: index })
    return { name: input.name, shape: withoutBatch(shape) }
  })
  for (const { name, shape, values } of model.initializers) {
    operands.set(name, { kind: 'constant', shape, values: Float64Array.from(values) })
  }
  for (const [index, node] of model.nodes.entries()) {
    if (needed.has(index)) lowerNode({ node, index, operands, lowering })
  }
  return {
    name: model.name,
    inputs,
    layers: lowering.layers,
    outputs: outputs.map((output, index) => outputOf(output, index, operands)),
  }
}

export function wantedOutputs(
  { outputs }: OnnxModel,
  chosen: readonly string[] | undefined,
): readonly OnnxValue[] {
  const unknown = chosen?.find((name) => !outputs.some((output) => output.name === name))
  if (unknown !== undefined) refuse('unknown_tensor', 'outputs', `are without ${quoted(unknown)}`)
  return outputs.filter(({ name }) => chosen?.includes(name) ?? true)
}

/** Places of the nodes that the outputs come from. */
export function neededNodes({ nodes }: OnnxModel, outputs: readonly string[]): ReadonlySet<number> {
  const names = new Set(outputs)
  const needed = new Set<number>()
  for (const [index, node] of [...nodes.entries()].reverse()) {
    if (!node.outputs.some((name) => names.has(name))) continue
    needed.add(index)
    for (const name of node.inputs) names.add(name)
  }
  return needed
}

/** The first size may be open, as that of a batch is; it is 1 then. */
function inputShape({ shape }: OnnxValue, place: string): readonly number[] {
  if (shape === undefined) return refuse('dynamic_shape', place, 'has no shape')
  return shape.map((size, axis) => {
    if (typeof size === 'number') return size
    if (axis === 0 && shape.length > 1) return 1
    return refuse('dynamic_shape', place, `has size ${axis} open: ${quoted(size)}`)
  })
}

const withoutBatch = (shape: readonly number[]): readonly number[] =>
  shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape

function outputOf(
  { name }: OnnxValue,
  index: number,
  operands: ReadonlyMap<string, Operand>,
): RealOutput {
  const place = `graph.output[${index}] ${quoted(name)}`
  const operand = operands.get(name)
  if (operand === undefined) return refuse('unsupported_operand', place, 'cannot be computed')
  if (operand.kind === 'constant') {
    return refuse('unsupported_operand', place, 'is the same whatever the input')
  }
  return { name, shape: withoutBatch(operand.shape), tensor: operand.tensor }
}

type NodeTerms = {
  readonly node: OnnxNode
  readonly index: number
  readonly operands: Map<string, Operand>
  readonly lowering: Lowering
}

function lowerNode({ node, index, operands, lowering }: NodeTerms): void {
  const place = nodePlace(`graph.node[${index}]`, node)
  const operator = knownOperator(node, place)
  const unknown = [...node.attributes.keys()].find((name) => !operator.attributes.includes(name))
  if (unknown !== undefined) {
    refuse('unsupported_attribute', place, `has an attribute ${quoted(unknown)}`)
  }
  const inputs = node.inputs.map((name) => {
    if (name === '') return undefined
    const operand = operands.get(name)
    return (
      operand ??
      refuse('unsupported_operand', place, `reads ${quoted(name)}, which is not computed`)
    )
  })
  const lowered: LoweredNode = { node, place, inputs, lowering }
  const isFolded = operator.isConstant !== true && isAllConstant(lowered)
  const outputs = isFolded ? foldedNode(lowered, operator) : operator.lower(lowered)
  for (const [at, name] of node.outputs.entries()) {
    const operand = outputs[at]
    if (name !== '' && operand !== undefined) operands.set(name, operand)
  }
}

function knownOperator(node: OnnxNode, place: string): Operator {
  const known = operatorOf(node)
  if (known !== undefined) return known
  const domain = node.domain === '' ? '' : ` of ${quoted(node.domain)}`
  return refuse('unsupported_operator', place, `${node.op.slice(0, 40)}${domain} is not supported`)
}

/** A node that reads constants alone is computed now: its first input is taken for the input of a graph of its own. */
function foldedNode(lowered: LoweredNode, operator: Operator): readonly (Constant | undefined)[] {
  const at = lowered.inputs.findIndex((input) => input !== undefined)
  const first = lowered.inputs[at]
  if (first?.kind !== 'constant') {
    return fail(lowered, 'unsupported_operand', 'reads no constant')
  }
  const elements = [boundedElements(lowered, first.shape)]
  const lowering: Lowering = { layers: [], elements, left: lowered.lowering.left }
  const input: Operand = { kind: 'value', shape: first.shape, tensor: 0 }
  const outputs = operator.lower({ ...lowered, inputs: lowered.inputs.with(at, input), lowering })
  const graph = { inputs: [{ name: '', shape: first.shape }], layers: lowering.layers }
  const tensors = evaluateReal(graph, first.values)
  return outputs.map((output) => {
    if (output?.kind !== 'value') return output
    const values = tensors[output.tensor] ?? new Float64Array(elementsOf(output.shape))
    if (!values.every(Number.isFinite)) fail(lowered, 'not_finite', 'computes no finite constant')
    return { kind: 'constant', shape: output.shape, values }
  })
}
