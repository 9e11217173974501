/*
 * Clients as people have them, unmodified but for the `fetch` that they are given, against a whole gateway with its chain:
 * each answer of every kind is verified before its end is handed on.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { VerificationError } from '../../src/client/verification-error.ts'
import type { VerificationPolicy } from '../../src/client/verification-policy.ts'
import { createVerifiedFetch, verifiedFetch } from '../../src/client/verified-fetch.ts'
import type { AnswerReport } from '../../src/client/verify-answer.ts'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
let dev: DevProcess
let trustFile: string
let gatewayOperator: string
let openai: OpenAI
let anthropic: Anthropic
let policy: VerificationPolicy
let reports: AnswerReport[] = []
const model = 'vouch-mini'
const messages = [{ role: 'user' as const, content: 'What is a receipt?' }]

beforeAll(async () => {
  dev = await startDev(folder.path)
  trustFile = readFileSync(join(folder.path, 'trust.json'), 'utf8')
  const [operator = ''] = Object.keys(JSON.parse(trustFile).gateways)
  gatewayOperator = operator
  // The chain alone, by the code of the contracts that stand there.
  policy = { gateway: gatewayOperator, rpcUrl: dev.rpcUrl }
  // Receipts come with their answers: nothing is asked but the prices.
  const receiptFetch: typeof fetch = (input, init) => {
    if (!String(input).endsWith('/billing/terms')) throw new Error(`asked for ${String(input)}`)
    return fetch(input, init)
  }
  const fetchVerified = createVerifiedFetch({
    policy,
    receiptFetch,
    onReceipt: (one) => void reports.push(one),
  })
  const common = { apiKey: dev.apiKey, maxRetries: 0, fetch: fetchVerified }
  openai = new OpenAI({ ...common, baseURL: `${dev.origin}/v1` })
  anthropic = new Anthropic({ ...common, baseURL: dev.origin })
})
beforeEach(() => {
  reports = []
})
afterAll(async () => {
  await dev?.interrupt()
  folder.remove()
})

/** The one answer of a test was verified, each line of it. */
function expectVerified(): AnswerReport {
  expect(reports).toHaveLength(1)
  const [report] = reports
  if (report === undefined) throw new Error('no report')
  expect(report.against).toEqual([])
  expect(report.verified).toBe(true)
  const held = report.lines.filter(({ verdict }) => verdict === 'holds').map(({ check }) => check)
  expect(held).toEqual(
    expect.arrayContaining([
      ...['receipt', 'gateway-key', 'contributor-key', 'request', 'response', 'answer-in-response'],
      ...['cost', 'policy-gateway', 'policy-tiers', 'policy-age', 'policy-price', 'ending'],
      ...['continuity', 'chain', 'verifier-contract', 'verify-call', 'gateway-registration'],
    ]),
  )
  return report
}

describe('every kind of answer', () => {
  test('a chat completion in one piece', async () => {
    const answer = await openai.chat.completions.create({ model, messages })
    expect(answer.choices[0]?.message.content).toMatch(/receipt/i)
    const { receipt } = expectVerified()
    expect(receipt?.receipt.work.completionTokens).toBe(answer.usage?.completion_tokens)
  })

  test('a stream, with and without its usage', async () => {
    for (const include_usage of [true, false]) {
      reports = []
      const stream = await openai.chat.completions.create({
        ...{ model, messages, stream: true, stream_options: { include_usage } },
      })
      let text = ''
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      expect(text).toMatch(/receipt/i)
      expectVerified()
    }
  })

  test('several choices', async () => {
    const answer = await openai.chat.completions.create({ model, messages, n: 3 })
    expect(answer.choices).toHaveLength(3)
    expectVerified()
  })

  test('a response, in one piece and streamed', async () => {
    const answer = await openai.responses.create({ model, input: 'What is a receipt?' })
    expect(answer.output_text).toMatch(/receipt/i)
    expectVerified()
    reports = []
    const stream = await openai.responses.create({ model, input: 'What?', stream: true })
    const types: string[] = []
    for await (const { type } of stream) types.push(type)
    expect(types.at(-1)).toBe('response.completed')
    expectVerified()
  })

  test('a message, in one piece and streamed', async () => {
    const answer = await anthropic.messages.create({ model, messages, max_tokens: 64 })
    expect(answer.content[0]?.type).toBe('text')
    expectVerified()
    reports = []
    const stream = anthropic.messages.stream({ model, messages, max_tokens: 64 })
    expect(await stream.finalText()).toMatch(/receipt/i)
    expectVerified()
  })

  test('vectors, as numbers and packed', async () => {
    for (const encoding_format of ['float', 'base64'] as const) {
      reports = []
      const { data } = await openai.embeddings.create({ model, input: ['a', 'b'], encoding_format })
      expect(data).toHaveLength(2)
      expectVerified()
    }
  })
})

describe('whatever fetch takes', () => {
  const url = () => `${dev.origin}/v1/chat/completions`
  const body = JSON.stringify({ model, messages, note: 'Grüße \u2028 \ud83d\ude42' })
  const headers = () => ({
    authorization: `Bearer ${dev.apiKey}`,
    'content-type': 'application/json',
  })
  const inPieces = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of Buffer.from(body)) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })

  test.each([
    ['a text', () => body],
    ['bytes', () => new Uint8Array(Buffer.from(body))],
    ['a buffer', () => new Uint8Array(Buffer.from(body)).buffer],
    ['a Blob', () => new Blob([body])],
    ['a stream', inPieces],
  ])('%s as a body', async (_, bodyOf) => {
    const options = { policy, onReceipt: (one: AnswerReport) => void reports.push(one) }
    const answer = await verifiedFetch(
      url(),
      { method: 'POST', headers: headers(), body: bodyOf() },
      options,
    )
    expect(answer.url).toBe(url())
    expect(answer.headers.get('x-vouch-receipt')).toMatch(/^0x/)
    expect(((await answer.json()) as { choices: unknown[] }).choices).toHaveLength(1)
    expectVerified()
  })

  test('a Request', async () => {
    const request = new Request(url(), { method: 'POST', headers: headers(), body })
    const answer = await verifiedFetch(request, undefined, {
      policy,
      onReceipt: (one) => void reports.push(one),
    })
    await answer.text()
    expectVerified()
    expect(request.bodyUsed).toBe(true)
  })

  test('a form is hashed as it is sent', async () => {
    // This gateway has no model that hears, so the form comes back as an error: not verified, not touched.
    const file = await toFile(Buffer.from('no sound'), 'sound.wav')
    await expect(openai.audio.transcriptions.create({ model, file })).rejects.toThrow(/model/)
    expect(reports).toEqual([])
  })

  test('what is not charged passes: a list, an error, a wrong key', async () => {
    expect((await openai.models.list()).data.length).toBeGreaterThan(0)
    const unknown = openai.chat.completions.create({ model: 'nobody-has-it', messages })
    await expect(unknown).rejects.toThrow(/nobody-has-it/)
    expect(reports).toEqual([])
  })

  test('an abort is passed on, and the receipt of what was delivered is told all the same', async () => {
    const told = Promise.withResolvers<AnswerReport>()
    const fetchVerified = createVerifiedFetch({
      policy: { ...policy, tiers: 1 },
      onReceipt: told.resolve,
    })
    const leaving = new AbortController()
    const answer = await fetchVerified(url(), {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify({ model, messages, stream: true }),
      signal: leaving.signal,
    })
    const reader = answer.body?.getReader()
    await reader?.read()
    leaving.abort()
    await expect(
      (async () => {
        for (;;) if ((await reader?.read())?.done !== false) return
      })(),
    ).rejects.toMatchObject({ name: 'AbortError' })
    const report = await told.promise
    expect(report.receipt?.receipt.receiptId).toBe(report.receiptId)
    expect(report.against).toEqual([])
  })
})

describe('what is asked for', () => {
  const refused = async (changes: Partial<VerificationPolicy>): Promise<readonly string[]> => {
    const fetchVerified = createVerifiedFetch({ policy: { ...policy, ...changes } })
    const client = new OpenAI({
      ...{ apiKey: dev.apiKey, baseURL: `${dev.origin}/v1`, maxRetries: 2, fetch: fetchVerified },
    })
    const asked = client.chat.completions.create({ model, messages })
    const error: unknown = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(VerificationError)
    return (error as VerificationError).report.against.map(({ check }) => check)
  }

  test('keys from a trust file are enough, without any chain', async () => {
    const fetchVerified = createVerifiedFetch({ policy: { gateway: gatewayOperator, trustFile } })
    const client = new OpenAI({
      apiKey: dev.apiKey,
      baseURL: `${dev.origin}/v1`,
      fetch: fetchVerified,
    })
    expect((await client.chat.completions.create({ model, messages })).choices).toHaveLength(1)
  })

  test('another gateway, another contract, a tier that nobody claims', async () => {
    expect(await refused({ gateway: `0x${'6'.repeat(40)}` })).toContain('policy-gateway')
    const elsewhere = { chainId: 31337, verifyingContract: `0x${'7'.repeat(40)}` }
    expect(await refused({ receiptVerifier: elsewhere })).toContain('policy-verifier')
    expect(await refused({ tiers: 3 | 64 })).toContain('policy-tiers')
  })

  test('a node that does not answer proves nothing', async () => {
    expect(await refused({ rpcUrl: 'http://127.0.0.1:9' })).toEqual(
      expect.arrayContaining(['gateway-key', 'chain']),
    )
  })

  test('forty answers at once are one channel without a gap', async () => {
    const seen: AnswerReport[] = []
    const fetchVerified = createVerifiedFetch({ policy, onReceipt: (one) => void seen.push(one) })
    const client = new OpenAI({
      apiKey: dev.apiKey,
      baseURL: `${dev.origin}/v1`,
      fetch: fetchVerified,
    })
    const ask = () => client.chat.completions.create({ model, messages, max_completion_tokens: 4 })
    await Promise.all(Array.from({ length: 40 }, ask))
    expect(seen).toHaveLength(40)
    expect(seen.flatMap(({ against }) => against)).toEqual([])
    const numbers = seen.map(({ receipt }) => receipt?.receipt.channelSeq ?? 0)
    expect(new Set(numbers).size).toBe(40)
    expect(Math.max(...numbers) - Math.min(...numbers)).toBe(39)
  })
})
