import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keccak256 } from '../../../src/chain/keccak.ts'
import { prepareModel } from '../../../src/model-deployment/prepare-model.ts'
import { readSample } from '../../../src/model-deployment/read-sample.ts'
import { sha256Of } from '../../../src/model-store/content-id.ts'
import { readStoredManifest } from '../../../src/model-store/model-manifest.ts'
import { readProvableModel } from '../../../src/proofs/provable-model.ts'

type Row = Readonly<Record<string, string | number>>

describe.each(['moderation', 'volatility', 'wallet-risk'])('models/%s', (name) => {
  const fileOf = (file: string): Buffer =>
    readFileSync(resolve(import.meta.dirname, '../../../models', name, file))
  const manifest = readStoredManifest(fileOf('manifest.json').toString('utf8'))
  if (!manifest.ok) throw new Error(manifest.error.detail)
  const { files, canonical, modelId } = manifest.value

  test('is made of the files that its manifest names', () => {
    expect([...files.keys()].sort()).toEqual(['graph.json', 'model.onnx', 'vk'])
    for (const [file, sha256] of files) expect(sha256Of(fileOf(file)), file).toBe(sha256)
  })

  test('names the key that its verifier has, and that anybody can forge its proofs', () => {
    const read = readProvableModel(canonical, modelId)
    expect(read.ok && read.value.vkHash).toBe(keccak256(fileOf('vk')))
    expect(read.ok && read.value.setup).toBe('dev-insecure')
  })

  test('answers in integers what its ONNX file says, within what its README tells', async () => {
    const sample = readSample(fileOf('sample.json').toString('utf8'))
    if (!sample.ok) throw new Error(sample.error)
    const prepared = await prepareModel({ name, onnx: fileOf('model.onnx'), sample: sample.value })
    if (!prepared.ok) throw new Error(prepared.error)
    const graph = Buffer.from(`${JSON.stringify(prepared.value.graph)}\n`)
    expect(sha256Of(graph)).toBe(sha256Of(fileOf('graph.json')))
    const told = { moderation: 0.0005, volatility: 0.0012, 'wallet-risk': 1.2e-5 }[name] ?? 0
    expect(prepared.value.report.outputs[0]?.max).toBeLessThan(told)
    expect(prepared.value.report.rowsRefused).toBe(0)
  })

  test('is better than what it is compared with, and no worse in integers', () => {
    const rows = JSON.parse(fileOf('evaluation.json').toString('utf8')) as readonly Row[]
    const [floats, integers, ...others] = rows.map((row) => Number(Object.values(row)[1]))
    expect(integers).toBeCloseTo(floats ?? Number.NaN, 3)
    expect(others.length).toBeGreaterThan(0)
    for (const other of others) expect(integers).toBeGreaterThan(other)
  })
})
