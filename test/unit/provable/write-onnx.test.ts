import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import type { OnnxAttribute, OnnxTensor, OnnxValue } from '../../../src/provable/onnx-model.ts'
import { type OnnxToWrite, writeOnnx } from '../../../src/provable/write-onnx.ts'

const floats = (name: string, shape: readonly number[], values: readonly number[]): OnnxTensor => ({
  name,
  elementType: 'float32',
  shape,
  values,
})
const value = (name: string, shape: readonly (number | string)[]): OnnxValue => ({
  name,
  elementType: 'float32',
  shape,
})
const ints = (...list: readonly number[]): OnnxAttribute => ({ kind: 'ints', value: list })
const text = (of: string): OnnxAttribute => ({ kind: 'text', value: of })

async function answered(
  model: OnnxToWrite,
  shape: readonly number[],
  input: readonly number[],
): Promise<readonly number[]> {
  const session = await InferenceSession.create(writeOnnx(model), { intraOpNumThreads: 1 })
  const results = await session.run({ x: new Tensor('float32', input, shape) })
  return Array.from(results['y']?.data as Float32Array)
}

const dense: OnnxToWrite = {
  inputs: [value('x', ['batch', 2])],
  outputs: [value('y', ['batch', 2])],
  nodes: [
    {
      op: 'Gemm',
      inputs: ['x', 'weights', 'biases'],
      outputs: ['sums'],
      attributes: {
        transB: { kind: 'int', value: 1 },
        alpha: { kind: 'float', value: 2 },
      },
    },
    { op: 'Relu', inputs: ['sums'], outputs: ['y'] },
  ],
  initializers: [floats('weights', [2, 2], [1, 2, 3, -4]), floats('biases', [2], [0.5, 0.25])],
}

test('onnxruntime runs a dense network that was written here', async () => {
  expect(await answered(dense, [1, 2], [1, 1])).toEqual([6.5, 0])
  expect(await answered(dense, [1, 2], [1, -1])).toEqual([0, 14.25])
})

test('the same model is the same bytes', () => {
  expect(writeOnnx(dense)).toEqual(writeOnnx(structuredClone(dense)))
})

test('onnxruntime runs a convolution, a reshape to a size that follows, and a constant', async () => {
  const model: OnnxToWrite = {
    inputs: [value('x', [1, 1, 2, 2])],
    outputs: [value('y', [1, 4])],
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'kernel'],
        outputs: ['slid'],
        attributes: { kernel_shape: ints(2, 2), pads: ints(0, 0, 1, 1) },
      },
      {
        op: 'Constant',
        inputs: [],
        outputs: ['shape'],
        attributes: {
          value: {
            kind: 'tensor',
            value: { name: '', elementType: 'int64', shape: [2], values: [1, -1] },
          },
        },
      },
      { op: 'Reshape', inputs: ['slid', 'shape'], outputs: ['y'] },
    ],
    initializers: [floats('kernel', [1, 1, 2, 2], [1, 10, 100, 1000])],
  }
  expect(await answered(model, [1, 1, 2, 2], [1, 2, 3, 4])).toEqual([4321, 402, 43, 4])
})

test('onnxruntime runs trees of ai.onnx.ml', async () => {
  const model: OnnxToWrite = {
    inputs: [value('x', ['batch', 2])],
    outputs: [value('y', ['batch', 1])],
    nodes: [
      {
        op: 'TreeEnsembleRegressor',
        domain: 'ai.onnx.ml',
        inputs: ['x'],
        outputs: ['y'],
        attributes: {
          n_targets: { kind: 'int', value: 1 },
          nodes_treeids: ints(0, 0, 0),
          nodes_nodeids: ints(0, 1, 2),
          nodes_featureids: ints(1, 0, 0),
          nodes_modes: { kind: 'texts', value: ['BRANCH_LEQ', 'LEAF', 'LEAF'] },
          nodes_values: { kind: 'floats', value: [0.5, 0, 0] },
          nodes_truenodeids: ints(1, 0, 0),
          nodes_falsenodeids: ints(2, 0, 0),
          nodes_hitrates: { kind: 'floats', value: [1, 1, 1] },
          nodes_missing_value_tracks_true: ints(0, 0, 0),
          target_treeids: ints(0, 0),
          target_nodeids: ints(1, 2),
          target_ids: ints(0, 0),
          target_weights: { kind: 'floats', value: [-3, 7] },
          post_transform: text('NONE'),
        },
      },
    ],
    initializers: [],
  }
  expect(await answered(model, [1, 2], [0, 0.5])).toEqual([-3])
  expect(await answered(model, [1, 2], [0, 0.75])).toEqual([7])
})
