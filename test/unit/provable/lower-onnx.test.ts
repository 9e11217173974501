import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { lowerOnnx } from '../../../src/provable/lower-onnx.ts'
import { operatorNames } from '../../../src/provable/operators.ts'
import { readOnnx } from '../../../src/provable/read-onnx.ts'
import { evaluateReal, type RealGraph } from '../../../src/provable/real-graph.ts'
import { classifierSamples, type OnnxSample, onnxSamples } from '../../support/onnx-samples.ts'
import { seededRandom } from '../../support/seeded-random.ts'

function lowered({ bytes }: Pick<OnnxSample, 'bytes'>, outputs?: readonly string[]): RealGraph {
  const model = readOnnx(bytes)
  if (!model.ok) throw new Error(`${model.error.place} ${model.error.detail}`)
  const graph = lowerOnnx(model.value, outputs === undefined ? {} : { outputs })
  if (!graph.ok) throw new Error(`${graph.error.place} ${graph.error.detail}`)
  return graph.value
}

function rowsOf({ name, shape }: OnnxSample): readonly (readonly number[])[] {
  const draw = seededRandom(name.length * 7919)
  const length = shape.reduce((product, size) => product * size, 1)
  return Array.from({ length: 40 }, () =>
    Array.from({ length }, () => Math.fround((draw(65) - 32) / 32)),
  )
}

/** All outputs behind each other, in the file's order. */
async function runtimeAnswers({ bytes, shape }: OnnxSample, row: readonly number[]) {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 })
  const results = await session.run({ x: new Tensor('float32', row, shape) })
  return session.outputNames.map((name) => ({
    dims: results[name]?.dims ?? [],
    values: Array.from(results[name]?.data as ArrayLike<number | bigint>, Number),
  }))
}

test.each(onnxSamples)('$name: answers what onnxruntime answers', async (sample) => {
  const graph = lowered(sample)
  for (const row of rowsOf(sample).slice(0, 12)) {
    const [answer] = await runtimeAnswers(sample, row)
    const values = [...(evaluateReal(graph, row)[graph.outputs[0]?.tensor ?? 0] ?? [])]
    expect(values.length).toBe(answer?.values.length)
    values.forEach((value, at) => {
      expect(value).toBeCloseTo(answer?.values[at] ?? Number.NaN, 4)
    })
    const dims = answer?.dims ?? []
    expect(graph.outputs[0]?.shape).toEqual(dims.length > 1 && dims[0] === 1 ? dims.slice(1) : dims)
  }
})

test.each(classifierSamples)('$name: decides as onnxruntime does', async (sample) => {
  const graph = lowered(sample)
  const labels = new Set<number>()
  for (const row of rowsOf(sample)) {
    const [label, scores] = await runtimeAnswers(sample, row)
    const tensors = evaluateReal(graph, row)
    const [ours, ourScores] = graph.outputs.map(({ tensor }) => [...(tensors[tensor] ?? [])])
    expect(ours).toEqual(label?.values)
    expect(ourScores?.map(Math.fround)).toEqual(scores?.values)
    labels.add(ours?.[0] ?? Number.NaN)
  }
  expect(labels.size).toBeGreaterThan(1)
})

test('the samples use every operator', () => {
  const used = [...onnxSamples, ...classifierSamples].flatMap(({ model }) =>
    model.nodes.map(({ op }) => op),
  )
  const elsewhere = [
    'ArgMax',
    'ArrayFeatureExtractor',
    'Cast',
    'Constant',
    'ConstantOfShape',
    'Size',
  ]
  const missing = operatorNames().filter((op) => !used.includes(op))
  expect(missing.sort()).toEqual(elsewhere)
})

test('normalisations, biases and scales are worked into the weights', () => {
  const kinds = (name: string): readonly string[] => {
    const sample = onnxSamples.find((one) => one.name === name)
    return sample === undefined ? [] : lowered(sample).layers.map(({ kind }) => kind)
  }
  expect(kinds('dense')).toEqual(['dense', 'leakyRelu', 'dense'])
  expect(kinds('image').slice(0, 2)).toEqual(['convolution', 'clip'])
  expect(kinds('scaled line')).toEqual(['dense'])
})

test('an output that is not wanted costs nothing', () => {
  const [sample] = classifierSamples
  if (sample === undefined) throw new Error('There is no sample')
  expect(lowered(sample, ['scores']).layers.map(({ kind }) => kind)).toEqual(['treeEnsemble'])
})
