/* Operators that answer constants, whatever they read: exporters compute shapes with them. */
import { elementsOf } from './fixed-point-graph.ts'
import {
  attribute,
  boundedElements,
  type Constant,
  constantAt,
  fail,
  integersAt,
  type Lower,
  type LoweredNode,
  operandAt,
} from './lowering.ts'
import { onnxElementTypes } from './onnx-model.ts'

const listed = (values: readonly number[]): Constant => ({
  kind: 'constant',
  shape: [values.length],
  values: Float64Array.from(values),
})
const single = (value: number): Constant => ({ ...listed([value]), shape: [] })

export const constant: Lower = (lowered) => {
  const tensor = attribute(lowered, 'value', 'tensor')
  if (tensor !== undefined) {
    const values = Float64Array.from(tensor.values)
    return [{ kind: 'constant', shape: tensor.shape, values }]
  }
  const list =
    attribute(lowered, 'value_floats', 'floats') ?? attribute(lowered, 'value_ints', 'ints')
  if (list !== undefined) return [listed(list)]
  const number =
    attribute(lowered, 'value_float', 'float') ?? attribute(lowered, 'value_int', 'int')
  if (number !== undefined) return [single(number)]
  return fail(lowered, 'unsupported_attribute', 'has no value that is a number')
}

export const constantOfShape: Lower = (lowered) => {
  const shape = integersAt(lowered, 0) ?? []
  const length = boundedElements(lowered, shape)
  const value = attribute(lowered, 'value', 'tensor')?.values[0] ?? 0
  return [{ kind: 'constant', shape, values: new Float64Array(length).fill(value) }]
}

export const shapeOf: Lower = (lowered) => {
  const { shape } = operandAt(lowered, 0)
  const start = attribute(lowered, 'start', 'int') ?? 0
  const end = attribute(lowered, 'end', 'int') ?? shape.length
  return [listed(shape.slice(start, end))]
}

export const sizeOf: Lower = (lowered) => [single(elementsOf(operandAt(lowered, 0).shape))]

/** A value stays the number that it is; to cut it to an integer is no arithmetic that we have. */
export const cast: Lower = (lowered) => {
  const operand = operandAt(lowered, 0)
  const to = attribute(lowered, 'to', 'int') ?? 0
  if (to === onnxElementTypes.float32 || to === onnxElementTypes.float64) return [operand]
  if (
    operand.kind === 'value' ||
    (to !== onnxElementTypes.int64 && to !== onnxElementTypes.int32)
  ) {
    return fail(lowered, 'unsupported_attribute', `casts to element type ${to}`)
  }
  return [{ ...constantAt(lowered, 0), values: operand.values.map(Math.trunc) }]
}

/** Of nothing but constants: `compute` brings the node down as if the first were an input. */
export const isAllConstant = ({ inputs }: LoweredNode): boolean =>
  inputs.some((input) => input !== undefined) &&
  inputs.every((input) => input === undefined || input.kind === 'constant')
