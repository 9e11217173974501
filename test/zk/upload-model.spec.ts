/*
 * `POST /v1/models` at a real gateway with real provers and a real chain: what is uploaded is served by nobody yet, but stands in
 * the store and on the chain; what is hostile ends with its reason, and the gateway goes on.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readContract } from '../../src/chain/contracts.ts'
import { modelProofsAt } from '../../src/chain/model-proofs.ts'
import { zeroAddress } from '../../src/domain/units.ts'
import { openModelStore } from '../../src/model-store/model-store.ts'
import { devKeys } from '../support/dev-chain.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'

const token = 'admin-token-of-thirty-two-characters'
const models = resolve(import.meta.dirname, '../../models')
let place: ServingPlace
let gateway: ServingGateway
let folder = ''

type Job = {
  readonly id: string
  readonly status: string
  readonly progress: readonly string[]
  readonly result: { readonly model: `0x${string}`; readonly verifier: string } | null
  readonly error: string | null
}

beforeAll(async () => {
  place = await openServingPlace()
  folder = dirname(place.configPath)
  const secret = (name: string, text: string): void =>
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  secret('admin-token', token)
  secret('deployer.key', String(devKeys(folder).deployer))
  const { modelProofs } = place.devChain.contracts
  const sections = `
admin: {tokenFile: admin-token}
deployments: {store: models, keyFile: deployer.key, modelProofs: "${modelProofs}"}
`
  appendFileSync(place.configPath, sections)
  gateway = await place.start()
})
afterAll(async () => {
  await gateway?.interrupt()
  await place?.remove()
})

const ask = (path: string, init: RequestInit = {}, bearer = token): Promise<Response> =>
  fetch(place.origin + path, { ...init, headers: { authorization: `Bearer ${bearer}` } })

function upload(onnx: Uint8Array, sample: Uint8Array, bearer?: string): Promise<Response> {
  const body = new FormData()
  body.append('file', new Blob([Buffer.from(onnx)]), 'model.onnx')
  body.append('sample', new Blob([Buffer.from(sample)]), 'sample.json')
  body.append('name', 'uploaded')
  return ask('/v1/models', { method: 'POST', body }, bearer)
}

async function untilEnded(begun: Response): Promise<Job> {
  expect(begun.status).toBe(202)
  const path = begun.headers.get('location') ?? ''
  for (;;) {
    const job = (await (await ask(path)).json()) as Job
    if (job.status !== 'running') return job
    await wait(100)
  }
}

const fileOf = (name: string): Buffer => readFileSync(join(models, 'moderation', name))

test('an upload becomes a model that the chain knows and the store has', async () => {
  const job = await untilEnded(await upload(fileOf('model.onnx'), fileOf('sample.json')))
  expect(job, JSON.stringify(job)).toMatchObject({ status: 'done', error: null })
  expect(job.progress.join('\n')).toMatch(/error mean.*\n.*decide the same/)
  const { model, verifier } = job.result ?? { model: '0x', verifier: '' }
  const stored = await openModelStore(join(folder, 'models')).find('uploaded')
  expect(stored.ok && stored.value.modelId).toBe(model)
  const known = await readContract(place.chain().rpc, {
    contract: modelProofsAt(place.devChain.contracts.modelProofs),
    functionName: 'circuitOf',
    args: [model],
  })
  const [circuit] = (known.ok ? known.value : []) as readonly [{ readonly verifier: string }]
  expect(circuit?.verifier.toLowerCase()).toBe(verifier.toLowerCase())
  expect(verifier).not.toBe(zeroAddress)
})

test.each([
  ['no model', Buffer.from('GIF89a'), '^model.onnx: .*whole ONNX'],
  ['half a model', fileOf('model.onnx').subarray(0, 200), '.'],
  ['a sample of other rows', fileOf('model.onnx'), 'sample'],
])('%s ends with its reason, and the gateway goes on', async (what, onnx, reason) => {
  const sample = what === 'a sample of other rows' ? Buffer.from('[[1,2]]') : fileOf('sample.json')
  const job = await untilEnded(await upload(onnx, sample))
  expect(job).toMatchObject({ status: 'failed', result: null })
  expect(job.error).toMatch(new RegExp(reason))
  expect(job.error).not.toContain('vouch-upload')
  expect((await ask('/health/ready')).status).toBe(200)
})

test('nobody uploads without the token, nor a form that lacks something', async () => {
  const refused = await upload(fileOf('model.onnx'), fileOf('sample.json'), 'wrong')
  expect(refused.status).toBe(401)
  const body = new FormData()
  body.append('name', 'uploaded')
  expect((await ask('/v1/models', { method: 'POST', body })).status).toBe(400)
  expect((await ask('/admin/v1/deployments/deploy_none')).status).toBe(404)
})
