import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AbiCoder, Interface } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { devProvableModels } from '../../src/cli/dev-provable-models.ts'
import { type DevProcess, runVouch, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
let dev: DevProcess

beforeAll(async () => {
  dev = await startDev(folder.path)
})

afterAll(async () => {
  await dev?.interrupt()
  folder.remove()
})

const ask = (content: string) => ({
  model: 'vouch-mini',
  messages: [{ role: 'user' as const, content }],
})

test('an unmodified openai client is answered and handed a receipt that verifies offline and on the chain', async () => {
  const { data, response } = await dev.client.chat.completions
    .create(ask('What is a receipt?'))
    .withResponse()
  const content = data.choices[0]?.message.content ?? ''
  expect(content).toMatch(/receipt/i)
  expect(data.usage?.completion_tokens).toBeGreaterThan(3)

  const document = await dev.receipt(response.headers.get('x-vouch-receipt') ?? '')
  expect(document.receipt.tiers).toBe(7)
  expect(document.receipt.work.completionTokens).toBe(data.usage?.completion_tokens)
  const receiptFile = join(folder.path, 'receipt.json')
  const answerFile = join(folder.path, 'answer.txt')
  writeFileSync(receiptFile, JSON.stringify(document))
  writeFileSync(answerFile, content)
  const trustFile = join(folder.path, 'trust.json')
  const args = ['verify', receiptFile, '--content', answerFile, '--trust', trustFile]
  const offline = await runVouch(args)
  expect(offline.code, offline.output).toBe(0)
  const onChain = await runVouch([...args, '--rpc', dev.rpcUrl])
  expect(onChain.output).toContain('contributor')
  expect(onChain.code, onChain.output).toBe(0)

  writeFileSync(answerFile, `${content} And more.`)
  expect((await runVouch(args)).code).toBe(1)
})

test('vectors are served out of the box, with a receipt that names the contributor', async () => {
  const { data, response } = await dev.client.embeddings
    .create({ model: 'vouch-mini', input: ['What is a receipt?', 'Hello'], dimensions: 64 })
    .withResponse()
  expect(data.data.map(({ embedding }) => embedding.length)).toEqual([64, 64])
  const { receipt } = await dev.receipt(response.headers.get('x-vouch-receipt') ?? '')
  expect(receipt.tiers).toBe(3)
  expect(receipt.work).toMatchObject({
    promptTokens: data.usage.prompt_tokens,
    completionTokens: 2,
  })
})

test('a stream is answered token by token, with usage where it was asked for', async () => {
  const stream = await dev.client.chat.completions.create({
    ...ask('What is 12 + 7?'),
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0,
  })
  let events = 0
  let usage = 0
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) events += 1
    usage += chunk.usage?.completion_tokens ?? 0
  }
  expect(events).toBeGreaterThan(3)
  expect(usage).toBeGreaterThanOrEqual(events)
})

test('whoever looks up what a contract asks at once (EIP-3668) is answered', async () => {
  const running = JSON.parse(readFileSync(join(folder.path, 'running.json'), 'utf8')) as {
    readonly models: Readonly<Record<string, string>>
  }
  const gateway = new Interface(['function infer(bytes32 modelId, bytes input)'])
  const input = Buffer.from(JSON.stringify({ ...ask('What is a receipt?'), max_tokens: 16 }))
  const response = await fetch(`${dev.origin}/ccip`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      sender: `0x${'11'.repeat(20)}`,
      data: gateway.encodeFunctionData('infer', [running.models['vouch-mini'], input]),
    }),
  })
  expect(response.status).toBe(200)
  const { data } = (await response.json()) as { readonly data: string }
  const [content] = AbiCoder.defaultAbiCoder().decode(['bytes', 'bytes'], data)
  expect(Buffer.from(String(content).slice(2), 'hex').toString()).toMatch(/receipt/i)
})

test('the same seed gives the same answer, and the first log-probabilities are those of a distribution', async () => {
  const request = {
    ...ask('Tell me something about yourself.'),
    seed: 7,
    temperature: 1,
    logprobs: true,
    top_logprobs: 5,
    max_tokens: 24,
  }
  const [first, second] = [
    await dev.client.chat.completions.create(request),
    await dev.client.chat.completions.create(request),
  ]
  expect(first.choices[0]?.message.content).toBe(second.choices[0]?.message.content)
  const token = first.choices[0]?.logprobs?.content?.[0]
  expect(token?.logprob).toBeLessThanOrEqual(0)
  expect(token?.top_logprobs).toHaveLength(5)
})

test('n, stop and max_completion_tokens are honoured', async () => {
  const answer = await dev.client.chat.completions.create({
    ...ask('Count from one to ten.'),
    n: 3,
    max_completion_tokens: 4,
    temperature: 1,
  })
  expect(answer.choices.map((choice) => choice.index)).toEqual([0, 1, 2])
  for (const choice of answer.choices) expect(choice.finish_reason).toMatch(/length|stop/)
  const stopped = await dev.client.chat.completions.create({
    ...ask('What is a receipt?'),
    stop: [' '],
    temperature: 0,
  })
  expect(stopped.choices[0]?.message.content).not.toContain(' ')
})

test('text completions of a raw prompt are answered, streamed and receipted like a chat', async () => {
  const { data, response } = await dev.client.completions
    .create({ model: 'vouch-mini', prompt: ['A receipt', 'Once upon'], max_tokens: 6, echo: true })
    .withResponse()
  const texts = data.choices.map(({ text }) => text)
  expect(texts[0]).toMatch(/^A receipt/)
  expect(texts[1]).toMatch(/^Once upon/)
  const document = await dev.receipt(response.headers.get('x-vouch-receipt') ?? '')
  expect(document.receipt.tiers).toBe(7)
  expect(document.receipt.work.completionTokens).toBe(data.usage?.completion_tokens)
  const receiptFile = join(folder.path, 'completion.json')
  writeFileSync(receiptFile, JSON.stringify(document))
  const contents = texts.flatMap((text, index) => {
    const file = join(folder.path, `choice-${index}.txt`)
    writeFileSync(file, text)
    return ['--content', file]
  })
  const trustFile = join(folder.path, 'trust.json')
  const verified = await runVouch(['verify', receiptFile, ...contents, '--trust', trustFile])
  expect(verified.code, verified.output).toBe(0)

  const stream = await dev.client.completions.create({
    model: 'vouch-mini',
    prompt: 'A receipt',
    stream: true,
  })
  let streamed = ''
  for await (const chunk of stream) streamed += chunk.choices[0]?.text ?? ''
  expect(streamed).not.toBe('')
})

test('models are listed to whoever has the key', async () => {
  const models = await dev.client.models.list()
  const provable = (await devProvableModels()).map(({ served }) => served.id)
  expect(models.data.map(({ id }) => id)).toEqual(['vouch-mini', ...provable])
  const model = await dev.client.models.retrieve('vouch-mini')
  expect(model.id).toBe('vouch-mini')
})

test('a prompt over the context is refused by name and costs nothing', async () => {
  const before = await book()
  const long = dev.client.chat.completions.create(ask('word '.repeat(5000)))
  await expect(long).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
  expect(await book()).toMatchObject({ charged: before.charged, held: '0' })
})

test('a client that leaves pays for what it got', async () => {
  const before = await book()
  const { data: stream, response } = await dev.client.chat.completions
    .create({ ...ask('Count from one to ten.'), stream: true, temperature: 0 })
    .withResponse()
  let seen = 0
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) seen += 1
    if (seen === 2) break
  }
  const receiptId = response.headers.get('x-vouch-receipt') ?? ''
  const receipt = await expect
    .poll(() => dev.receipt(receiptId).catch(() => undefined), { timeout: 20_000 })
    .toBeDefined()
    .then(() => dev.receipt(receiptId))
  // Small answers may be complete before the departure is noticed; either way the tokens are those of the answer.
  expect([0, 1]).toContain(receipt.receipt.work.status)
  expect(receipt.receipt.work.completionTokens).toBeGreaterThanOrEqual(seen)
  const after = await book()
  expect(BigInt(after.charged) - BigInt(before.charged)).toBe(BigInt(receipt.receipt.cost))
})

test('prompts, answers and the key are in no log', async () => {
  const marker = 'marker-9c1f'
  await dev.client.chat.completions.create(ask(`Please repeat ${marker}.`))
  const log = readFileSync(join(folder.path, 'gateway.log'), 'utf8') + dev.output()
  expect(log).not.toContain(marker)
  expect(readFileSync(join(folder.path, 'gateway.log'), 'utf8')).not.toContain(dev.apiKey)
})

async function book(): Promise<{ charged: string; held: string }> {
  return (await (await dev.get('/v1/billing/channel')).json()) as { charged: string; held: string }
}
