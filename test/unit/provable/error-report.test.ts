import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFloatModel } from '../../../src/engine/float-model.ts'
import { type ErrorReport, reportErrors } from '../../../src/provable/error-report.ts'
import { lowerOnnx } from '../../../src/provable/lower-onnx.ts'
import { quantise } from '../../../src/provable/quantise.ts'
import { readOnnx } from '../../../src/provable/read-onnx.ts'
import { classifierSamples } from '../../support/onnx-samples.ts'
import { seededRandom } from '../../support/seeded-random.ts'

type Given = {
  readonly onnx: Uint8Array
  readonly sample: readonly (readonly number[])[]
  readonly activationBits?: number
}

/** Against onnxruntime's own answers. */
async function reportOf({ onnx, sample, ...bits }: Given): Promise<ErrorReport> {
  const model = readOnnx(onnx)
  const real = model.ok ? lowerOnnx(model.value) : model
  const quantised = real.ok ? quantise(real.value, { sample, ...bits }) : real
  if (!real.ok || !quantised.ok) throw new Error('The model was refused')
  const outputs = real.value.outputs.map(({ name }) => name)
  const floatModel = await openFloatModel(onnx, { outputs })
  if (!floatModel.ok) throw new Error(floatModel.error)
  const floats: (readonly number[])[] = []
  for (const row of sample) floats.push(await floatModel.value.answer(row))
  await floatModel.value.release()
  return reportErrors({ real: real.value, ...quantised.value, sample, floats })
}

const models = join(import.meta.dirname, '../../../models')

test.each([
  ['volatility', 0.01],
  ['wallet-risk', 0.000_1],
  ['moderation', 0.002],
])('%s: answers as onnxruntime does, but for a hundredth of its step', async (name, error) => {
  const onnx = readFileSync(join(models, name, 'model.onnx'))
  const sample = JSON.parse(readFileSync(join(models, name, 'sample.json'), 'utf8'))
  const report = await reportOf({ onnx, sample })
  expect(report).toMatchObject({ rows: sample.length, rowsRefused: 0 })
  expect(report.floatModelsDiffer).toBeLessThan(0.000_1)
  const [output] = report.outputs
  expect(output?.max).toBeLessThan(error)
  // Trees that cut between two values of the grid have no bound.
  expect(output?.bound === null).toBe(name === 'wallet-risk')
  expect(output?.maxOnGrid ?? 0).toBeLessThanOrEqual(output?.bound ?? Number.POSITIVE_INFINITY)
  expect(output?.maxOnGrid === null).toBe(output?.bound === null)
  expect((output?.outputMax ?? 0) - (output?.outputMin ?? 0)).toBeGreaterThan(100 * error)
  expect(output?.mean).toBeLessThanOrEqual(output?.p99 ?? 0)
  expect(output?.p99).toBeLessThanOrEqual(output?.max ?? 0)
  expect(report.sameDecisions).toBeGreaterThan(0.99)
})

test('coarser numbers have larger errors', async () => {
  const onnx = readFileSync(join(models, 'volatility', 'model.onnx'))
  const sample = JSON.parse(readFileSync(join(models, 'volatility', 'sample.json'), 'utf8'))
  const errorAt = async (activationBits: number): Promise<number> => {
    const report = await reportOf({ onnx, sample, activationBits })
    return report.outputs[0]?.max ?? Number.NaN
  }
  const [coarse, fine] = [await errorAt(10), await errorAt(20)]
  expect(coarse).toBeGreaterThan(10 * fine)
})

test('trees over inputs on the grid decide as onnxruntime does, every time', async () => {
  for (const { bytes } of classifierSamples.slice(0, 3)) {
    const draw = seededRandom(bytes.length)
    const sample = Array.from({ length: 200 }, () =>
      Array.from({ length: 3 }, () => (draw(257) - 128) / 128),
    )
    const report = await reportOf({ onnx: bytes, sample })
    expect(report).toMatchObject({ rows: 200, sameDecisions: 1 })
    expect(report.outputs[0]).toMatchObject({ name: 'label' })
    expect(report.outputs[1]?.max).toBeLessThan(0.000_001)
  }
})

test('a row outside of the ranges is counted, and not compared', () => {
  const [sample] = classifierSamples
  const model = readOnnx(sample?.bytes ?? new Uint8Array(0))
  const real = model.ok ? lowerOnnx(model.value) : model
  if (!real.ok) throw new Error('The model was refused')
  const quantised = quantise(real.value, { sample: [[1, 1, 1]] })
  if (!quantised.ok) throw new Error('The model was refused')
  const rows = [
    [1, 1, 1],
    [1, 9, 1],
  ]
  const report = reportErrors({ real: real.value, ...quantised.value, sample: rows })
  expect(report).toMatchObject({ rows: 1, rowsRefused: 1, floatModelsDiffer: null })
})

test('what is no model is refused by the runtime in words', async () => {
  const found = await openFloatModel(Uint8Array.of(1, 2, 3), { outputs: ['y'] })
  expect(found).toMatchObject({ ok: false })
  expect(!found.ok && found.error).toContain('onnxruntime does not take it')
})
