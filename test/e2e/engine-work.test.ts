import { createHash } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AbiCoder, concat, keccak256, toUtf8Bytes, verifyTypedData, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeWork } from '../../src/attestation/check-work.ts'
import type { SignedWork } from '../../src/domain/receipt.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

/*
 * The engine's signature, checked from outside: every hash is computed here from the raw bytes and
 * by the definitions of docs/engine.md, and the signer is recovered by ethers.
 */

const signer = new Wallet(`0x${'5a'.repeat(32)}`)
const operator = `0x${'0b'.repeat(20)}`
const gateway = `0x${'0c'.repeat(20)}`
const receiptVerifier = `0x${'0d'.repeat(20)}`
const secret = 'a-secret-of-both-ends'
const zero = `0x${'00'.repeat(32)}`

let folder: string
let engine: EngineProcess
let jobs = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vouch-engine-'))
  const [keyFile, secretFile] = [join(folder, 'key.json'), join(folder, 'secret')]
  await writeFile(keyFile, JSON.stringify({ privateKey: signer.privateKey }), { mode: 0o600 })
  await writeFile(secretFile, `${secret}\n`, { mode: 0o600 })
  await chmod(keyFile, 0o600)
  engine = await startEngine([
    ...['--key-file', keyFile, '--secret-file', secretFile],
    ...['--chain-id', '31337', '--receipt-verifier', receiptVerifier, '--contributor', operator],
  ])
})

afterAll(async () => {
  expect(await engine.stop()).toBe(0)
  await rm(folder, { recursive: true })
})

function newJob(): string {
  jobs += 1
  return `0x${jobs.toString(16).padStart(8, '0')}${'e'.repeat(56)}`
}

const jobHeaders = (jobId: string): Record<string, string> => ({
  'x-vouch-job': jobId,
  'x-vouch-gateway': gateway,
  'x-vouch-model': engine.modelId,
})

const question = {
  model: 'vouch-mini',
  messages: [{ role: 'user', content: 'What is a receipt?' }],
  max_tokens: 12,
}

function ask(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${engine.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, ...headers },
    body,
  })
}

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
const unhex = (text: string): Buffer => Buffer.from(text.slice(2), 'hex')

/** Cuts a stream after each blank line. */
function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf('\n\n', start) + 2
    blocks.push(bytes.subarray(start, end))
    start = end
  }
  return blocks
}

function streamRootOf(jobId: string, body: string, blocks: readonly Buffer[]): string {
  let link = sha256('vouch-stream/1', unhex(jobId), sha256(body))
  for (const block of blocks) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    link = sha256(link, length, block)
  }
  return hex(link)
}

const uint = (name: string, bits: number) => ({ name, type: `uint${bits}` })
const word = (name: string) => ({ name, type: 'bytes32' })
const account = (name: string) => ({ name, type: 'address' })
const workType = {
  Work: [
    word('jobId'),
    account('gateway'),
    account('contributor'),
    ...['modelId', 'inputHash', 'outputHash', 'contentHash', 'streamRoot'].map(word),
    ...['promptTokens', 'cachedPromptTokens', 'completionTokens'].map((name) => uint(name, 32)),
    word('commitment'),
    uint('startedAt', 64),
    uint('finishedAt', 64),
    uint('status', 8),
  ],
}

function signerOf({ work, signature }: SignedWork): string {
  const domain = {
    name: 'Vouch Receipts',
    version: '1',
    chainId: 31_337,
    verifyingContract: receiptVerifier,
  }
  return verifyTypedData(domain, workType, work, signature)
}

function decoded(encoded: string | null | undefined): SignedWork {
  const signedWork = decodeWork(encoded ?? '')
  if (signedWork === undefined) throw new Error('no Work came back')
  return signedWork
}

const nowS = (): number => Math.floor(Date.now() / 1000)

describe('Work of a unary answer', () => {
  test('is signed by the key and says what was received and sent', async () => {
    const jobId = newJob()
    const body = JSON.stringify(question)
    const before = nowS()
    const response = await ask(body, jobHeaders(jobId))
    const answer = Buffer.from(await response.arrayBuffer())
    const signedWork = decoded(response.headers.get('x-vouch-work'))
    expect(signerOf(signedWork)).toBe(signer.address)
    const { choices, usage } = JSON.parse(answer.toString())
    const { startedAt, finishedAt } = signedWork.work
    expect(signedWork.work).toEqual({
      jobId,
      gateway,
      contributor: operator,
      modelId: engine.modelId,
      inputHash: hex(sha256(body)),
      outputHash: hex(sha256(answer)),
      contentHash: keccak256(toUtf8Bytes(choices[0].message.content)),
      streamRoot: zero,
      promptTokens: usage.prompt_tokens,
      cachedPromptTokens: usage.prompt_tokens_details.cached_tokens,
      completionTokens: usage.completion_tokens,
      // What it opens to: test/unit/engine/answer-tokens.test.ts.
      commitment: expect.stringMatching(/^0x(?!0{64})[0-9a-f]{64}$/),
      startedAt,
      finishedAt,
      status: 0,
    })
    expect(startedAt).toBeGreaterThanOrEqual(before)
    expect(finishedAt).toBeGreaterThanOrEqual(startedAt)
    expect(finishedAt).toBeLessThanOrEqual(nowS())
    expect(JSON.stringify(JSON.parse(answer.toString()))).toBe(answer.toString())
  })

  test('of several choices names the Merkle root of their texts', async () => {
    const body = JSON.stringify({ ...question, n: 3, seed: 1, temperature: 2, top_p: 1 })
    const response = await ask(body, jobHeaders(newJob()))
    const { work } = decoded(response.headers.get('x-vouch-work'))
    const { choices, usage } = (await response.json()) as {
      choices: { index: number; message: { content: string } }[]
      usage: { completion_tokens: number }
    }
    const leaves = choices.map(({ index, message }) => {
      const words = AbiCoder.defaultAbiCoder().encode(
        ['uint256', 'bytes32'],
        [index, keccak256(toUtf8Bytes(message.content))],
      )
      return keccak256(keccak256(words))
    })
    const pair = (one = '', other = ''): string =>
      keccak256(concat(one < other ? [one, other] : [other, one]))
    expect(work.contentHash).toBe(pair(pair(leaves[0], leaves[1]), leaves[2]))
    expect(work.completionTokens).toBe(usage.completion_tokens)
  })
})

describe('Work of a streamed answer', () => {
  test('follows [DONE] as a comment and covers every byte before it', async () => {
    const jobId = newJob()
    const body = JSON.stringify({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })
    const response = await ask(body, jobHeaders(jobId))
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('x-vouch-work')).toBeNull()
    const blocks = blocksOf(Buffer.from(await response.arrayBuffer()))
    const comment = blocks.pop()?.toString() ?? ''
    expect(comment).toMatch(/^: vouch-work [A-Za-z0-9_-]+\n\n$/)
    expect(blocks.at(-1)?.toString()).toBe('data: [DONE]\n\n')

    const signedWork = decoded(comment.slice(': vouch-work '.length).trim())
    expect(signerOf(signedWork)).toBe(signer.address)
    const chunks = blocks.slice(0, -1).map((block) => JSON.parse(block.toString().slice(6)))
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    expect(text.length).toBeGreaterThan(0)
    expect(signedWork.work).toMatchObject({
      jobId,
      inputHash: hex(sha256(body)),
      outputHash: hex(sha256(Buffer.concat(blocks))),
      contentHash: keccak256(toUtf8Bytes(text)),
      streamRoot: streamRootOf(jobId, body, blocks),
      completionTokens: chunks.at(-1).usage.completion_tokens,
    })
  })
})

describe('a job', () => {
  const body = JSON.stringify(question)
  const codeOf = async (response: Response): Promise<unknown> =>
    ((await response.json()) as { error: { code: string } }).error.code

  test('is answered once', async () => {
    const jobId = newJob()
    expect((await ask(body, jobHeaders(jobId))).status).toBe(200)
    const second = await ask(body, jobHeaders(jobId))
    expect(second.status).toBe(409)
    expect(await codeOf(second)).toBe('job_already_signed')
  })

  test('is answered once even when it is asked for twice at the same time', async () => {
    const jobId = newJob()
    const both = await Promise.all([1, 2].map(() => ask(body, jobHeaders(jobId))))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('that was refused may be asked for again', async () => {
    const jobId = newJob()
    const wrong = await ask(JSON.stringify({ ...question, n: 99 }), jobHeaders(jobId))
    expect(wrong.status).toBe(400)
    expect(wrong.headers.get('x-vouch-work')).toBeNull()
    expect((await ask(body, jobHeaders(jobId))).status).toBe(200)
  })

  test('whose answer nobody waited for is not signed and may be asked for again', async () => {
    const jobId = newJob()
    const leaving = new AbortController()
    const long = { ...question, max_tokens: 900, n: 8, stream: true, logit_bias: { 3: -100 } }
    const response = await fetch(`${engine.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, ...jobHeaders(jobId) },
      body: JSON.stringify(long),
      signal: leaving.signal,
    })
    expect(response.status).toBe(200)
    leaving.abort()
    for (;;) if ((await engine.nextRequestEnd()).outcome === 'client_gone') break
    expect((await ask(body, jobHeaders(jobId))).status).toBe(200)
  })

  test('for another model, or with headers that are none, is refused', async () => {
    for (const change of [
      { 'x-vouch-model': zero },
      { 'x-vouch-gateway': 'me' },
      { 'x-vouch-job': '7' },
    ]) {
      const response = await ask(body, { ...jobHeaders(newJob()), ...change })
      expect(response.status).toBe(400)
      expect(await codeOf(response)).toBe('invalid_job_header')
    }
  })

  test('without a seed has its first four bytes as one', async () => {
    const jobId = newJob()
    // Nonsense at a high temperature: a question that the model knows has one answer under any seed.
    const messages = [{ role: 'user', content: 'zqx vvk plm' }]
    const free = { ...question, messages, temperature: 2, top_p: 1, max_tokens: 30 }
    const contentOf = async (response: Response): Promise<string> =>
      ((await response.json()) as { choices: [{ message: { content: string } }] }).choices[0]
        .message.content
    const byJob = await contentOf(await ask(JSON.stringify(free), jobHeaders(jobId)))
    const seeded = JSON.stringify({ ...free, seed: Number(jobId.slice(0, 10)) })
    expect(byJob).toBe(await contentOf(await ask(seeded)))
    const other = JSON.stringify({ ...free, seed: Number(jobId.slice(0, 10)) + 1000 })
    expect(byJob).not.toBe(await contentOf(await ask(other)))
  })
})

describe('the secret', () => {
  test('is asked of every request on /v1, and of none on /health', async () => {
    for (const authorization of [`Bearer ${secret}x`, 'Bearer ', secret, '']) {
      const response = await ask(JSON.stringify(question), { authorization })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
    }
    expect((await fetch(`${engine.url}/v1/models`)).status).toBe(401)
    expect((await fetch(`${engine.url}/health`)).status).toBe(200)
  })

  test('a request without a job is a plain one, in both forms', async () => {
    const whole = await ask(JSON.stringify(question))
    expect(whole.status).toBe(200)
    expect(whole.headers.get('x-vouch-work')).toBeNull()
    const streamed = await (await ask(JSON.stringify({ ...question, stream: true }))).text()
    expect(streamed.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(streamed).not.toContain('vouch-work')
  })
})

test('the engine says for whom it signs', () => {
  expect(engine.contributor).toBe(operator)
  expect(engine.modelId).toMatch(/^0x[0-9a-f]{64}$/)
})
