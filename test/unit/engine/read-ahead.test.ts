/*
 * The next turn of a conversation finds its beginning read, the last answer included, and is answered as if it were not.
 */
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { DecoderSession } from '../../../src/engine/decoder-session.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { type EngineServer, startEngineServer } from '../../../src/engine/engine-server.ts'
import { prefillTokensMax } from '../../../src/engine/limits.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { promptTokens } from '../../../src/engine/prompt-tokens.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'

type Message = { readonly role: 'user' | 'assistant'; readonly content: string }

let model: LanguageModel
let servers: EngineServer[] = []

beforeAll(async () => {
  model = await loadBuiltInModel()
})

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  servers = []
})

/** An engine, and the furthest position that it has read a whole block up to. */
async function start(prefixCacheBytesMax: number) {
  let readUpTo = 0
  const decoder: DecoderSession = {
    ...model.decoder,
    forward: async (input, states) => {
      const output = await model.decoder.forward(input, states)
      const read = input.tokenIds[0]?.length ?? 0
      const before = input.pastTokens[0] ?? 0
      if (read === prefillTokensMax) readUpTo = Math.max(readUpTo, before + read)
      return output
    },
  }
  const limits = { slotsMax: 2, batchRowsMax: 2, waitingMax: 2, prefixCacheBytesMax }
  const parts = { ...limits, model: { ...model, decoder }, workSigner: undefined }
  const engine = createEngine({ ...parts, nowMs: Date.now })
  const place = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd: () => undefined }
  const server = await startEngineServer(engine, place)
  servers.push(server)
  const ask = async (messages: readonly Message[]) => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: model.name, messages, temperature: 0, logprobs: true }),
    })
    const { choices, usage } = (await response.json()) as {
      readonly choices: readonly [{ readonly message: Message; readonly logprobs: object }]
      readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } }
    }
    const [{ message, logprobs }] = choices
    const cached = usage.prompt_tokens_details.cached_tokens
    return { content: message.content, logprobs, cached }
  }
  return { ask, readUpTo: () => readUpTo }
}

test('an answer is read back while nothing else is to be done', async () => {
  const engine = await start(2 ** 24)
  const question: Message = { role: 'user', content: 'What is Vouch? Tell me in detail, please.' }
  const { content } = await engine.ask([question])
  const answer: Message = { role: 'assistant', content }
  const known = promptTokens(model, [question, answer])
  if (!known.ok) throw new Error('the answer is too long')
  const whole = known.value.length - (known.value.length % prefillTokensMax)
  expect(whole).toBeGreaterThan(prefillTokensMax)
  await expect.poll(engine.readUpTo).toBe(whole)

  const conversation: Message[] = [question, answer, { role: 'user', content: 'And why?' }]
  const second = await engine.ask(conversation)
  // The last block may hold the mark of who speaks next, which was another one.
  expect(second.cached).toBeGreaterThanOrEqual(whole - prefillTokensMax)
  expect(second.cached).toBeGreaterThan(0)
  const { ask } = await start(0)
  expect(await ask(conversation)).toEqual({ ...second, cached: 0 })
})

test('without a cache nothing is read back', async () => {
  const engine = await start(0)
  const { content } = await engine.ask([{ role: 'user', content: 'What is Vouch?' }])
  expect(content.length).toBeGreaterThan(0)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  expect(engine.readUpTo()).toBe(0)
})
