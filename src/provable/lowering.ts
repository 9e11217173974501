/* What an operator of ONNX is brought down with: its operands, its attributes, and the layers that it adds. */
import { elementsOf, type Layer } from './fixed-point-graph.ts'
import { layerNumbers, layerSteps } from './layer-costs.ts'
import { layerElements } from './layer-elements.ts'
import {
  evaluationStepsMax,
  graphElementsMax,
  graphNumbersMax,
  layersMax,
  nameLengthMax,
  rankMax,
  tensorElementsMax,
} from './limits.ts'
import { type ModelFaultReason, refuse } from './model-fault.ts'
import type { OnnxAttribute, OnnxNode } from './onnx-model.ts'

/** A tensor of the graph while it is brought down; a batch is its first dimension, of size 1. */
export type Operand =
  | { readonly kind: 'constant'; readonly shape: readonly number[]; readonly values: Float64Array }
  | { readonly kind: 'value'; readonly shape: readonly number[]; readonly tensor: number }

export type Constant = Extract<Operand, { readonly kind: 'constant' }>
export type Value = Extract<Operand, { readonly kind: 'value' }>

/** What was made so far. All graphs of a file, also those that only compute constants, share what is left. */
export type Lowering = {
  readonly layers: Layer[]
  /** Values of each tensor. */
  readonly elements: number[]
  readonly left: { elements: number; numbers: number; steps: number }
}

export const nothingLowered = (): Lowering => ({
  layers: [],
  elements: [],
  left: { elements: graphElementsMax, numbers: graphNumbersMax, steps: evaluationStepsMax },
})

/** A node with what it reads; undefined is an input that is not given. */
export type LoweredNode = {
  readonly node: OnnxNode
  readonly place: string
  readonly inputs: readonly (Operand | undefined)[]
  readonly lowering: Lowering
}

/** Adds the layers of a node and answers its outputs; what cannot be computed of them is undefined. */
export type Lower = (lowered: LoweredNode) => readonly (Operand | undefined)[]

export const fail = (
  { place }: { readonly place: string },
  reason: ModelFaultReason,
  detail: string,
): never => refuse(reason, place, detail)

/** Omit of each member of a union by itself. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
export type LayerToAdd = Without<Layer, 'name' | 'scaleBits' | 'shift'>

/** Adds a layer with real coefficients; `shape` is of what comes out. */
export function addLayer(
  { lowering, node, place }: Pick<LoweredNode, 'lowering' | 'node' | 'place'>,
  toAdd: LayerToAdd,
  shape: readonly number[],
): Value {
  const name = (node.name === '' ? node.op : node.name).slice(0, nameLengthMax)
  const layer = {
    ...toAdd,
    ...(isRescaled(toAdd) ? { shift: 0 } : {}),
    name,
    scaleBits: 0,
  } as Layer
  const { layers, elements, left } = lowering
  const elementsOfInput = (tensor: number): number => elements[tensor] ?? 0
  const count = layerElements(layer, elementsOfInput)
  left.elements -= count
  left.numbers -= layerNumbers(layer)
  left.steps -= layerSteps(layer, elementsOfInput)
  if (Math.min(left.elements, left.numbers, left.steps) < 0 || layers.length >= layersMax) {
    refuse('limit_exceeded', place, 'makes the graph larger than what can be proved')
  }
  layers.push(layer)
  elements.push(count)
  return { kind: 'value', shape, tensor: elements.length - 1 }
}

const rescaledKinds: ReadonlySet<Layer['kind']> = new Set([
  'dense',
  'convolution',
  'scale',
  'add',
  'multiply',
  'leakyRelu',
  'sumPool',
])
const isRescaled = ({ kind }: LayerToAdd): boolean => rescaledKinds.has(kind)

/** The number of values of a shape that is about to be filled. */
export function boundedElements(at: { readonly place: string }, shape: readonly number[]): number {
  const elements = elementsOf(shape)
  if (shape.length > rankMax) fail(at, 'limit_exceeded', `makes over ${rankMax} dimensions`)
  if (!shape.every((size) => Number.isInteger(size) && size >= 1)) {
    fail(at, 'shape_mismatch', `makes a tensor of the shape [${shape}]`)
  }
  if (elements > tensorElementsMax) {
    fail(at, 'limit_exceeded', `makes a tensor of more than ${tensorElementsMax} values`)
  }
  return elements
}

export function operandAt(lowered: LoweredNode, index: number): Operand {
  const operand = lowered.inputs[index]
  return operand ?? fail(lowered, 'shape_mismatch', `has no input ${index}`)
}

export function valueAt(lowered: LoweredNode, index: number): Value {
  const operand = operandAt(lowered, index)
  if (operand.kind === 'value') return operand
  return fail(lowered, 'unsupported_operand', `has a constant as input ${index}`)
}

/** Weights, sizes and axes must be in the file. */
export function constantAt(lowered: LoweredNode, index: number): Constant {
  const operand = operandAt(lowered, index)
  if (operand.kind === 'constant') return operand
  const detail = `computes input ${index}, which must be a constant of the file`
  return fail(lowered, 'unsupported_operand', detail)
}

export const optionalConstant = (lowered: LoweredNode, index: number): Constant | undefined =>
  lowered.inputs[index] === undefined ? undefined : constantAt(lowered, index)

export function integersAt(lowered: LoweredNode, index: number): readonly number[] | undefined {
  const constant = optionalConstant(lowered, index)
  if (constant === undefined) return undefined
  const values = [...constant.values]
  if (values.length > tensorElementsMax || !values.every(Number.isInteger)) {
    fail(lowered, 'shape_mismatch', `has an input ${index} that is no list of integers`)
  }
  return values
}

type AttributeOf<Kind extends OnnxAttribute['kind']> = Extract<
  OnnxAttribute,
  { readonly kind: Kind }
>['value']

/** Undefined where the node has no such attribute. */
export function attribute<Kind extends OnnxAttribute['kind']>(
  lowered: LoweredNode,
  name: string,
  kind: Kind,
): AttributeOf<Kind> | undefined {
  const found = lowered.node.attributes.get(name)
  if (found === undefined) return undefined
  if (found.kind !== kind) {
    const detail = `has an attribute "${name}" of another type than ${kind}`
    return fail(lowered, 'unsupported_attribute', detail)
  }
  return found.value as AttributeOf<Kind> | undefined
}

/** Refuses an attribute that changes what we could compute. */
export function mustBe<T extends string | number>(
  lowered: LoweredNode,
  { name, value, expected }: { readonly name: string; readonly value: T; readonly expected: T },
): void {
  if (value === expected) return
  const detail = `has "${name}" ${String(value).slice(0, 40)}; ${expected} alone is supported`
  fail(lowered, 'unsupported_attribute', detail)
}

/** An axis of a shape, counted from its end where negative. */
export function axisOf(lowered: LoweredNode, axis: number, rank: number): number {
  const fromStart = axis < 0 ? axis + rank : axis
  if (Number.isInteger(fromStart) && fromStart >= 0 && fromStart < rank) return fromStart
  return fail(lowered, 'shape_mismatch', `names axis ${axis} of ${rank}`)
}
