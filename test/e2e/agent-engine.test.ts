/*
 * The built-in engine as any other engine: a plain OpenAI server in a process of its own, which knows nothing of jobs, with an
 * agent before it that dials in to a gateway.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomHex } from '../../src/base/random-ids.ts'
import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { recoverSigner } from '../../src/chain/signatures.ts'
import type { SignedCheckpoint } from '../../src/domain/checkpoint.ts'
import { type AgentPlace, openAgentPlace, testJob } from '../support/agent-place.ts'
import { ask } from '../support/ask.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { testDomain } from '../support/gateway-on-ledger.ts'

const model = 'vouch-mini'
/** Long answers: the end token is never sampled. */
const asked = { max_tokens: 150, seed: 1, logit_bias: { 3: -100 } }

let engine: EngineProcess
let place: AgentPlace

beforeAll(async () => {
  engine = await startEngine(['--parallel', '8'])
  place = await openAgentPlace({
    baseUrl: `${engine.url}/v1`,
    model,
    endpoints: ['chat/completions', 'completions'],
    dialsIn: true,
  })
})
afterAll(async () => {
  await place.close()
  await engine.stop()
})

test('its answers are signed by the agent, whole and streamed alike', async () => {
  const whole = await ask(place.gateway, asked)
  const streamed = await ask(place.gateway, { ...asked, stream: true })
  expect(whole).toMatchObject({ status: 200 })
  expect(streamed).toMatchObject({ status: 200, content: whole.content, done: true })
  const { receipts } = await place.newEntries()
  expect(receipts).toHaveLength(2)
  for (const { receipt, contributorSignature, usage } of receipts) {
    expect(contributorSignature).toMatch(/^0x[0-9a-f]{130}$/)
    expect(receipt.work).toMatchObject({ contributor: place.operator, completionTokens: 150 })
    expect(usage.source).toBe('reported')
  }
})

test('a long stream has checkpoints, each of the chain where it stands', async () => {
  const jobId = `0x${randomHex(32)}`
  const { text, work } = await testJob(place, jobId, { fields: { model, ...asked, stream: true } })
  const checkpoints = [...text.matchAll(/^: vouch-checkpoint (\S+)$/gm)].map(
    ([, encoded]) =>
      JSON.parse(Buffer.from(encoded ?? '', 'base64url').toString()) as SignedCheckpoint,
  )
  expect(checkpoints.length).toBeGreaterThanOrEqual(2)
  for (const [index, { checkpoint, signature }] of checkpoints.entries()) {
    expect(checkpoint).toMatchObject({ jobId, index, contributor: place.operator })
    expect(recoverSigner(checkpointDigest(testDomain, checkpoint), signature)).toBe(place.operator)
  }
  const tokens = checkpoints.map(({ checkpoint }) => checkpoint.completionTokens)
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b))
  expect(tokens.at(-1)).toBeLessThanOrEqual(work?.completionTokens ?? 0)
  expect(new Set(checkpoints.map(({ checkpoint }) => checkpoint.streamHash)).size).toBe(
    checkpoints.length,
  )
})

test('a line that is cut in the middle of a stream changes nothing of it', async () => {
  const { line, gateway } = place
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'Tell me a story.' }],
      ...asked,
      stream: true,
    }),
  })
  let text = ''
  let cuts = 0
  const back: Promise<void>[] = []
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (cuts === 2 || text.length < 2_000 * (cuts + 1)) continue
    cuts += 1
    back.push(place.nextArrival())
    line?.cut()
    line?.mend()
  }
  expect(cuts).toBe(2)
  // The rest may have been on its way already when the line was cut.
  await Promise.all(back)
  expect(text).toMatch(/data: \[DONE\]\n\n$/)
  const { receipts } = await place.newEntries()
  expect(receipts).toMatchObject([{ receipt: { work: { status: 0, completionTokens: 150 } } }])
  expect(receipts[0]?.contributorSignature).not.toBe('0x')
})

test('an engine that is killed in the middle of a stream: an error, and nothing is signed', async () => {
  const { gateway } = place
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'Tell me a story.' }],
      ...asked,
      max_tokens: 800,
      stream: true,
    }),
  })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.length > 4_000 && !engine.process.killed) engine.process.kill('SIGKILL')
  }
  expect(text).not.toContain('[DONE]')
  expect(text).toContain('"error"')
  const { receipts } = await place.newEntries()
  expect(receipts).toMatchObject([
    { contributorSignature: '0x', receipt: { cost: '0', work: { status: 2 } } },
  ])
  place.newEnds()
  gateway.pool.readmit('agent')
  expect(await testJob(place, `0x${randomHex(32)}`, { fields: { model } })).toMatchObject({
    status: 503,
    code: 'engine_unreachable',
  })
})
