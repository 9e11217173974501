import { expect, test } from 'vitest'
import { prepareModel } from '../../../src/model-deployment/prepare-model.ts'
import { type OnnxNodeToWrite, writeOnnx } from '../../../src/provable/write-onnx.ts'
import { numbers } from '../../support/onnx-samples.ts'

const network = (activation: Omit<OnnxNodeToWrite, 'inputs' | 'outputs'>): Uint8Array =>
  writeOnnx({
    inputs: [{ name: 'x', elementType: 'float32', shape: ['n', 4] }],
    outputs: [{ name: 'y', elementType: 'float32', shape: undefined }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
      { ...activation, inputs: ['a'], outputs: ['y'] },
    ],
    initializers: [numbers('w', 4, 3)],
  })

const sample = [
  [0.5, -1, 2, 0],
  [1, 1, 1, 1],
]

test('a model that is taken has integers, a circuit and a report', async () => {
  const prepared = await prepareModel({ name: 'small', onnx: network({ op: 'Relu' }), sample })
  expect(prepared).toMatchObject({
    ok: true,
    value: { inputs: 4, outputs: 3, graph: { name: 'small' }, report: { rows: 2, rowsRefused: 0 } },
  })
})

test('an operator that we do not have is named, with the system that has it', async () => {
  const onnx = network({ op: 'Softmax', name: 'shares' })
  expect(await prepareModel({ name: 'small', onnx, sample })).toEqual({
    ok: false,
    error: 'graph.node[1] Softmax "shares": Softmax is not supported. ezkl-python can take it.',
  })
})

test('a file that is none is refused by its place', async () => {
  const onnx = network({ op: 'Relu' }).subarray(0, 40)
  const prepared = await prepareModel({ name: 'small', onnx, sample })
  expect(prepared).toEqual({
    ok: false,
    error: 'this is no whole ONNX file: file ends within a field',
  })
})

test('floats of another runtime that answers nothing end the preparation', async () => {
  const onnx = network({ op: 'Relu' })
  const failing = async () => ({ ok: false, error: 'no runtime' }) as const
  expect(await prepareModel({ name: 'small', onnx, sample }, failing)).toEqual({
    ok: false,
    error: 'no runtime',
  })
})
