/*
 * The Responses API where something goes wrong, what it does not offer, and what its receipts are of.
 */
import { BadRequestError, NotFoundError } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { translateRequest } from '../../src/http/responses/responses-request.ts'
import { startGatewayOnLedger } from '../support/gateway-on-ledger.ts'
import {
  ask,
  post,
  type ResponsesPlace,
  refusalOf,
  startResponsesPlace,
  weather,
} from '../support/responses-place.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  roleEvent,
  sse,
  startScriptedUpstream,
  streamBytes,
} from '../support/scripted-upstream.ts'

let place: ResponsesPlace

beforeAll(async () => {
  place = await startResponsesPlace()
})

beforeEach(() => {
  place.upstream.become(answerWell())
  place.gateway.pool.readmit('one')
})

afterAll(() => place.close())

/** Reads a stream to its end. */
async function streamed(): Promise<void> {
  for await (const _ of await place.openai.responses.create({ ...ask, stream: true })) {
    // Only its end matters.
  }
}

describe('a contributor that fails', () => {
  test('before it said anything has told nothing: the next one begins at the beginning', async () => {
    const spare = await startScriptedUpstream(answerWell())
    const two = await startGatewayOnLedger({
      upstreams: [
        { id: 'one', baseUrl: place.upstream.baseUrl, completionPrice: 1_000_000n },
        { id: 'two', baseUrl: spare.baseUrl, completionPrice: 9_000_000n },
      ],
    })
    place.upstream.become(streamBytes([roleEvent, sse(chunk({ content: '' }))], 'cut'))
    const fields = { ...ask, stream: true, routing: { sort: 'price' } }
    // The opening events repeat the request: however long it is, they are no answer yet.
    for (const instructions of ['Be brief.', 'x'.repeat(400_000)]) {
      two.pool.readmit('one')
      const answer = await post(two, { ...fields, instructions })
      const text = await answer.text()
      expect(text.match(/^event: .*$/gm)?.slice(0, 3)).toEqual([
        'event: response.created',
        'event: response.in_progress',
        'event: response.output_item.added',
      ])
      expect(text.match(/"type":"response\.created"/g)).toHaveLength(1)
      expect(text).toContain('"sequence_number":0}')
      expect(answer.headers.get('x-vouch-contributor')).toBe('two')
    }
    expect(place.upstream.requests).toHaveLength(2)
    await two.stop()
    await spare.close()
  })

  test.each([
    ['cut', 'upstream_stream_interrupted', 'cut' as const],
    ['ended', 'upstream_stream_interrupted', 'end' as const],
  ])('in the middle (%s): the client raises', async (_name, code, ending) => {
    place.upstream.become(streamBytes([roleEvent, sse(chunk({ content: 'Half' }))], ending))
    await place.newEntries()
    const error = await refusalOf(streamed())
    expect(error).toMatchObject({ code, message: expect.stringContaining('cut the stream') })
    const { chargedAmount } = await place.newEntries()
    expect(chargedAmount).toBe(0n)
    const raised = await refusalOf(place.openai.responses.stream(ask).finalResponse())
    expect(raised.code).toBe(code)
  })

  test('in the middle: first the error, then what there was of the answer', async () => {
    place.upstream.become(streamBytes([roleEvent, sse(chunk({ content: 'Half' }))], 'cut'))
    const response = await post(place.gateway, { ...ask, stream: true })
    const told = (await response.text())
      .split('\n\n')
      .filter((block) => block !== '')
      .map((block) => JSON.parse(block.split('\ndata: ')[1] ?? '') as Record<string, unknown>)
    expect(told.map((event) => event['sequence_number'])).toEqual(told.map((_, n) => n))
    expect(told.slice(-2)).toMatchObject([
      {
        type: 'error',
        code: 'upstream_stream_interrupted',
        param: null,
        error: { code: 'upstream_stream_interrupted', type: 'api_error' },
      },
      {
        type: 'response.failed',
        response: {
          status: 'failed',
          error: { code: 'server_error' },
          output: [{ status: 'incomplete', content: [{ text: 'Half' }] }],
        },
      },
    ])
    // As everywhere, the error itself is no part of what the receipt is of.
    const { receipts } = await place.newEntries()
    expect(receipts.at(-1)?.receipt.work.status).toBe(2)
  })
})

describe('receipts', () => {
  test.each([{ stream: false }, { stream: true }])(
    'are of what this client sent and got, %o',
    async ({ stream }) => {
      const fields = { ...ask, stream, tools: [weather], routing: { sort: 'price' } }
      const body = JSON.stringify(fields)
      const answer = Buffer.from(await (await post(place.gateway, body)).arrayBuffer())
      const { receipts } = await place.newEntries()
      const receipt = receipts.at(-1)?.receipt
      expect(receipt?.requestHash).toBe(`0x${sha256Hex(Buffer.from(body))}`)
      expect(receipt?.responseHash).toBe(`0x${sha256Hex(answer)}`)
      const sent = place.upstream.requests.at(-1)?.body ?? Buffer.alloc(0)
      expect(receipt?.work.inputHash).toBe(`0x${sha256Hex(sent)}`)
      // What the contributor got is the translation, and what the gateway adds for one that does not sign.
      const translated = translateRequest(fields)
      if (!translated.ok) throw new Error('refused')
      const { routing: _, ...chat } = translated.value.chat
      expect(JSON.parse(sent.toString())).toEqual({
        ...JSON.parse(JSON.stringify(chat)),
        max_tokens: 1024,
      })
    },
  )
})

test('a prompt that is too long is the fault of what this API calls input', async () => {
  place.upstream.become(
    answerStatus(400, JSON.stringify({ error: { code: 'context_length_exceeded' } })),
  )
  const whole = await refusalOf(place.openai.responses.create(ask))
  expect(whole).toMatchObject({ status: 400, code: 'context_length_exceeded' })
  expect(whole.requestID).toMatch(/^req_/)
  const long = { ...ask, input: 'x'.repeat(100_000) }
  const refused = await refusalOf(place.openai.responses.create(long))
  expect(refused).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'input' })
})

describe('what is not offered', () => {
  test('is refused by the name that this API has for it', async () => {
    const error = await refusalOf(
      place.openai.responses.create({ ...ask, previous_response_id: 'resp_1' }),
    )
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      code: 'unsupported_parameter',
      param: 'previous_response_id',
    })
    const hosted = await refusalOf(
      place.openai.responses.create({ ...ask, tools: [{ type: 'web_search' }] }),
    )
    expect(hosted).toMatchObject({ code: 'unsupported_parameter', param: 'tools[0].type' })
    const bound = await refusalOf(
      place.openai.responses.create({ ...ask, max_output_tokens: 99_999 }),
    )
    expect(bound).toMatchObject({ code: 'invalid_value', param: 'max_output_tokens' })
    expect(place.upstream.requests).toHaveLength(0)
  })

  test('stored responses are at no address', async () => {
    const { responses } = place.openai
    const asked = [
      responses.retrieve('resp_1'),
      responses.delete('resp_1'),
      responses.cancel('resp_1'),
      responses.inputItems.list('resp_1'),
    ]
    for (const one of asked) {
      const error = await refusalOf(one)
      expect(error).toBeInstanceOf(NotFoundError)
      expect(error.code).toBe('unknown_url')
    }
  })

  test('nothing of a prompt or an answer is logged', async () => {
    place.upstream.become(answerWell(['SECRET-ANSWER']))
    await place.openai.responses.create({
      model: 'm',
      input: 'SECRET-PROMPT',
      instructions: 'SECRET-RULE',
    })
    await refusalOf(
      place.openai.responses.create({ model: 'm', input: 'SECRET-PROMPT', store: true }),
    )
    await place.newEntries()
    expect(place.gateway.log.length).toBeGreaterThan(0)
    expect(place.gateway.logText()).not.toContain('SECRET')
  })
})
