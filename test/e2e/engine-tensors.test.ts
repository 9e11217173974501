/*
 * A real `vouch engine` that serves a provable model beside its language model, and signs what it answered.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AbiCoder } from 'ethers'
import { afterAll, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../src/base/canonical-json.ts'
import { keccak256, keccak256Utf8 } from '../../src/chain/keccak.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey, recoverSigner } from '../../src/chain/signatures.ts'
import type { SignedWork } from '../../src/domain/receipt.ts'
import { address } from '../../src/domain/units.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { runEngine, startEngine } from '../support/engine-process.ts'
import { tinyAnswer, tinyFolder } from '../support/tensor-upstream.ts'

const folder = temporaryFolder()
const privateKey = randomPrivateKey()
const keyFile = join(folder.path, 'key')
writeFileSync(keyFile, privateKey, { mode: 0o600 })
const verifier = address(`0x${'5e'.repeat(20)}`)
const engine = await startEngine([
  ...['--provable', tinyFolder, '--key-file', keyFile],
  ...['--chain-id', '31337', '--receipt-verifier', verifier],
])
afterAll(async () => {
  await engine.stop()
  folder.remove()
})

const abi = AbiCoder.defaultAbiCoder()
const bytesOf = (integers: readonly number[]) =>
  Buffer.from(abi.encode(['int256[]'], [integers]).slice(2), 'hex')
const ask = (body: Buffer, headers: Readonly<Record<string, string>> = {}, model = 'tiny') =>
  fetch(`${engine.url}/v1/inference/${model}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', ...headers },
    body: new Uint8Array(body),
  })
const integers = [16, -32, 100]

test('it answers the bytes that abi.encode has of the output', async () => {
  const answer = await ask(bytesOf(integers))
  expect(answer.headers.get('content-type')).toBe('application/octet-stream')
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytesOf([...tinyAnswer(integers)]))
})

test('a job is signed, with the model that answered and the hash that a contract makes of its output', async () => {
  const { modelId } = (await (await fetch(`${engine.url}/health`)).json()) as { modelId: string }
  const tinyId = manifestId()
  const answer = await ask(bytesOf(integers), {
    'x-vouch-job': `0x${'11'.repeat(32)}`,
    'x-vouch-gateway': `0x${'22'.repeat(20)}`,
    'x-vouch-model': tinyId,
  })
  expect(answer.status).toBe(200)
  const encoded = answer.headers.get('x-vouch-work') ?? ''
  const { work, signature } = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as SignedWork
  expect(work).toMatchObject({
    modelId: tinyId,
    contentHash: keccak256(bytesOf([...tinyAnswer(integers)])),
    promptTokens: 3,
    completionTokens: 2,
  })
  expect(work.modelId).not.toBe(modelId)
  const domain = receiptDomain({ chainId: 31337, verifyingContract: verifier })
  expect(recoverSigner(workDigest(domain, work), signature)).toBe(addressOfPrivateKey(privateKey))
  const again = await ask(bytesOf(integers), {
    'x-vouch-job': `0x${'11'.repeat(32)}`,
    'x-vouch-gateway': `0x${'22'.repeat(20)}`,
    'x-vouch-model': tinyId,
  })
  expect(again.status).toBe(409)
})

function manifestId(): string {
  const manifest = JSON.parse(readFileSync(join(tinyFolder, 'manifest.json'), 'utf8')) as Json
  return keccak256Utf8(canonicalJson(manifest))
}

test.each([
  ['no tensor', Buffer.from('{}'), 400],
  ['too few values', bytesOf([1]), 400],
  ['values beyond the range', bytesOf([0, 0, 1601]), 400],
  ['values beyond 32 bits', bytesOf([0, 0, 2 ** 31]), 400],
])('%s is refused', async (_what, body, status) => {
  expect((await ask(body)).status).toBe(status)
})

test('a model that it has not is 404, and the language model is none of numbers', async () => {
  expect((await ask(bytesOf(integers), {}, 'none')).status).toBe(404)
  expect((await ask(bytesOf(integers), {}, 'vouch-mini')).status).toBe(404)
  const models = (await (await fetch(`${engine.url}/v1/models`)).json()) as {
    data: { id: string }[]
  }
  expect(models.data.map(({ id }) => id)).toEqual(['vouch-mini', 'tiny'])
})

test('a graph that is not the one that its manifest lists is not served', async () => {
  const other = temporaryFolder()
  try {
    const manifest = readFileSync(join(tinyFolder, 'manifest.json'))
    writeFileSync(join(other.path, 'manifest.json'), manifest)
    const graph = readFileSync(join(tinyFolder, 'graph.json'), 'utf8')
    writeFileSync(join(other.path, 'graph.json'), graph.replace('"shift": 2', '"shift": 3'))
    const { code, stderr } = await runEngine(['--provable', other.path])
    expect(code).toBe(1)
    expect(stderr).toContain('but manifest.json says')
  } finally {
    other.remove()
  }
})
