/*
 * A stream whose worst case does not fit what its payer has left begins with one slice and grows while it runs. Where it
 * cannot grow it ends as an answer that reached its limit, charged what was delivered and never more than was held.
 */
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { streamSliceTokens } from '../../src/base/limits.ts'
import { conclude } from '../../src/client/check-line.ts'
import { anyReceipt } from '../../src/client/check-policy.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { type Answer, ask, askBody, askedMessages } from '../support/ask.ts'
import { expectBalancedBooks } from '../support/books.ts'
import { untilDurable } from '../support/channels.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  type TestUpstream,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import { alterTables } from '../support/ledger-place.ts'
import {
  chunk,
  type Script,
  type ScriptedUpstream,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  usageChunk,
  usageObject,
  writePiece,
} from '../support/scripted-upstream.ts'
import { signingUpstream } from '../support/signing-upstream.ts'

/** 10 bytes of prompt and 16 of template at 1; a slice of tokens at 2. */
const promptHeld = 26n
const sliceHeld = promptHeld + 2n * BigInt(streamSliceTokens)
/** Of each slice these are kept for tokens that leave no text. */
const spareTokens = 8

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeEach(async () => {
  upstream = await startScriptedUpstream()
})

afterEach(async () => {
  await gateway.stop()
  await upstream.close()
})

async function withBalance(balance: bigint, more: Partial<TestUpstream> = {}): Promise<void> {
  gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'one', baseUrl: upstream.baseUrl, ...more }],
    balance,
  })
}

/** So many events of one byte each, and then a proper end; or none, for a contributor that has to be told to stop. */
const letters =
  (
    count: number,
    delta = (letter: string): Record<string, unknown> => ({ content: letter }),
    ends = true,
  ): Script =>
  async (_request, response) => {
    startSse(response)
    response.write(sse(chunk({ role: 'assistant', content: '' })))
    for (let index = 0; index < count; index += 1)
      await writePiece(response, sse(chunk(delta('a'))))
    // A contributor that is through before it is told has nothing to stop.
    if (ends)
      response.end(sse(chunk({}, 'stop')) + sse(usageChunk(usageObject(5, count))) + sseDone)
  }

const finishReasons = ({ events }: Answer): string[] =>
  events
    .filter((event) => event !== '[DONE]')
    .flatMap((event) => (JSON.parse(event) as OpenAI.ChatCompletionChunk).choices)
    .flatMap(({ finish_reason }) => finish_reason ?? [])

const onlyReceipt = async (): Promise<ReceiptDocument> => {
  const { receipts } = await expectBalancedBooks(gateway)
  expect(gateway.internalErrors).toEqual([])
  const [receipt] = receipts
  if (receipt === undefined || receipts.length > 1) throw new Error(`${receipts.length} receipts`)
  return receipt
}

describe('where more can be held', () => {
  test('a stream begins with a slice, grows, and ends as it would have', async () => {
    await withBalance(sliceHeld + 1000n)
    upstream.become(letters(streamSliceTokens + 100))
    const answer = await ask(gateway, { stream: true })
    expect(answer.content).toHaveLength(streamSliceTokens + 100)
    expect(finishReasons(answer)).toEqual(['stop'])
    expect(answer.done).toBe(true)
    const { receipt } = await onlyReceipt()
    expect(receipt.work).toMatchObject({ status: 0, completionTokens: streamSliceTokens + 100 })
    expect(receipt.cost).toBe(String(5 + 2 * (streamSliceTokens + 100)))
  })

  test('the contributor is told the whole bound, not the slice', async () => {
    await withBalance(sliceHeld)
    upstream.become(letters(3))
    await ask(gateway, { stream: true })
    expect(upstream.requests[0]?.json['max_tokens']).toBe(1024)
  })

  test('one event larger than many slices waits for as much as it takes', async () => {
    const words = 'x'.repeat(4000)
    await withBalance(100_000n, {
      offer: { completionTokensMax: 100_000, contextTokensMax: 100_000 },
    })
    upstream.become((_request, response) => {
      startSse(response)
      response.end(sse(chunk({ content: words })) + sse(chunk({}, 'stop')) + sseDone)
    })
    const answer = await ask(gateway, { stream: true })
    expect(answer.content).toBe(words)
    expect((await onlyReceipt()).receipt.work.status).toBe(0)
  })

  test('once the worst case is held, nothing is asked for any more', async () => {
    // Of a text of many bytes a token the bound in bytes is far beyond the bound in tokens.
    await withBalance(promptHeld + 2n * 600n)
    upstream.become(letters(900))
    const answer = await ask(gateway, { stream: true, max_tokens: 600 })
    expect(answer.content).toHaveLength(900)
    expect((await onlyReceipt()).receipt).toMatchObject({ cost: '1226', work: { status: 0 } })
  })
})

describe('where no more can be held', () => {
  const left = 450n
  const covered = Number((sliceHeld + left - promptHeld) / 2n) - spareTokens

  test('it ends like an answer at its limit, and its receipt says so', async () => {
    await withBalance(sliceHeld + left)
    upstream.become(letters(1000, undefined, false))
    const answer = await ask(gateway, { stream: true })
    expect(answer.content).toHaveLength(covered)
    expect(finishReasons(answer)).toEqual(['length'])
    expect(answer.done).toBe(true)
    await (await upstream.nextRequest()).left
    const { receipt } = await onlyReceipt()
    // Nobody reported: answer and prompt are taken at four bytes a token.
    const counted = Math.ceil(covered / 4)
    expect(receipt.work).toMatchObject({ status: 3, completionTokens: counted })
    expect(receipt.cost).toBe(String(7 + 2 * counted))
    expect(BigInt(receipt.cost)).toBeLessThanOrEqual(sliceHeld + left)
    expect(gateway.log).toMatchObject([{ outcome: 'complete', reason: 'budget_spent' }])
  })

  test("OpenAI's client sees a normal end, and usage where it asked", async () => {
    await withBalance(sliceHeld)
    upstream.become(letters(1000))
    const openai = new OpenAI({
      baseURL: `${gateway.origin}/v1`,
      apiKey: gateway.apiKey,
      maxRetries: 0,
    })
    const seen = await openai.chat.completions
      .stream({
        model: 'm',
        messages: [{ role: 'user', content: 'Say hello.' }],
        stream_options: { include_usage: true },
      })
      .finalChatCompletion()
    const { receipt } = await onlyReceipt()
    expect(seen.choices[0]).toMatchObject({ finish_reason: 'length' })
    expect(seen.choices[0]?.message.content).toHaveLength(streamSliceTokens - spareTokens)
    expect(seen.usage?.completion_tokens).toBe(receipt.work.completionTokens)
  })

  test('the receipt covers every byte that the client got', async () => {
    await withBalance(sliceHeld)
    upstream.become(letters(1000))
    const request = JSON.stringify({ model: 'm', messages: askedMessages, stream: true })
    const answer = await askBody(gateway, request)
    const document = parseReceiptDocument(Buffer.from(JSON.stringify(await onlyReceipt())))
    if (!document.ok) throw new Error(JSON.stringify(document.error))
    const lines = verifyReceipt({
      receipt: document.value,
      evidence: {
        content: [Buffer.from(answer.content)],
        request: Buffer.from(request),
        response: Buffer.from(answer.text),
      },
      anchors: {
        ...noTrustAnchors,
        gatewayKeys: [{ operator: gateway.operator, key: gateway.operator }],
      },
      policy: anyReceipt,
      nowMs: Date.now(),
    })
    expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
    for (const check of ['content', 'request', 'response', 'answer-in-response', 'cost']) {
      expect(lines.find((line) => line.check === check)?.verdict, check).toBe('holds')
    }
    expect(conclude(lines)).toBe('holds')
  })

  test('each of several choices that had not ended is ended, once', async () => {
    await withBalance(promptHeld + 4n * BigInt(streamSliceTokens))
    upstream.become(async (_request, response) => {
      startSse(response)
      await writePiece(response, sse(chunk({ content: 'short' }, 'stop', 1)))
      for (let index = 0; index < 2000; index += 1) {
        await writePiece(response, sse(chunk({ content: 'a' }, null, 0)))
      }
    })
    const answer = await ask(gateway, { stream: true, n: 2 })
    expect(finishReasons(answer)).toEqual(['stop', 'length'])
    expect(answer.done).toBe(true)
    expect((await onlyReceipt()).receipt.work.status).toBe(3)
  })

  test('the arguments of a call are counted as text is', async () => {
    await withBalance(sliceHeld)
    const part = (letter: string) => ({
      tool_calls: [{ index: 0, function: { arguments: letter } }],
    })
    upstream.become(letters(1000, part))
    const answer = await ask(gateway, { stream: true })
    const parts = answer.events.filter((event) => event.includes('"arguments":"a"'))
    expect(parts).toHaveLength(streamSliceTokens - spareTokens)
    expect(finishReasons(answer)).toEqual(['length'])
    const counted = Math.ceil(parts.length / 4)
    expect((await onlyReceipt()).receipt.work.completionTokens).toBe(counted)
  })

  test('an event that does not fit is not delivered in part; the answer may be empty, and then it is free', async () => {
    await withBalance(sliceHeld)
    upstream.become((_request, response) => {
      startSse(response)
      response.write(sse(chunk({ content: 'x'.repeat(5000) })))
    })
    const answer = await ask(gateway, { stream: true })
    expect(answer.content).toBe('')
    expect(finishReasons(answer)).toEqual(['length'])
    expect((await onlyReceipt()).receipt).toMatchObject({ cost: '0', work: { status: 3 } })
  })

  test('a contributor that signs is stopped before it can: the gateway stands alone for what was delivered', async () => {
    const signer = signingUpstream()
    await withBalance(sliceHeld, { identity: signer.identity })
    upstream.become(signer.answer(Array.from({ length: 1000 }, () => 'a')))
    const answer = await ask(gateway, { stream: true })
    expect(finishReasons(answer)).toEqual(['length'])
    const document = await onlyReceipt()
    expect(document.contributorSignature).toBe('0x')
    expect(document.receipt).toMatchObject({
      tiers: 1,
      work: { status: 3, contributor: signer.identity.operator },
    })
  })

  test('a channel that is frozen under a stream lets it deliver what is held, and no more', async () => {
    await withBalance(sliceHeld + 1000n)
    const frozen = Promise.withResolvers<void>()
    upstream.become(async (request, response) => {
      await frozen.promise
      await letters(1000)(request, response)
    })
    const asked = ask(gateway, { stream: true })
    await upstream.nextRequest()
    await gateway.ledger.setFrozen(testChannelId, true)
    frozen.resolve()
    const answer = await asked
    expect(answer.content).toHaveLength(streamSliceTokens - spareTokens)
    expect(finishReasons(answer)).toEqual(['length'])
    expect((await onlyReceipt()).receipt.work.status).toBe(3)
  })
})

describe('what does not begin', () => {
  const refusal = { code: 'insufficient_quota' }

  test.each([
    ['an answer in one piece needs its worst case', { stream: false }, sliceHeld + 1000n],
    ['a stream needs one slice', { stream: true }, sliceHeld - 1n],
    ['a stream with several choices needs a slice for each', { stream: true, n: 2 }, sliceHeld],
    ['a slice is no more than what was asked for', { stream: true, max_tokens: 100 }, 225n],
  ])('%s', async (_name, fields, balance) => {
    await withBalance(balance)
    upstream.become(letters(3))
    const answer = await ask(gateway, fields)
    expect(answer).toMatchObject({ status: 402, error: refusal })
    expect(upstream.requests).toHaveLength(0)
    expect((await expectBalancedBooks(gateway)).receipts).toEqual([])
  })
})

describe('other endings of a stream in slices', () => {
  const openEnded =
    (count: number, ending: (response: Parameters<Script>[1]) => void): Script =>
    async (_request, response) => {
      startSse(response)
      for (let index = 0; index < count; index += 1) {
        await writePiece(response, sse(chunk({ content: 'a' })))
      }
      ending(response)
    }

  test('a contributor that fails after the hold grew is not paid', async () => {
    await withBalance(sliceHeld + 1000n)
    upstream.become(openEnded(streamSliceTokens + 50, (response) => response.destroy()))
    const answer = await ask(gateway, { stream: true })
    expect(answer.error).toMatchObject({ code: 'upstream_stream_interrupted' })
    expect(answer.done).toBe(false)
    expect((await onlyReceipt()).receipt).toMatchObject({ cost: '0', work: { status: 2 } })
  })

  test('a client that leaves pays for what it was given', async () => {
    await withBalance(sliceHeld + 1000n)
    const count = streamSliceTokens + 50
    upstream.become(openEnded(count, () => {}))
    const abort = new AbortController()
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}` },
      body: JSON.stringify({ model: 'm', messages: askedMessages, stream: true }),
      signal: abort.signal,
    })
    const reader = response.body?.getReader()
    for (let text = ''; text.split('data: ').length <= count; ) {
      text += Buffer.from((await reader?.read())?.value ?? []).toString()
    }
    abort.abort()
    await (await upstream.nextRequest()).left
    const { receipt } = await onlyReceipt()
    const counted = Math.ceil(count / 4)
    expect(receipt.work).toMatchObject({ status: 1, completionTokens: counted })
    expect(receipt.cost).toBe(String(7 + 2 * counted))
  })

  test('a ledger that fails while more is asked for: no end is told, because no charge is durable', async () => {
    await withBalance(sliceHeld + 1000n)
    const broken = Promise.withResolvers<void>()
    upstream.become(async (request, response) => {
      await broken.promise
      await letters(1000)(request, response)
    })
    const asked = ask(gateway, { stream: true })
    await upstream.nextRequest()
    await untilDurable(gateway.ledger, testChannelId)
    alterTables(gateway.ledgerPath, 'ALTER TABLE holds RENAME TO lost')
    broken.resolve()
    const answer = await asked
    expect(answer.error).toMatchObject({ code: 'store_unavailable' })
    expect(answer.done).toBe(false)
    expect((await gateway.books()).receipts).toEqual([])
  })
})
