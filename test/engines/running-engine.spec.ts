/*
 * The same before an engine that somebody started by hand with the weights of vouch-mini, such as vLLM or Ollama:
 *
 *   VOUCH_ENGINE_URL=http://127.0.0.1:8000 node scripts/test-engines.ts running-engine
 *
 * It is no part of what CI runs; docs/engines.md says when it was run, and what came out.
 */
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type FoundEngine, lookAtEngine } from '../../src/contributor/find-engines.ts'
import { ask } from '../support/ask.ts'
import { type FarAgent, openFarAgent } from '../support/far-agent.ts'
import { testModelId } from '../support/gateway-on-ledger.ts'
import { knownAnswer, knownQuestion } from '../support/vouch-mini-answers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly engineUrl: string
  }
}

let found: FoundEngine
let far: FarAgent

beforeAll(async () => {
  const looked = await lookAtEngine({ origin: inject('engineUrl'), apiKey: undefined })
  const model = looked?.models[0]
  if (looked === undefined || model === undefined) throw new Error('no engine is there')
  found = looked
  far = await openFarAgent({
    baseUrl: looked.baseUrl,
    model: model.id,
    modelId: testModelId,
    contextTokensMax: model.contextTokensMax ?? 1024,
    slots: looked.slots ?? 4,
  })
})
afterAll(() => far.close())

test('is found, with its version and its model', () => {
  process.stdout.write(`${JSON.stringify(found)}\n`)
  expect(found.kind).not.toBe('openai')
  expect(found.version).toMatch(/./)
})

test.each([false, true])(
  'answers what onnxruntime answers, signed; streamed: %s',
  async (stream) => {
    const { answer, work } = await far.askSigned({ ...knownQuestion, stream })
    expect(answer).toMatchObject({ content: knownAnswer, done: stream })
    expect([40, 41]).toContain(work.completionTokens)
  },
)

test('several at once are each answered', async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => ask(far.gateway, { ...knownQuestion, stream: true })),
  )
  expect(answers.map(({ content }) => content)).toEqual(Array(6).fill(knownAnswer))
  await far.newEntries()
})

/** Of engines that count them. */
async function tokensMade(): Promise<number | undefined> {
  const metrics = await (await fetch(`${inject('engineUrl')}/metrics`)).text()
  const [, made] =
    /^(?:vllm:generation|llamacpp:predicted)_tokens_total\S* (\S+)$/m.exec(metrics) ?? []
  return made === undefined ? undefined : Number(made)
}

test('who leaves is not computed for to the end', async () => {
  const { gateway, newEntries } = far
  const before = await tokensMade()
  const leaving = new AbortController()
  const tokensMax = 900
  // Without its end token the model writes until it may not.
  const endless = { stream: true, max_tokens: tokensMax, logit_bias: { 3: -100 } }
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', ...knownQuestion, ...endless }),
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
  expect(await ask(gateway, knownQuestion)).toMatchObject({ status: 200, content: knownAnswer })
  const made = ((await tokensMade()) ?? 0) - (before ?? 0)
  process.stdout.write(`tokens made: ${before === undefined ? 'not told' : made}\n`)
  expect(made).toBeLessThan(tokensMax)
  const outcomes = (await newEntries()).log.map(({ outcome }) => outcome)
  expect(outcomes.sort()).toEqual(['client_gone', 'complete'])
})

test('too long a prompt is told as that, but by Ollama, which cuts it', async () => {
  const content = 'word '.repeat(3_000)
  const asked = { messages: [{ role: 'user', content }], max_tokens: 5 }
  const { status, error } = await ask(far.gateway, asked)
  expect({ status, code: error?.['code'] }).toEqual(
    found.kind === 'ollama'
      ? { status: 200, code: undefined }
      : { status: 400, code: 'context_length_exceeded' },
  )
})
