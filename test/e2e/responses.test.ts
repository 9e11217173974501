/*
 * The Responses API with everything real: the built-in model, which signs its work, receipts that `vouch verify` checks, and
 * payments by x402's published client.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { translateRequest } from '../../src/http/responses/responses-request.ts'
import { type DevProcess, runVouch, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { assembleResponse, eventsOf } from '../support/responses-events.ts'
import { answerWell } from '../support/scripted-upstream.ts'
import { responseOf } from '../support/x402-asking.ts'
import { openX402Place, type X402Place } from '../support/x402-place.ts'

describe('at vouch dev', () => {
  const folder = temporaryFolder()
  let dev: DevProcess

  beforeAll(async () => {
    dev = await startDev(folder.path)
  })

  afterAll(async () => {
    await dev?.interrupt()
    folder.remove()
  })

  const asked = { model: 'vouch-mini', input: 'What is a receipt?', instructions: 'Be brief.' }

  test('the openai client is answered, in one piece and streamed', async () => {
    const whole = await dev.client.responses.create(asked)
    expect(whole).toMatchObject({ status: 'completed', model: 'vouch-mini' })
    expect(whole.output_text.length).toBeGreaterThan(3)
    let deltas = 0
    const streamed = await dev.client.responses
      .stream({ ...asked, max_output_tokens: 4 })
      .on('response.output_text.delta', () => {
        deltas += 1
      })
      .finalResponse()
    expect(deltas).toBeGreaterThan(1)
    expect(streamed).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      usage: { output_tokens: 4 },
    })
  })

  test.each([{ stream: false }, { stream: true }])(
    'a client checks its receipt by its own bytes, and a third party by the translation, %o',
    async ({ stream }) => {
      const fields = { ...asked, stream }
      const request = JSON.stringify(fields)
      const answer = await fetch(`${dev.origin}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${dev.apiKey}`, 'content-type': 'application/json' },
        body: request,
      })
      const response = await answer.text()
      const { output, usage } = stream ? assembleResponse(eventsOf(response)) : JSON.parse(response)
      const content = output[0].content[0].text
      const document = await dev.receipt(answer.headers.get('x-vouch-receipt') ?? '')
      expect(document.receipt.tiers).toBe(7)
      expect(document.receipt.work.completionTokens).toBe(usage.output_tokens)

      const fileOf = (name: string, text: string): string => {
        const path = join(folder.path, name)
        writeFileSync(path, text)
        return path
      }
      const verify = (said: string) =>
        runVouch([
          ...['verify', fileOf('receipt.json', JSON.stringify(document))],
          ...['--trust', join(folder.path, 'trust.json')],
          ...['--request', fileOf('request.json', request)],
          ...['--response', fileOf('response.txt', response)],
          ...['--content', fileOf('content.txt', said)],
        ])
      const verified = await verify(content)
      expect(verified.code, verified.output).toBe(0)
      expect((await verify(`${content} And more.`)).code).toBe(1)

      const translated = translateRequest(fields)
      if (!translated.ok) throw new Error('refused')
      const body = Buffer.from(JSON.stringify(translated.value.chat))
      expect(document.receipt.work.inputHash).toBe(`0x${sha256Hex(body)}`)
    },
  )

  test('an engine that calls no tools says so by the name of the member', async () => {
    const tools = [{ type: 'function' as const, name: 'f', parameters: null, strict: null }]
    const refused = await dev.client.responses.create({ ...asked, tools }).catch((error) => error)
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error' })
  })
})

describe('paid by the request', () => {
  let place: X402Place

  beforeAll(async () => {
    place = await openX402Place()
    place.upstream.become(answerWell())
  })

  afterAll(() => place.stop())

  test('whoever has no key pays as for a chat completion', async () => {
    const url = `${place.gateway().origin}/v1/responses`
    const quoted = await fetch(url, { method: 'POST', body: '{"model":"m","input":"Hi"}' })
    expect(quoted.status).toBe(402)
    const buyer = await place.buyer()
    for (const stream of [false, true]) {
      const answer = await buyer.fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', input: 'Say hello.', stream }),
      })
      expect(answer.status).toBe(200)
      const text = await answer.text()
      const { status, usage } = stream ? assembleResponse(eventsOf(text)) : JSON.parse(text)
      expect({ status, usage }).toMatchObject({ status: 'completed', usage: { output_tokens: 3 } })
      expect(responseOf(answer).success).toBe(true)
    }
    const { chargedCumulativeAmount, heldAmount } = await place.book(buyer)
    const costs = place.receipts().map(({ receipt }) => BigInt(receipt.cost))
    expect(costs).toHaveLength(2)
    expect(costs[0]).toBeGreaterThan(0n)
    expect(costs[1]).toBe(costs[0])
    expect(chargedCumulativeAmount).toBe(costs.reduce((sum, cost) => sum + cost))
    expect(heldAmount).toBe(0n)
  })
})
