/* Every operator that is brought down, with the attributes of it that are understood: another one may change what it means. */

import { cast, constant, constantOfShape, shapeOf, sizeOf } from './lower-constants.ts'
import {
  absolute,
  add,
  clip,
  divide,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  max,
  min,
  multiply,
  negate,
  power,
  pRelu,
  relu,
  subtract,
  sum,
} from './lower-elementwise.ts'
import {
  batchNormalization,
  gemm,
  linearClassifier,
  linearRegressor,
  matMul,
  scaler,
} from './lower-linear.ts'
import { arrayFeatureExtractor, concat, gather, pad, slice, split } from './lower-moves.ts'
import {
  argMax,
  globalAveragePool,
  globalMaxPool,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
} from './lower-reductions.ts'
import {
  dropout,
  expand,
  flatten,
  identity,
  reshape,
  squeeze,
  transpose,
  unsqueeze,
} from './lower-shapes.ts'
import { treeEnsembleClassifier, treeEnsembleRegressor } from './lower-trees.ts'
import { averagePool, convolution, maxPool } from './lower-windows.ts'
import type { Lower } from './lowering.ts'
import type { OnnxNode } from './onnx-model.ts'

export type Operator = {
  readonly lower: Lower
  readonly attributes: readonly string[]
  /** It answers a constant of what is known of its inputs, and reads no values. */
  readonly isConstant?: true
}

const windowed = ['auto_pad', 'dilations', 'kernel_shape', 'pads', 'strides']
const reducing = ['axes', 'keepdims', 'noop_with_empty_axes']
const treeNodes = [
  'nodes_falsenodeids',
  'nodes_featureids',
  'nodes_hitrates',
  'nodes_missing_value_tracks_true',
  'nodes_modes',
  'nodes_nodeids',
  'nodes_treeids',
  'nodes_truenodeids',
  'nodes_values',
  'base_values',
  'post_transform',
]

const own: Readonly<Record<string, Operator>> = {
  Abs: { lower: absolute, attributes: [] },
  Add: { lower: add, attributes: [] },
  ArgMax: { lower: argMax, attributes: ['axis', 'keepdims', 'select_last_index'] },
  AveragePool: {
    lower: averagePool,
    attributes: [...windowed, 'ceil_mode', 'count_include_pad'],
  },
  BatchNormalization: {
    lower: batchNormalization,
    attributes: ['epsilon', 'momentum', 'training_mode'],
  },
  Cast: { lower: cast, attributes: ['to'], isConstant: true },
  Clip: { lower: clip, attributes: ['max', 'min'] },
  Concat: { lower: concat, attributes: ['axis'] },
  Constant: {
    lower: constant,
    attributes: ['value', 'value_float', 'value_floats', 'value_int', 'value_ints'],
    isConstant: true,
  },
  ConstantOfShape: { lower: constantOfShape, attributes: ['value'], isConstant: true },
  Conv: { lower: convolution, attributes: [...windowed, 'group'] },
  Div: { lower: divide, attributes: [] },
  Dropout: { lower: dropout, attributes: ['ratio', 'seed'] },
  Expand: { lower: expand, attributes: [] },
  Flatten: { lower: flatten, attributes: ['axis'] },
  Gather: { lower: gather, attributes: ['axis'] },
  Gemm: { lower: gemm, attributes: ['alpha', 'beta', 'transA', 'transB'] },
  GlobalAveragePool: { lower: globalAveragePool, attributes: [] },
  GlobalMaxPool: { lower: globalMaxPool, attributes: [] },
  HardSigmoid: { lower: hardSigmoid, attributes: ['alpha', 'beta'] },
  HardSwish: { lower: hardSwish, attributes: [] },
  Identity: { lower: identity, attributes: [] },
  LeakyRelu: { lower: leakyRelu, attributes: ['alpha'] },
  MatMul: { lower: matMul, attributes: [] },
  Max: { lower: max, attributes: [] },
  MaxPool: { lower: maxPool, attributes: [...windowed, 'ceil_mode', 'storage_order'] },
  Min: { lower: min, attributes: [] },
  Mul: { lower: multiply, attributes: [] },
  Neg: { lower: negate, attributes: [] },
  PRelu: { lower: pRelu, attributes: [] },
  Pad: { lower: pad, attributes: ['mode', 'pads', 'value'] },
  Pow: { lower: power, attributes: [] },
  ReduceMax: { lower: reduceMax, attributes: reducing },
  ReduceMean: { lower: reduceMean, attributes: reducing },
  ReduceMin: { lower: reduceMin, attributes: reducing },
  ReduceSum: { lower: reduceSum, attributes: reducing },
  Relu: { lower: relu, attributes: [] },
  Reshape: { lower: reshape, attributes: ['allowzero'] },
  Shape: { lower: shapeOf, attributes: ['end', 'start'], isConstant: true },
  Size: { lower: sizeOf, attributes: [], isConstant: true },
  Slice: { lower: slice, attributes: ['axes', 'ends', 'starts'] },
  Split: { lower: split, attributes: ['axis', 'num_outputs', 'split'] },
  Squeeze: { lower: squeeze, attributes: ['axes'] },
  Sub: { lower: subtract, attributes: [] },
  Sum: { lower: sum, attributes: [] },
  Transpose: { lower: transpose, attributes: ['perm'] },
  Unsqueeze: { lower: unsqueeze, attributes: ['axes'] },
}

const machineLearning: Readonly<Record<string, Operator>> = {
  ArrayFeatureExtractor: { lower: arrayFeatureExtractor, attributes: [] },
  LinearClassifier: {
    lower: linearClassifier,
    attributes: ['classlabels_ints', 'coefficients', 'intercepts', 'multi_class', 'post_transform'],
  },
  LinearRegressor: {
    lower: linearRegressor,
    attributes: ['coefficients', 'intercepts', 'post_transform', 'targets'],
  },
  Scaler: { lower: scaler, attributes: ['offset', 'scale'] },
  TreeEnsembleClassifier: {
    lower: treeEnsembleClassifier,
    attributes: [
      ...treeNodes,
      'class_ids',
      'class_nodeids',
      'class_treeids',
      'class_weights',
      'classlabels_int64s',
      'classlabels_strings',
    ],
  },
  TreeEnsembleRegressor: {
    lower: treeEnsembleRegressor,
    attributes: [
      ...treeNodes,
      'aggregate_function',
      'n_targets',
      'target_ids',
      'target_nodeids',
      'target_treeids',
      'target_weights',
    ],
  },
}

const byDomain: ReadonlyMap<string, Readonly<Record<string, Operator>>> = new Map([
  ['', own],
  ['ai.onnx.ml', machineLearning],
])

/** Undefined where nobody here knows how to bring it down. */
export function operatorOf({ domain, op }: Pick<OnnxNode, 'domain' | 'op'>): Operator | undefined {
  const operators = byDomain.get(domain)
  return operators !== undefined && Object.hasOwn(operators, op) ? operators[op] : undefined
}

/** Names for documentation and messages. */
export const operatorNames = (): readonly string[] => [
  ...Object.keys(own),
  ...Object.keys(machineLearning),
]
