/*
 * ONNX files of our own models: the same bytes for the same model, whatever machine writes them. Source of field numbers and types:
 * onnx/onnx, onnx/onnx.proto.
 */
import {
  type OnnxAttribute,
  type OnnxElementType,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
  onnxAttributeTypes,
  onnxElementTypes,
} from './onnx-model.ts'
import {
  type Bytes,
  bytesField,
  float32Field,
  integerField,
  joined,
  messageField,
  textField,
} from './protobuf-writing.ts'

/** A node as a script writes it: `name` is its first output where it has none, `domain` ONNX's own. */
export type OnnxNodeToWrite = Pick<OnnxNode, 'op' | 'inputs' | 'outputs'> &
  Partial<Pick<OnnxNode, 'name' | 'domain'>> & {
    readonly attributes?: Readonly<Record<string, OnnxAttribute>>
  }

export type OnnxToWrite = {
  readonly name?: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: readonly OnnxNodeToWrite[]
  readonly initializers: readonly OnnxTensor[]
}

/** IR version 8 and operator set 17 of August 2022, with ai.onnx.ml 3: every runtime in use has them. */
const irVersion = 8
const opsets: ReadonlyMap<string, number> = new Map([
  ['', 17],
  ['ai.onnx.ml', 3],
])

/** The bytes of a `.onnx` file. Numbers are written as they stand: whether the graph makes sense is for a reader to say. */
export function writeOnnx({
  name = 'model',
  inputs,
  outputs,
  nodes,
  initializers,
}: OnnxToWrite): Uint8Array {
  const graph = [
    ...nodes.map((node) => messageField(1, nodeFields(node))),
    textField(2, name),
    ...initializers.map((tensor) => messageField(5, tensorFields(tensor))),
    ...inputs.map((value) => messageField(11, valueFields(value))),
    ...outputs.map((value) => messageField(12, valueFields(value))),
  ]
  const domains = new Set(['', ...nodes.map(({ domain = '' }) => domain)])
  return joined([
    integerField(1, irVersion),
    textField(2, 'vouch'),
    messageField(7, graph),
    ...[...domains]
      .sort()
      .map((domain) =>
        messageField(8, [textField(1, domain), integerField(2, opsets.get(domain) ?? 1)]),
      ),
  ])
}

function nodeFields({ op, inputs, outputs, attributes = {}, ...named }: OnnxNodeToWrite): Bytes[] {
  const { name = outputs[0] ?? '', domain = '' } = named
  return [
    ...inputs.map((input) => textField(1, input)),
    ...outputs.map((output) => textField(2, output)),
    textField(3, name),
    textField(4, op),
    ...Object.entries(attributes).map(([attributeName, attribute]) =>
      messageField(5, [textField(1, attributeName), ...attributeFields(attribute)]),
    ),
    ...(domain === '' ? [] : [textField(7, domain)]),
  ]
}

function attributeFields(attribute: OnnxAttribute): Bytes[] {
  return [...attributeValue(attribute), integerField(20, onnxAttributeTypes[attribute.kind])]
}

function attributeValue(attribute: OnnxAttribute): Bytes[] {
  switch (attribute.kind) {
    case 'float':
      return [float32Field(2, attribute.value)]
    case 'int':
      return [integerField(3, attribute.value)]
    case 'text':
      return [textField(4, attribute.value)]
    case 'tensor':
      return [messageField(5, tensorFields(attribute.value))]
    case 'floats':
      return attribute.value.map((value) => float32Field(7, value))
    case 'ints':
      return attribute.value.map((value) => integerField(8, value))
    case 'texts':
      return attribute.value.map((value) => textField(9, value))
  }
}

const tensorFields = ({ name, elementType, shape, values }: OnnxTensor): Bytes[] => [
  ...shape.map((size) => integerField(1, size)),
  integerField(2, onnxElementTypes[elementType]),
  textField(8, name),
  bytesField(9, rawBytes(elementType, values)),
]

const valueFields = ({ name, elementType, shape }: OnnxValue): Bytes[] => [
  textField(1, name),
  messageField(2, [
    messageField(1, [
      integerField(1, onnxElementTypes[elementType]),
      ...(shape === undefined ? [] : [messageField(2, shape.map(dimension))]),
    ]),
  ]),
]

const dimension = (size: number | string): Bytes =>
  messageField(1, [typeof size === 'number' ? integerField(1, size) : textField(2, size)])

/** Little-endian, without gaps. */
function rawBytes(elementType: OnnxElementType, values: ArrayLike<number>): Bytes {
  const { size, write } = writers[elementType]
  const bytes = new Uint8Array(values.length * size)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < values.length; index += 1)
    write(view, index * size, values[index] ?? 0)
  return bytes
}

type Writer = {
  readonly size: number
  readonly write: (view: DataView, at: number, value: number) => void
}

const writers: Readonly<Record<OnnxElementType, Writer>> = {
  float32: { size: 4, write: (view, at, value) => view.setFloat32(at, value, true) },
  float64: { size: 8, write: (view, at, value) => view.setFloat64(at, value, true) },
  int64: { size: 8, write: (view, at, value) => view.setBigInt64(at, BigInt(value), true) },
  int32: { size: 4, write: (view, at, value) => view.setInt32(at, value, true) },
  int8: { size: 1, write: (view, at, value) => view.setInt8(at, value) },
  uint8: { size: 1, write: (view, at, value) => view.setUint8(at, value) },
  bool: { size: 1, write: (view, at, value) => view.setUint8(at, value) },
}
