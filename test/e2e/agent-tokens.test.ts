/*
 * An agent before the built-in engine as a plain server: it asks for the tokens that nobody asked for, commits to them and takes
 * them out again. A second agent asks for none: what it passes on is what an asker gets.
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokenCommitment } from '../../src/attestation/token-commitment.ts'
import { readTokens } from '../../src/attestation/token-openings.ts'
import { randomHex } from '../../src/base/random-ids.ts'
import { openingPrefix } from '../../src/contributor/asked-opening.ts'
import { OpeningFiles } from '../../src/contributor/opening-files.ts'
import { zeroBytes32 } from '../../src/domain/units.ts'
import { type AgentPlace, jobHeaders, openAgentPlace, testJob } from '../support/agent-place.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

const model = 'vouch-mini'
let folder: string
let engine: EngineProcess
let plain: AgentPlace
let committing: AgentPlace

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-openings-'))
  engine = await startEngine(['--parallel', '4'])
  const baseUrl = `${engine.url}/v1`
  const endpoints = ['chat/completions', 'completions'] as const
  plain = await openAgentPlace({ baseUrl, model, endpoints })
  committing = await openAgentPlace({
    baseUrl,
    model,
    endpoints,
    agent: {
      engine: { baseUrl, tokens: 'return_token_ids' },
      openings: new OpeningFiles(folder, Date.now),
    },
  })
})
afterAll(async () => {
  await plain.close()
  await committing.close()
  await engine.stop()
  rmSync(folder, { recursive: true })
})

const request = { model, messages: [{ role: 'user', content: 'What is a receipt?' }] }
const newJob = () => `0x${randomHex(32)}`

async function answered(place: AgentPlace, fields: Readonly<Record<string, unknown>>) {
  const jobId = newJob()
  const { text, work } = await testJob(place, jobId, {
    fields: { ...request, seed: 5, max_tokens: 24, ...fields },
  })
  if (work === undefined) throw new Error(`no Work in ${text}`)
  // What differs between two answers to one request.
  const asked = text
    .replaceAll(/"id":"chatcmpl-[0-9a-f]+"/g, '"id":""')
    .replaceAll(/"created":\d+/g, '"created":0')
    .replaceAll(/^: vouch-.*\n\n/gm, '')
  return { jobId, text: asked, work }
}

async function openingOf(place: AgentPlace, jobId: string): Promise<string | undefined> {
  const response = await fetch(`${place.origin}${openingPrefix}${jobId}`, {
    headers: jobHeaders(place, jobId),
  })
  return response.status === 200 ? response.text() : undefined
}

type Told = {
  readonly choices: readonly [
    { readonly logprobs: { readonly content: readonly { readonly token: string }[] } },
  ]
}

describe('an answer whose tokens are committed to', () => {
  test.each([
    {},
    { stream: true },
    { stream: true, stream_options: { include_usage: true } },
    { n: 2, temperature: 1.2 },
    { stream: true, n: 2, temperature: 1.2 },
    { logprobs: true },
    { logprobs: true, top_logprobs: 2, stream: true },
    { logprobs: true, top_logprobs: 8 },
  ])('is what it would be without: %j', async (fields) => {
    const without = await answered(plain, fields)
    const committed = await answered(committing, fields)
    expect(committed.text).toBe(without.text)
    expect(without.work.commitment).toBe(zeroBytes32)
    const tokens = readTokens((await openingOf(committing, committed.jobId)) ?? '')
    if (tokens === undefined) throw new Error('nothing opens it')
    expect(tokens.flat()).toHaveLength(committed.work.completionTokens)
    expect(tokens.flat().every(({ top }) => top.length === 5)).toBe(true)
    expect(tokenCommitment(tokens)).toBe(committed.work.commitment)
  })

  test('is none where the engine does not tell every token', async () => {
    // What a stop string took from the text is told nobody: one that begins where a token begins.
    const { text } = await answered(plain, { temperature: 0, logprobs: true })
    const [choice] = (JSON.parse(text) as Told).choices
    const stop = choice.logprobs.content
      .slice(3, 5)
      .map(({ token }) => token)
      .join('')
    const cut = await answered(committing, { temperature: 0, stop })
    expect(cut.work.commitment).toBe(zeroBytes32)
    expect(await openingOf(committing, cut.jobId)).toBeUndefined()
  })
})

test("what opens another gateway's commitments is told to nobody", async () => {
  const { jobId } = await answered(committing, {})
  const [day = ''] = readdirSync(folder)
  const kept = readdirSync(join(folder, day)).find((name) => name.startsWith(jobId)) ?? ''
  const other = `0x${'ab'.repeat(20)}`
  copyFileSync(join(folder, day, kept), join(folder, day, `${jobId}-${other}.json`))
  const ask = (gateway: string) =>
    fetch(`${committing.origin}${openingPrefix}${jobId}`, {
      headers: { ...jobHeaders(committing, jobId), 'x-vouch-gateway': gateway },
    })
  expect((await ask(committing.gateway.operator)).status).toBe(200)
  expect((await ask(other)).status).toBe(404)
})
