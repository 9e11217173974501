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

test('too long a prompt is told as that', async () => {
  const content = 'word '.repeat(3_000)
  const { status, error } = await ask(far.gateway, { messages: [{ role: 'user', content }] })
  expect({ status, code: error?.['code'] }).toEqual({
    status: 400,
    code: 'context_length_exceeded',
  })
})
