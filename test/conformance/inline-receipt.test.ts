/*
 * `X-Receipt-Inline: 1`: the receipt comes with the answer, no part of the bytes that it vouches for, and readers that know
 * nothing of it read on as ever.
 */
import OpenAI from 'openai'
import { afterAll, describe, expect, test } from 'vitest'
import { sha256Bytes32 } from '../../src/attestation/answer-transcript.ts'
import { inlineReceiptBytesMax } from '../../src/base/limits.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { askedMessages } from '../support/ask.ts'
import { openReplicaPair } from '../support/replica-pair.ts'
import { answerWell, chunk, roleEvent, sse, streamBytes } from '../support/scripted-upstream.ts'

const pair = await openReplicaPair()
const [gateway] = pair.gateways
afterAll(pair.close)

const eventStart = 'event: vouch.receipt\ndata: '
const receiptHeader = 'x-vouch-receipt-document'

/** One answer as bytes, what stands before the inline receipt and the receipt itself. */
async function askInline(
  path: string,
  fields: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = { 'x-receipt-inline': '1' },
) {
  const response = await fetch(gateway.origin + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, ...headers },
    body: JSON.stringify({ model: 'm', ...fields }),
  })
  const text = await response.text()
  const at = text.indexOf(eventStart)
  const header = response.headers.get(receiptHeader)
  const event = at === -1 ? undefined : text.slice(at + eventStart.length)
  return {
    headers: response.headers,
    answer: at === -1 ? text : text.slice(0, at),
    /** With the blank line behind it. */
    event,
    document: event ?? (header === null ? undefined : Buffer.from(header, 'base64url').toString()),
  }
}

/** The very document that is served, and of just these bytes. */
async function expectReceiptOf(
  told: Awaited<ReturnType<typeof askInline>>,
  vouchedFor = told.answer,
): Promise<number> {
  const receiptId = told.headers.get('x-vouch-receipt') ?? ''
  const served = await fetch(`${gateway.origin}/v1/receipts/${receiptId}`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  })
  expect(told.document?.trimEnd()).toBe(await served.text())
  if (told.event !== undefined) expect(told.event.endsWith('}\n\n')).toBe(true)
  const parsed = parseReceiptDocument(Buffer.from(told.document ?? ''))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const { receipt } = parsed.value
  expect(receipt.responseHash).toBe(sha256Bytes32(Buffer.from(vouchedFor)))
  return receipt.work.status
}

const chat = { messages: askedMessages }

describe.each([
  ['/v1/chat/completions', chat, 'data: [DONE]\n\n'],
  ['/v1/responses', { input: 'Say hello.' }, '}\n\n'],
  ['/v1/messages', { ...chat, max_tokens: 50 }, 'data: {"type":"message_stop"}\n\n'],
] as const)('%s', (path, fields, end) => {
  test('a stream has it behind its end', async () => {
    pair.upstream.become(answerWell())
    const told = await askInline(path, { ...fields, stream: true })
    expect(told.answer.endsWith(end)).toBe(true)
    expect(told.event).toBeDefined()
    expect(await expectReceiptOf(told)).toBe(0)
  })

  test('an answer in one piece has it in a header', async () => {
    pair.upstream.become(answerWell())
    const told = await askInline(path, fields)
    expect(told.event).toBeUndefined()
    expect(await expectReceiptOf(told)).toBe(0)
  })

  test('a stream that broke off has it behind its error', async () => {
    pair.upstream.become(streamBytes([roleEvent, sse(chunk({ content: 'Hel' }))], 'cut'))
    const told = await askInline(path, { ...fields, stream: true })
    expect(told.answer).toContain('upstream_stream_interrupted')
    const closing = told.answer.lastIndexOf(
      path === '/v1/chat/completions' ? 'data: ' : 'event: error',
    )
    expect(await expectReceiptOf(told, told.answer.slice(0, closing))).toBe(2)
  })

  test.each([{}, { 'x-receipt-inline': '0' }, { 'x-receipt-inline': 'true' }])(
    'nobody has it who did not ask (%o)',
    async (headers) => {
      pair.upstream.become(answerWell())
      for (const stream of [true, false]) {
        const told = await askInline(path, { ...fields, stream }, headers)
        expect(told.document).toBeUndefined()
      }
    },
  )
})

test('what is refused has none', async () => {
  const told = await askInline('/v1/chat/completions', { ...chat, model: 'nobody-has-it' })
  expect(told.document).toBeUndefined()
})

test("OpenAI's own library reads both answers as ever", async () => {
  pair.upstream.become(answerWell())
  const client = new OpenAI({
    baseURL: `${gateway.origin}/v1`,
    apiKey: gateway.apiKey,
    defaultHeaders: { 'x-receipt-inline': '1' },
    maxRetries: 0,
  })
  const asked = { model: 'm', messages: [{ role: 'user' as const, content: 'Say hello.' }] }
  const whole = await client.chat.completions.create(asked)
  expect(whole.choices[0]?.message.content).toBe('Hello there!')
  const pieces: string[] = []
  for await (const piece of await client.chat.completions.create({ ...asked, stream: true })) {
    pieces.push(piece.choices[0]?.delta.content ?? '')
  }
  expect(pieces.join('')).toBe('Hello there!')
})

test('a receipt is short enough for a header', async () => {
  pair.upstream.become(answerWell())
  const told = await askInline('/v1/chat/completions', chat)
  expect(told.document?.length).toBeLessThan(inlineReceiptBytesMax / 2)
})
