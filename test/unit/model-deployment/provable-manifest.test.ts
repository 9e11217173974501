import { expect, test } from 'vitest'
import { canonicalJson } from '../../../src/base/canonical-json.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import { provableManifest } from '../../../src/model-deployment/provable-manifest.ts'
import { readProvableModel } from '../../../src/proofs/provable-model.ts'

const hash = (digit: string) => bytes32(`0x${digit.repeat(64)}`)

const terms = {
  id: 'tiny',
  files: { 'graph.json': 'a'.repeat(64), 'model.onnx': 'b'.repeat(64) },
  quantization: 'int32 at 2^-12',
  provable: {
    codeHash: hash('1'),
    inputs: 16,
    outputs: 1,
    kind: 'packed',
    setup: 'dev-insecure',
  },
  proving: { circuit: 'tiny', system: 'groth16', vkHash: hash('2') },
} as const

test('is canonical JSON, and what verifiers read of it is what was written', () => {
  const { canonical, modelId, prefix, suffix } = provableManifest(terms)
  expect(canonicalJson(JSON.parse(canonical))).toBe(canonical)
  const read = readProvableModel(canonical, modelId)
  expect(read).toEqual({ ok: true, value: { ...terms.provable, vkHash: hash('2') } })
  const member = `"provable":{"codeHash":"${hash('1')}","inputs":16,"kind":"packed","outputs":1,"setup":"dev-insecure"}`
  expect(prefix + member + suffix).toBe(canonical)
})
