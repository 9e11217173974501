/* Small ONNX models that use every operator which can be brought down: what onnxruntime says of them is what we must say. */
import type { OnnxAttribute, OnnxTensor } from '../../src/provable/onnx-model.ts'
import { type OnnxNodeToWrite, type OnnxToWrite, writeOnnx } from '../../src/provable/write-onnx.ts'
import { seededRandom } from './seeded-random.ts'

export type OnnxSample = {
  readonly name: string
  /** With the batch. */
  readonly shape: readonly number[]
  readonly model: OnnxToWrite
  readonly bytes: Uint8Array
}

export const int = (value: number): OnnxAttribute => ({ kind: 'int', value })
export const ints = (...value: readonly number[]): OnnxAttribute => ({ kind: 'ints', value })
export const float = (value: number): OnnxAttribute => ({ kind: 'float', value })
export const floats = (value: readonly number[]): OnnxAttribute => ({ kind: 'floats', value })
export const text = (value: string): OnnxAttribute => ({ kind: 'text', value })
export const texts = (...value: readonly string[]): OnnxAttribute => ({ kind: 'texts', value })

/** Float32 numbers from −1 to 1, the same for the same name. */
export function numbers(name: string, ...shape: readonly number[]): OnnxTensor {
  const seed = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7)
  const draw = seededRandom(seed % 2 ** 30)
  const length = shape.reduce((product, size) => product * size, 1)
  const values = Array.from({ length }, () => Math.fround(draw(2_000_001) / 1_000_000 - 1))
  return { name, elementType: 'float32', shape, values }
}

export const fixed = (
  name: string,
  shape: readonly number[],
  values: readonly number[],
): OnnxTensor => ({
  name,
  elementType: 'float32',
  shape,
  values,
})

export const sizes = (name: string, ...values: readonly number[]): OnnxTensor => ({
  name,
  elementType: 'int64',
  shape: [values.length],
  values,
})

type Given = {
  readonly name: string
  readonly shape: readonly number[]
  readonly nodes: readonly OnnxNodeToWrite[]
  readonly initializers?: readonly OnnxTensor[]
}

/** From `x` to `y`. */
function sample({ name, shape, nodes, initializers = [] }: Given): OnnxSample {
  const model: OnnxToWrite = {
    name,
    inputs: [{ name: 'x', elementType: 'float32', shape: ['batch', ...shape.slice(1)] }],
    outputs: [{ name: 'y', elementType: 'float32', shape: undefined }],
    nodes,
    initializers,
  }
  return { name, shape, model, bytes: writeOnnx(model) }
}

const node = (
  op: string,
  [inputs, outputs]: readonly [inputs: string, outputs: string],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNodeToWrite => ({
  op,
  inputs: inputs.split(' ').map((input) => (input === '-' ? '' : input)),
  outputs: outputs.split(' '),
  attributes,
})

const learned = (
  op: string,
  attributes: Readonly<Record<string, OnnxAttribute>>,
  outputs = 'y',
): OnnxNodeToWrite => ({ ...node(op, ['x', outputs], attributes), domain: 'ai.onnx.ml' })

/** Two trees over three features: one of three leaves, one of two. */
const treeNodes = {
  nodes_treeids: ints(0, 0, 0, 0, 0, 7, 7, 7),
  nodes_nodeids: ints(0, 1, 2, 3, 4, 0, 1, 2),
  nodes_featureids: ints(1, 0, 0, 0, 0, 2, 0, 0),
  nodes_modes: texts(
    'BRANCH_LEQ',
    'LEAF',
    'BRANCH_LT',
    'LEAF',
    'LEAF',
    'BRANCH_GTE',
    'LEAF',
    'LEAF',
  ),
  nodes_values: floats([0.25, 0, -0.5, 0, 0, 0.125, 0, 0]),
  nodes_truenodeids: ints(1, 0, 3, 0, 0, 1, 0, 0),
  nodes_falsenodeids: ints(2, 0, 4, 0, 0, 2, 0, 0),
}
const leavesOf = (prefix: string, ids: readonly number[], weights: readonly number[]) => ({
  [`${prefix}_treeids`]: ints(0, 0, 0, 7, 7),
  [`${prefix}_nodeids`]: ints(1, 3, 4, 1, 2),
  [`${prefix}_ids`]: ints(...ids),
  [`${prefix}_weights`]: floats(weights),
})

export const onnxSamples: readonly OnnxSample[] = [
  sample({
    name: 'dense',
    shape: [1, 4],
    initializers: [numbers('w', 4, 3), numbers('v', 2, 3), numbers('b', 3), numbers('c', 1, 2)],
    nodes: [
      node('MatMul', ['x w', 'a']),
      node('Add', ['a b', 'd']),
      node('LeakyRelu', ['d', 'e'], { alpha: float(0.125) }),
      node('Gemm', ['e v c', 'y'], { transB: int(1), alpha: float(0.5), beta: float(2) }),
    ],
  }),
  sample({
    name: 'image',
    shape: [1, 2, 6, 5],
    initializers: [
      numbers('w', 4, 2, 3, 3),
      numbers('b', 4),
      numbers('g', 4),
      numbers('h', 4),
      numbers('m', 4),
      fixed('v', [4], [0.5, 1, 2, 0.25]),
      numbers('d', 4, 1, 2, 2),
      numbers('f', 8, 3),
    ],
    nodes: [
      node('Conv', ['x w b', 'a'], { pads: ints(1, 1, 1, 1), strides: ints(1, 1) }),
      node('BatchNormalization', ['a g h m v', 'n'], { epsilon: float(0.001) }),
      node('Relu', ['n', 'r']),
      node('MaxPool', ['r', 'p'], {
        kernel_shape: ints(2, 2),
        strides: ints(2, 2),
        ceil_mode: int(1),
      }),
      node('Conv', ['p d', 'q'], {
        group: int(4),
        kernel_shape: ints(2, 2),
        auto_pad: text('SAME_UPPER'),
      }),
      node('AveragePool', ['q', 's'], {
        kernel_shape: ints(2, 2),
        pads: ints(0, 1, 1, 0),
        strides: ints(2, 3),
      }),
      node('Flatten', ['s', 't']),
      node('Gemm', ['t f', 'y']),
    ],
  }),
  sample({
    name: 'line',
    shape: [1, 3, 8],
    initializers: [numbers('w', 2, 3, 3), numbers('s', 2, 1)],
    nodes: [
      node('Conv', ['x w', 'a'], { dilations: ints(2), pads: ints(1, 1) }),
      node('PRelu', ['a s', 'b']),
      node('AveragePool', ['b', 'c'], {
        kernel_shape: ints(3),
        pads: ints(1, 1),
        count_include_pad: int(1),
      }),
      node('GlobalAveragePool', ['c', 'd']),
      node('GlobalMaxPool', ['b', 'e']),
      node('Concat', ['d e', 'y'], { axis: int(1) }),
    ],
  }),
  sample({
    name: 'elementwise',
    shape: [1, 2, 3],
    initializers: [
      numbers('c', 3),
      fixed('two', [], [2]),
      fixed('low', [], [-0.5]),
      fixed('high', [], [0.75]),
      fixed('d', [2, 1], [4, -0.5]),
    ],
    nodes: [
      node('Sub', ['c x', 'a']),
      node('Mul', ['a x', 'b']),
      node('Div', ['b d', 'e']),
      node('Clip', ['e low high', 'f']),
      node('Max', ['f x c', 'g']),
      node('Min', ['g a high', 'h']),
      node('Neg', ['h', 'i']),
      node('Abs', ['i', 'j']),
      node('Pow', ['j two', 'k']),
      node('HardSigmoid', ['k', 'l'], { alpha: float(0.25), beta: float(0.25) }),
      node('HardSwish', ['x', 'm']),
      node('Sum', ['l m x c', 'n']),
      node('Dropout', ['n', 'o']),
      node('Identity', ['o', 'y']),
    ],
  }),
  sample({
    name: 'moves',
    shape: [1, 4, 6],
    initializers: [
      sizes('from', 1, -1),
      sizes('to', 4, -100),
      sizes('axes', 1, 2),
      sizes('steps', 2, -2),
      sizes('pads', 0, 1, 0, 0, 0, 2),
      sizes('picked', 2, 0, -1),
      sizes('parts', 1, 3),
      sizes('one', 1),
      sizes('wide', 2, 1, 1, 1),
      numbers('c', 1, 2, 3),
    ],
    nodes: [
      node('Slice', ['x from to axes steps', 'a']),
      node('Concat', ['a c', 'b'], { axis: int(1) }),
      node('Transpose', ['b', 'd'], { perm: ints(0, 2, 1) }),
      node('Split', ['d parts', 'e f'], { axis: int(2) }),
      node('Gather', ['f picked', 'g'], { axis: int(1) }),
      node('Pad', ['g pads', 'h']),
      node('Unsqueeze', ['h one', 'i']),
      node('Expand', ['i wide', 'j']),
      node('ReduceMean', ['j', 'k'], { axes: ints(1), keepdims: int(0) }),
      node('ReduceMax', ['k', 'l'], { axes: ints(2, 0) }),
      node('Squeeze', ['l', 'y']),
    ],
  }),
  sample({
    name: 'shapes',
    shape: [1, 2, 3, 2],
    initializers: [sizes('first', 0), sizes('rest', -1), numbers('w', 12, 2)],
    nodes: [
      node('Shape', ['x', 's']),
      node('Gather', ['s first', 'n']),
      node('Concat', ['n rest', 't'], { axis: int(0) }),
      node('Reshape', ['x t', 'a']),
      node('MatMul', ['a w', 'b']),
      node('ReduceSum', ['x', 'c'], { keepdims: int(0) }),
      node('ReduceMin', ['x', 'd'], { axes: ints(1, 2, 3), keepdims: int(0) }),
      node('Add', ['b c', 'e']),
      node('Sub', ['e d', 'y']),
    ],
  }),
  sample({
    name: 'trees',
    shape: [1, 3],
    nodes: [
      learned('TreeEnsembleRegressor', {
        ...treeNodes,
        target_treeids: ints(0, 0, 0, 7, 7, 7, 7),
        target_nodeids: ints(1, 3, 4, 1, 1, 2, 2),
        target_ids: ints(0, 1, 0, 0, 1, 1, 0),
        target_weights: floats([0.5, -0.25, 0.125, 2, -1, 0.75, 1]),
        n_targets: int(2),
        base_values: floats([0.5, -0.5]),
        aggregate_function: text('AVERAGE'),
      }),
    ],
  }),
  sample({
    name: 'scaled line',
    shape: [1, 3],
    nodes: [
      {
        ...learned('Scaler', { offset: floats([0.5, 1, -1]), scale: floats([2, 0.5, 4]) }),
        outputs: ['a'],
      },
      {
        ...learned('LinearRegressor', {
          coefficients: floats([1, -2, 3, 0.5, 0.25, 1]),
          intercepts: floats([0.5, -1]),
          targets: int(2),
        }),
        inputs: ['a'],
      },
    ],
  }),
]

/** Answers a label and scores. */
function classifier(name: string, toWrite: OnnxNodeToWrite): OnnxSample {
  const model: OnnxToWrite = {
    name,
    inputs: [{ name: 'x', elementType: 'float32', shape: ['batch', 3] }],
    outputs: [
      { name: 'label', elementType: 'int64', shape: undefined },
      { name: 'scores', elementType: 'float32', shape: undefined },
    ],
    nodes: [{ ...toWrite, outputs: ['label', 'scores'] }],
    initializers: [],
  }
  return { name, shape: [1, 3], model, bytes: writeOnnx(model) }
}

export const classifierSamples: readonly OnnxSample[] = [
  classifier(
    'three classes',
    learned('TreeEnsembleClassifier', {
      ...treeNodes,
      ...leavesOf('class', [0, 1, 2, 2, 1], [0.5, 0.25, 0.125, 0.375, 0.0625]),
      classlabels_int64s: ints(5, 6, 9),
      post_transform: text('NONE'),
    }),
  ),
  classifier(
    'two classes, shares',
    learned('TreeEnsembleClassifier', {
      ...treeNodes,
      ...leavesOf('class', [0, 0, 0, 0, 0], [0.5, 0.25, 0.125, 0.4375, 0.0625]),
      classlabels_int64s: ints(0, 1),
    }),
  ),
  classifier(
    'two classes, signs',
    learned('TreeEnsembleClassifier', {
      ...treeNodes,
      ...leavesOf('class', [0, 0, 0, 0, 0], [0.5, -0.25, 0.125, -0.375, 0.0625]),
      classlabels_int64s: ints(0, 1),
      base_values: floats([0.03125]),
    }),
  ),
  classifier(
    'linear classes',
    learned('LinearClassifier', {
      coefficients: floats([1, -2, 3, 0.5, 0.25, 1, -1, 0, 2]),
      intercepts: floats([0.5, -1, 0.25]),
      classlabels_ints: ints(4, 2, 8),
    }),
  ),
]
