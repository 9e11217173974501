/*
 * What the built-in engine commits to: the tokens of the real model, behind a real server, whole and streamed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeWork } from '../../../src/attestation/check-work.ts'
import {
  type CommittedTokens,
  logprobQ16,
  tokenCommitment,
} from '../../../src/attestation/token-commitment.ts'
import { readTokens } from '../../../src/attestation/token-openings.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { openingPrefix } from '../../../src/contributor/asked-opening.ts'
import { openWorkSigner } from '../../../src/contributor/sign-work.ts'
import type { Work } from '../../../src/domain/receipt.ts'
import { address } from '../../../src/domain/units.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { type EngineServer, startEngineServer } from '../../../src/engine/engine-server.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'
import { memoryJobs } from '../../support/memory-jobs.ts'

const account = address(`0x${'0a'.repeat(20)}`)
const another = address(`0x${'0b'.repeat(20)}`)
let model: LanguageModel
let server: EngineServer
let jobs = 0

beforeAll(async () => {
  model = await loadBuiltInModel()
  const workSigner = openWorkSigner({
    privateKey: randomPrivateKey(),
    contributor: account,
    modelId: model.modelId,
    domain: receiptDomain({ chainId: 1, verifyingContract: account }),
    jobs: memoryJobs(),
  })
  const engine = createEngine({
    model,
    workSigner,
    slotsMax: 2,
    batchRowsMax: 2,
    waitingMax: 8,
    prefixCacheBytesMax: 0,
    nowMs: Date.now,
  })
  const place = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd: () => undefined }
  server = await startEngineServer(engine, place)
})

afterAll(() => server.stop())

async function answered(fields: Readonly<Record<string, unknown>>, path = 'chat/completions') {
  jobs += 1
  const jobId = `0x${jobs.toString(16).padStart(64, '0')}`
  const response = await fetch(`${server.url}/v1/${path}`, {
    method: 'POST',
    headers: {
      'x-vouch-job': jobId,
      'x-vouch-gateway': account,
      'x-vouch-model': model.modelId,
    },
    body: JSON.stringify({
      model: model.name,
      messages: [{ role: 'user', content: 'What is a receipt?' }],
      seed: 7,
      max_tokens: 12,
      ...fields,
    }),
  })
  const text = await response.text()
  const [, comment] = /: vouch-work (\S+)/.exec(text) ?? []
  const work = decodeWork(response.headers.get('x-vouch-work') ?? comment ?? '')?.work
  if (work === undefined) throw new Error(`no Work in ${text}`)
  return { text, work, tokens: await openingOf(work) }
}

const asked = (jobId: string, gateway: string) =>
  fetch(`${server.url}${openingPrefix}${jobId}`, { headers: { 'x-vouch-gateway': gateway } })

async function openingOf({ jobId, gateway }: Work): Promise<CommittedTokens> {
  const tokens = readTokens(await (await asked(jobId, gateway)).text())
  if (tokens === undefined) throw new Error('no opening is kept')
  return tokens
}

describe('the commitment of an answer', () => {
  test('opens to its tokens, one for each that it counts', async () => {
    const { work, tokens } = await answered({})
    expect(work.completionTokens).toBeGreaterThan(3)
    expect(tokens.flat()).toHaveLength(work.completionTokens)
    expect(tokens.flat().every(({ top }) => top.length === 5)).toBe(true)
    expect(tokenCommitment(tokens)).toBe(work.commitment)
  })

  test('is the same streamed, whole, and with log-probabilities told', async () => {
    const { work } = await answered({})
    const told = await answered({ logprobs: true, top_logprobs: 2 })
    const { work: streamed } = await answered({ stream: true })
    expect([told.work.commitment, streamed.commitment]).toEqual([work.commitment, work.commitment])
    const [choice] = (
      JSON.parse(told.text) as {
        choices: [{ logprobs: { content: { logprob: number; top_logprobs: object[] }[] } }]
      }
    ).choices
    expect(choice.logprobs.content.map(({ logprob }) => logprobQ16(logprob))).toEqual(
      told.tokens.flat().map((token) => token.logprobQ16),
    )
    expect(choice.logprobs.content.every(({ top_logprobs: top }) => top.length === 2)).toBe(true)
  })

  test('is another for other tokens', async () => {
    const hot = { temperature: 2, prompt: 'The' }
    const commitments = new Set<string>()
    for (const seed of [1, 2, 3]) {
      commitments.add((await answered({ ...hot, seed }, 'completions')).work.commitment)
    }
    expect(commitments.size).toBeGreaterThan(1)
  })

  test('has every choice, and what a stop string took from the text', async () => {
    const both = await answered({ n: 2, temperature: 1 })
    expect(both.tokens).toHaveLength(2)
    expect(tokenCommitment(both.tokens)).toBe(both.work.commitment)
    const whole = await answered({ temperature: 0 })
    const text = (JSON.parse(whole.text) as { choices: [{ message: { content: string } }] })
      .choices[0].message.content
    const cut = await answered({ temperature: 0, stop: text.slice(2, 4) })
    expect(cut.tokens.flat()).toEqual(whole.tokens.flat().slice(0, cut.work.completionTokens))
    expect(tokenCommitment(cut.tokens)).toBe(cut.work.commitment)
  })

  test('is made for completions of plain prompts, too', async () => {
    const { work, tokens } = await answered({ prompt: ['One', 'Two'] }, 'completions')
    expect(tokens).toHaveLength(2)
    expect(tokenCommitment(tokens)).toBe(work.commitment)
  })
})

test('an opening is for the gateway that gave the job, and for no other', async () => {
  const { work } = await answered({})
  for (const [jobId, gateway] of [
    [work.jobId, another],
    [`0x${'ff'.repeat(32)}`, account],
    ['0x12', account],
  ] as const) {
    const response = await asked(jobId, gateway)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'opening_not_kept' } })
  }
})
