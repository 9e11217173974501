/*
 * What an ONNX file says, as far as a provable model may say it: one graph without subgraphs, functions and external data. Names of
 * messages and fields: onnx/onnx, onnx/onnx.proto.
 */

export type OnnxModel = {
  /** Versions of the operator sets by domain; `''` is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>
  readonly name: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
}

/** An input or an output. */
export type OnnxValue = {
  readonly name: string
  readonly elementType: OnnxElementType
  /** A text names a size that is not fixed, such as the batch; undefined where the file says nothing of its shape. */
  readonly shape: readonly (number | string)[] | undefined
}

export type OnnxNode = {
  /** May be empty: names of nodes are for people. */
  readonly name: string
  readonly op: string
  readonly domain: string
  /** An empty name is an input that is not given. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, OnnxAttribute>
}

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'texts'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }

/** Row-major. Integers beyond ±(2^53 − 1), which stand for "to the end", are cut to that. */
export type OnnxTensor = {
  readonly name: string
  readonly elementType: OnnxElementType
  readonly shape: readonly number[]
  readonly values: ArrayLike<number>
}

/** TensorProto.DataType, as far as we read it. */
export const onnxElementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
} as const

export type OnnxElementType = keyof typeof onnxElementTypes

/** AttributeProto.AttributeType, as far as we read it. */
export const onnxAttributeTypes = {
  float: 1,
  int: 2,
  text: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
  texts: 8,
} as const
