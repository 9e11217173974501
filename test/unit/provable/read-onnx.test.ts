import { expect, test } from 'vitest'
import { modelBytesMax } from '../../../src/provable/limits.ts'
import { lowerOnnx } from '../../../src/provable/lower-onnx.ts'
import type { ModelFault, ModelFaultReason } from '../../../src/provable/model-fault.ts'
import type { OnnxTensor } from '../../../src/provable/onnx-model.ts'
import {
  bytesField,
  integerField,
  joined,
  messageField,
  textField,
} from '../../../src/provable/protobuf-writing.ts'
import { readOnnx } from '../../../src/provable/read-onnx.ts'
import {
  type OnnxNodeToWrite,
  type OnnxToWrite,
  writeOnnx,
} from '../../../src/provable/write-onnx.ts'
import { fixed, float, int, ints, sizes, text } from '../../support/onnx-samples.ts'

function faultOf(bytes: Uint8Array): ModelFault {
  const model = readOnnx(bytes)
  if (!model.ok) return model.error
  const graph = lowerOnnx(model.value)
  if (graph.ok) throw new Error('The file was taken')
  return graph.error
}

const relu: OnnxNodeToWrite = { op: 'Relu', name: 'r', inputs: ['x'], outputs: ['y'] }

function fileOf(
  nodes: readonly OnnxNodeToWrite[],
  initializers: readonly OnnxTensor[] = [],
  changed: Partial<OnnxToWrite> = {},
): Uint8Array {
  return writeOnnx({
    inputs: [{ name: 'x', elementType: 'float32', shape: ['n', 4] }],
    outputs: [{ name: 'y', elementType: 'float32', shape: undefined }],
    nodes,
    initializers,
    ...changed,
  })
}

/** A file of one node with more fields than a writer of ours gives it, and more in its graph. */
function rawFile({
  node = [],
  graph = [],
  model = [],
}: {
  readonly node?: readonly Uint8Array[]
  readonly graph?: readonly Uint8Array[]
  readonly model?: readonly Uint8Array[]
}): Uint8Array {
  const shape = messageField(2, [messageField(1, [integerField(1, 4)])])
  const type = messageField(2, [messageField(1, [integerField(1, 1), shape])])
  const fields = [textField(1, 'x'), textField(2, 'y'), textField(4, 'Relu'), ...node]
  return joined([
    integerField(1, 8),
    messageField(7, [
      messageField(1, fields),
      messageField(11, [textField(1, 'x'), type]),
      messageField(12, [textField(1, 'y'), type]),
      ...graph,
    ]),
    messageField(8, [integerField(2, 17)]),
    ...model,
  ])
}

const tensorFields = (more: readonly Uint8Array[], elements = 1): readonly Uint8Array[] => [
  integerField(1, elements),
  integerField(2, 1),
  textField(8, 'w'),
  ...more,
]
const withTensor = (...more: readonly Uint8Array[]): Uint8Array =>
  rawFile({ graph: [messageField(5, tensorFields(more))] })
const withAttribute = (...fields: readonly Uint8Array[]): Uint8Array =>
  rawFile({ node: [messageField(5, [textField(1, 'alpha'), ...fields])] })

const dense: OnnxNodeToWrite = { op: 'MatMul', name: 'm', inputs: ['x', 'w'], outputs: ['y'] }
const loop = [
  { op: 'Add', name: 'first', inputs: ['x', 'b'], outputs: ['a'] },
  { op: 'Add', name: 'second', inputs: ['a', 'x'], outputs: ['b'] },
  { op: 'Relu', inputs: ['b'], outputs: ['y'] },
]
const value = new Uint8Array(4)

type Refused = readonly [
  what: string,
  reason: ModelFaultReason,
  place: string,
  bytes: () => Uint8Array,
]

const refused: readonly Refused[] = [
  ['nothing', 'not_onnx', 'file', () => new Uint8Array(0)],
  ['a text', 'not_onnx', 'file', () => Buffer.from('{"object":"list"}')],
  ['too many bytes', 'file_too_large', 'file', () => new Uint8Array(modelBytesMax + 1)],
  ['two graphs', 'repeated_field', 'file', () => rawFile({ model: [messageField(7, [])] })],
  ['functions', 'function', 'functions', () => rawFile({ model: [messageField(25, [])] })],
  ['training', 'function', 'training_info', () => rawFile({ model: [messageField(20, [])] })],
  [
    'two versions of one operator set',
    'repeated_field',
    'opset_import[1]',
    () => rawFile({ model: [messageField(8, [textField(1, 'ai.onnx'), integerField(2, 12)])] }),
  ],
  [
    'an unknown version of an operator set',
    'unknown_version',
    'opset_import[1]',
    () => rawFile({ model: [messageField(8, [textField(1, 'ai.onnx.ml'), integerField(2, 99)])] }),
  ],
  [
    'a domain without a version',
    'missing_field',
    'graph.node[0] Relu "r"',
    () => rawFile({ node: [textField(3, 'r'), textField(7, 'com.example')] }),
  ],
  [
    'an operator of another domain',
    'unsupported_operator',
    'graph.node[0] Relu "y"',
    () => fileOf([{ ...relu, name: 'y', domain: 'com.example' }]),
  ],
  [
    'an operator that we do not have',
    'unsupported_operator',
    'graph.node[0] Softmax "s"',
    () => fileOf([{ ...relu, op: 'Softmax', name: 's' }]),
  ],
  [
    'an operator named as a member of every object',
    'unsupported_operator',
    'graph.node[0] constructor "r"',
    () => fileOf([{ ...relu, op: 'constructor' }]),
  ],
  [
    'an attribute that we do not have',
    'unsupported_attribute',
    'graph.node[0] Relu "r"',
    () => fileOf([{ ...relu, attributes: { alpha: float(1) } }]),
  ],
  [
    'an attribute of another type',
    'unsupported_attribute',
    'graph.node[0] LeakyRelu "r"',
    () => fileOf([{ ...relu, op: 'LeakyRelu', attributes: { alpha: int(1) } }]),
  ],
  [
    'an attribute that is not a number',
    'not_finite',
    'graph.node[0] LeakyRelu "r", attribute "alpha", value 0',
    () => fileOf([{ ...relu, op: 'LeakyRelu', attributes: { alpha: float(Number.NaN) } }]),
  ],
  [
    'a graph in a node',
    'subgraph',
    'graph.node[0] Relu, attribute "alpha"',
    () => withAttribute(messageField(6, []), integerField(20, 5)),
  ],
  [
    'graphs in a node',
    'subgraph',
    'graph.node[0] Relu, attribute "alpha"',
    () => withAttribute(messageField(11, [])),
  ],
  [
    "a function's parameter",
    'function',
    'graph.node[0] Relu, attribute "alpha"',
    () => withAttribute(textField(21, 'beta')),
  ],
  [
    'an attribute of two kinds',
    'repeated_field',
    'graph.node[0] Relu, attribute "alpha"',
    () => withAttribute(integerField(3, 1), textField(4, '1')),
  ],
  [
    'an attribute twice',
    'duplicate_name',
    'graph.node[0] Relu',
    () => {
      const attribute = messageField(5, [textField(1, 'alpha'), integerField(3, 1)])
      return rawFile({ node: [attribute, attribute] })
    },
  ],
  [
    'weights in another file',
    'external_data',
    'graph.initializer[0] "w"',
    () => withTensor(integerField(14, 1)),
  ],
  [
    'the name of another file',
    'external_data',
    'graph.initializer[0] "w"',
    () => withTensor(messageField(13, [textField(1, 'location'), textField(2, '../secret')])),
  ],
  [
    'too few bytes of a tensor',
    'wrong_size',
    'graph.initializer[0] "w"',
    () => withTensor(bytesField(9, new Uint8Array(3))),
  ],
  ['too few numbers of a tensor', 'wrong_size', 'graph.initializer[0] "w"', () => withTensor()],
  [
    'numbers twice',
    'repeated_field',
    'graph.initializer[0] "w"',
    () => withTensor(bytesField(9, value), bytesField(4, value)),
  ],
  [
    'a tensor of texts',
    'unknown_element_type',
    'graph.initializer[0] "w"',
    () => rawFile({ graph: [messageField(5, [integerField(2, 8), textField(8, 'w')])] }),
  ],
  [
    'a tensor as large as the world',
    'limit_exceeded',
    'graph.initializer[0] "w"',
    () =>
      rawFile({
        graph: [messageField(5, [...tensorFields([], 1_000_000), integerField(1, 1_000_000)])],
      }),
  ],
  [
    'a tensor of a negative size',
    'limit_exceeded',
    'graph.initializer[0] "w", dims',
    () => rawFile({ graph: [messageField(5, tensorFields([], -1))] }),
  ],
  [
    'sparse weights',
    'unknown_element_type',
    'graph.sparse_initializer',
    () => rawFile({ graph: [messageField(15, [])] }),
  ],
  [
    'an infinite weight',
    'not_finite',
    'graph.initializer[0] "w", value 1',
    () => fileOf([dense], [fixed('w', [2], [1, Number.POSITIVE_INFINITY])]),
  ],
  ['a cycle', 'cycle', 'graph.node[0] Add "first"', () => fileOf(loop)],
  [
    'a tensor that nobody makes',
    'unknown_tensor',
    'graph.node[0] Relu "r"',
    () => fileOf([{ ...relu, inputs: ['z'] }]),
  ],
  [
    'a tensor that two nodes make',
    'duplicate_name',
    'graph.node[1] Relu "r"',
    () => fileOf([relu, relu]),
  ],
  [
    'an output that nobody makes',
    'unknown_tensor',
    'graph.output[0]',
    () => fileOf([{ ...relu, outputs: ['z'] }]),
  ],
  [
    'a name that is no UTF-8',
    'bad_name',
    'graph.node[0], a name',
    () => rawFile({ node: [bytesField(3, Uint8Array.of(0xff, 0xfe))] }),
  ],
  [
    'a name that is too long',
    'limit_exceeded',
    'graph.node[0], a name',
    () => rawFile({ node: [textField(3, 'a'.repeat(1_000))] }),
  ],
  [
    'an open size',
    'dynamic_shape',
    'graph.input[0] "x"',
    () =>
      fileOf([relu], [], { inputs: [{ name: 'x', elementType: 'float32', shape: [1, 'words'] }] }),
  ],
  [
    'an input without a shape',
    'dynamic_shape',
    'graph.input[0] "x"',
    () => fileOf([relu], [], { inputs: [{ name: 'x', elementType: 'float32', shape: undefined }] }),
  ],
  [
    'weights of another shape',
    'shape_mismatch',
    'graph.node[0] MatMul "m"',
    () => fileOf([dense], [fixed('w', [2, 1], [1, 2])]),
  ],
  [
    'two computed factors of a product of matrices',
    'unsupported_operand',
    'graph.node[0] MatMul "m"',
    () => fileOf([{ ...dense, inputs: ['x', 'x'] }]),
  ],
  [
    'a size that makes more values than we compute',
    'limit_exceeded',
    'graph.node[0] Expand "r"',
    () => fileOf([{ ...relu, op: 'Expand', inputs: ['x', 's'] }], [sizes('s', 100_000, 1_000, 4)]),
  ],
  [
    'a padding that makes more values than we compute',
    'limit_exceeded',
    'graph.node[0] Pad "r"',
    () => fileOf([{ ...relu, op: 'Pad', inputs: ['x', 's'] }], [sizes('s', 0, 0, 0, 2 ** 40)]),
  ],
  [
    'a window that counts beyond all numbers',
    'limit_exceeded',
    'graph.node[0] MaxPool "r"',
    () =>
      fileOf(
        [
          {
            ...relu,
            op: 'MaxPool',
            attributes: { kernel_shape: ints(60_000), pads: ints(65_000, 65_000) },
          },
        ],
        [],
        { inputs: [{ name: 'x', elementType: 'float32', shape: [1, 2, 4] }] },
      ),
  ],
  [
    'padding that is not zero',
    'unsupported_attribute',
    'graph.node[0] Pad "r"',
    () =>
      fileOf(
        [{ ...relu, op: 'Pad', inputs: ['x', 's'], attributes: { mode: text('reflect') } }],
        [sizes('s', 0, 1, 0, 1)],
      ),
  ],
  [
    'an output that no input decides',
    'unsupported_operand',
    'graph.output[0] "y"',
    () => fileOf([{ ...relu, inputs: ['w'] }], [fixed('w', [1], [1])]),
  ],
  [
    'a division by zero',
    'not_finite',
    'graph.node[0] Div "m"',
    () => fileOf([{ ...dense, op: 'Div' }], [fixed('w', [1], [0])]),
  ],
]

test.each(refused)('%s: refused as %s at %s', (_, reason, place, bytes) => {
  const fault = faultOf(bytes())
  expect(fault).toMatchObject({ reason, place })
  expect(fault.detail.length).toBeGreaterThan(5)
})

test('what the file of one node says is what is read', () => {
  const model = readOnnx(rawFile({ node: [textField(3, 'r')], graph: [textField(10, 'unread')] }))
  expect(model).toMatchObject({
    ok: true,
    value: {
      inputs: [{ name: 'x', elementType: 'float32', shape: [4] }],
      nodes: [{ name: 'r', op: 'Relu', domain: '', inputs: ['x'], outputs: ['y'] }],
    },
  })
})

test('a list of numbers is the same packed or not', () => {
  const packed = withTensor(bytesField(4, new Uint8Array(Float32Array.of(0.5).buffer)))
  const raw = withTensor(bytesField(9, new Uint8Array(Float32Array.of(0.5).buffer)))
  const read = (bytes: Uint8Array): unknown => {
    const model = readOnnx(bytes)
    return model.ok ? model.value.initializers : model.error
  }
  expect(read(packed)).toEqual(read(raw))
  expect(read(raw)).toMatchObject([{ shape: [1], values: Float64Array.of(0.5) }])
})

test('a chain of more layers than a graph may have is refused', () => {
  const nodes = Array.from({ length: 4_000 }, (_, at) => ({
    op: 'Add',
    inputs: [at === 0 ? 'x' : `t${at}`, 'w'],
    outputs: [at === 3_999 ? 'y' : `t${at + 1}`],
  }))
  const fault = faultOf(fileOf(nodes, [fixed('w', [1], [1])]))
  expect(fault).toMatchObject({ reason: 'limit_exceeded' })
})
