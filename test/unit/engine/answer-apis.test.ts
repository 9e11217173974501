/*
 * Text completions of the real model behind a real server: prompts as they are, and the signed Work of all of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeWork } from '../../../src/attestation/check-work.ts'
import { contentHash } from '../../../src/attestation/content-hash.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { openWorkSigner } from '../../../src/contributor/sign-work.ts'
import { address } from '../../../src/domain/units.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { type EngineServer, startEngineServer } from '../../../src/engine/engine-server.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'
import { memoryJobs } from '../../support/memory-jobs.ts'

const account = address(`0x${'0a'.repeat(20)}`)
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
    slotsMax: 1,
    batchRowsMax: 1,
    waitingMax: 0,
    prefixCacheBytesMax: 0,
    nowMs: Date.now,
  })
  const place = { host: '127.0.0.1', port: 0, secret: undefined, onRequestEnd: () => undefined }
  server = await startEngineServer(engine, place)
})

afterAll(() => server.stop())

type Choice = {
  readonly index: number
  readonly text: string
  readonly finish_reason: string
  readonly logprobs: null | { readonly tokens: string[]; readonly text_offset: number[] }
}

async function ask(fields: Readonly<Record<string, unknown>>) {
  jobs += 1
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: {
      'x-vouch-job': `0x${jobs.toString(16).padStart(64, '0')}`,
      'x-vouch-gateway': account,
      'x-vouch-model': model.modelId,
    },
    body: JSON.stringify({ model: model.name, seed: 7, max_tokens: 6, ...fields }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

async function complete(fields: Readonly<Record<string, unknown>>) {
  const { headers, text } = await ask(fields)
  const json = JSON.parse(text) as {
    readonly choices: readonly Choice[]
    readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number }
  }
  const work = decodeWork(headers.get('x-vouch-work') ?? '')?.work
  return { ...json, texts: json.choices.map((choice) => choice.text), work }
}

/** As the model was trained to read a question. */
function templated(content: string): string {
  const { messagePrefixes, messageSuffix, generationPrefix } = model.config.chatTemplate
  return `${messagePrefixes.user}${content}${messageSuffix}${generationPrefix}`
}

const question = 'What is a receipt?'

describe('a prompt as it is', () => {
  test('with the template written out is the chat with that message, token for token', async () => {
    const completion = await complete({ prompt: templated(question), max_tokens: 12 })
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({
        model: model.name,
        seed: 7,
        max_tokens: 12,
        messages: [{ role: 'user', content: question }],
      }),
    })
    const chat = (await response.json()) as {
      readonly choices: readonly { readonly message: { readonly content: string } }[]
      readonly usage: unknown
    }
    expect(completion.texts).toEqual([chat.choices[0]?.message.content])
    expect(completion.usage).toEqual(chat.usage)
  })

  test('in token ids is the same prompt, and is repeated as its text', async () => {
    const prompt = templated(question)
    const tokens = model.tokenizer.encodeTemplate(prompt)
    const [asText, asTokens] = [
      await complete({ prompt, echo: true }),
      await complete({ prompt: tokens, echo: true }),
    ]
    expect(asTokens.texts).toEqual(asText.texts)
    expect(asText.texts[0]?.startsWith(prompt)).toBe(true)
    expect(asText.usage.completion_tokens).toBeLessThanOrEqual(6)
    expect(asText.work?.contentHash).toBe(
      contentHash([{ text: asText.texts[0] ?? '', toolCalls: [] }]),
    )
  })
})

describe('several prompts', () => {
  test('are answered one after another, each choice with a seed of its own, under one Work', async () => {
    const prompts = ['Once upon', 'A receipt']
    const together = await complete({ prompt: prompts, n: 2, temperature: 1 })
    expect(together.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    const alone: string[] = []
    let promptTokens = 0
    for (const [position, prompt] of prompts.entries()) {
      for (const choice of [0, 1]) {
        const seed = 7 + position * 2 + choice
        const one = await complete({ prompt, temperature: 1, seed })
        alone.push(one.texts[0] ?? '')
        if (choice === 0) promptTokens += one.usage.prompt_tokens
      }
    }
    expect(together.texts).toEqual(alone)
    expect(together.usage.prompt_tokens).toBe(promptTokens)
    expect(together.work).toMatchObject({
      promptTokens,
      completionTokens: together.usage.completion_tokens,
      contentHash: contentHash(alone.map((text) => ({ text, toolCalls: [] }))),
    })
  })

  test('streamed say what they say in one piece', async () => {
    const fields = { prompt: ['Once upon', 'A receipt'], echo: true, logprobs: null }
    const whole = await complete(fields)
    const { text } = await ask({ ...fields, stream: true, stream_options: { include_usage: true } })
    const blocks = text.split('\n\n')
    expect(blocks.at(-3)).toBe('data: [DONE]')
    expect(decodeWork(blocks.at(-2)?.slice(': vouch-work '.length) ?? '')?.work).toMatchObject({
      contentHash: whole.work?.contentHash,
      completionTokens: whole.usage.completion_tokens,
    })
    const chunks = blocks.slice(0, -3).map((block) => JSON.parse(block.slice(6)))
    const texts = ['', '']
    const ends: string[] = []
    for (const chunk of chunks) {
      expect(chunk.object).toBe('text_completion')
      for (const choice of chunk.choices as Choice[]) {
        texts[choice.index] += choice.text
        if (choice.finish_reason !== null) ends[choice.index] = choice.finish_reason
      }
    }
    expect(texts).toEqual(whole.texts)
    expect(ends).toEqual(whole.choices.map((choice) => choice.finish_reason))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
  })
})

test('log-probabilities say where each token begins, streamed as whole', async () => {
  const fields = { prompt: templated(question), logprobs: 2, temperature: 0 }
  const { choices, texts } = await complete(fields)
  const { tokens, text_offset: offsets } = choices[0]?.logprobs ?? expect.fail('none were given')
  expect(tokens.length).toBeGreaterThan(1)
  for (const [index, token] of tokens.entries()) {
    expect([...(texts[0] ?? '')].slice(offsets[index]).join('').startsWith(token)).toBe(true)
  }
  const { text } = await ask({ ...fields, stream: true })
  const streamed = text
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .flatMap(
      (block) => (JSON.parse(block.slice(6)).choices[0] as Choice).logprobs?.text_offset ?? [],
    )
  expect(streamed).toEqual(offsets)
})

test('a prompt that leaves no room is refused, as text and as tokens', async () => {
  const { contextTokensMax } = model.config
  for (const prompt of ['a b '.repeat(contextTokensMax), Array(contextTokensMax).fill(5)]) {
    const { status, text } = await ask({ prompt })
    expect(status).toBe(400)
    expect(JSON.parse(text).error.code).toBe('context_length_exceeded')
  }
})
