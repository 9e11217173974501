/*
 * What the field's verifiers find at two replicas that share a ledger: asked at one, fetched at the other as soon as the last
 * byte is there. The verifiers are test/support/convention-verifiers.ts, which has nothing of ours.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openRedisLedger } from '../../src/store/ledger-store-redis.ts'
import { askedMessages } from '../support/ask.ts'
import {
  type Asked,
  ed25519,
  ioNet,
  nearTypeScript,
  redPillPython,
  zeroG,
} from '../support/convention-verifiers.ts'
import {
  openTestChannel,
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import {
  answerWell,
  chunk,
  completion,
  type Script,
  type ScriptedUpstream,
  sse,
  sseDone,
  startScriptedUpstream,
  startSse,
  streamBytes,
} from '../support/scripted-upstream.ts'

const privateKey = randomPrivateKey()
const signer = addressOfPrivateKey(privateKey)

let redis: RedisServer
let upstream: ScriptedUpstream
let ledgers: readonly LedgerStore[]
let one: TestGateway
let other: TestGateway

const openLedger = () =>
  openRedisLedger({ url: redis.url, keyPrefix: 'vouch:', onFailure: () => undefined })

beforeAll(async () => {
  ;[redis, upstream] = await Promise.all([startRedisServer(), startScriptedUpstream()])
  const [first, second] = await Promise.all([openLedger(), openLedger()])
  ledgers = [first, second]
  await openTestChannel(first, 1_000_000_000n)
  const start = (ledger: LedgerStore) =>
    startGatewayOnLedger({
      upstreams: [
        { id: 'one', baseUrl: upstream.baseUrl },
        {
          id: 'aliased',
          baseUrl: upstream.baseUrl,
          offer: { modelName: 'maker/model:8b', upstreamModelName: 'm' },
        },
      ],
      replica: { ledger, channelId: testChannelId, privateKey },
    })
  ;[one, other] = await Promise.all([start(first), start(second)])
})

afterAll(async () => {
  await Promise.all([one.stop(), other.stop()])
  await Promise.all(ledgers.map((ledger) => ledger.close()))
  await upstream.close()
  await redis.stop()
})

/** Asked at one replica; everything else is fetched from the other. */
const asked = (fields: Readonly<Record<string, unknown>> = {}): Asked => ({
  origin: one.origin,
  apiKey: one.apiKey,
  evidenceOrigin: other.origin,
  evidenceApiKey: other.apiKey,
  body: { model: 'm', messages: askedMessages, ...fields },
})

const everythingHolds = {
  requestHashMatches: true,
  responseHashMatches: true,
  signatureValid: true,
}

/** What engines write that a careless gateway passes on or breaks. */
const odd = {
  numbers: '{"id":"chatcmpl-odd", "object":"chat.completion","created":1.0,"model":"m",',
  content: `"choices":[{"index":0,"message":{"role":"assistant","content":"é漢😀\\u2028\u2028 \\/"},`,
  rest: '"finish_reason":"stop","logprobs":null}],"z":1,"a":1e2,"a":2,"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8}}\n',
}
const oddWhole: Script = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(odd.numbers + odd.content + odd.rest)
}

const oddEvent = (content: string, finish: string) =>
  `data: {"id":"chatcmpl-odd","object":"chat.completion.chunk","created":1.0,"model":"m","choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":${finish}}]}\r\n\r\n`
const oddStreamBytes = Buffer.from(
  `: hello\r\n\r\n${oddEvent('é漢', 'null')}${oddEvent('😀\u2028', 'null')}${oddEvent('', '"stop"')}data: [DONE]\r\n\r\n`,
)

/** In pieces of one byte, so that characters, lines and events are split wherever they can be. */
const oddStream = streamBytes(Array.from(oddStreamBytes, (byte) => Uint8Array.of(byte)))

const twoChoices: Script = ({ json }, response) => {
  const whole = (index: number) => ({
    ...{ index, message: { role: 'assistant', content: `é${index}` }, finish_reason: 'stop' },
  })
  if (json['stream'] !== true) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...completion(''), choices: [whole(0), whole(1)] }))
    return
  }
  startSse(response)
  for (const index of [1, 0]) response.write(sse(chunk({ content: `é${index}` }, null, index)))
  for (const index of [0, 1]) response.write(sse(chunk({}, 'stop', index)))
  response.end(sseDone)
}

const toolCalls: Script = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const call = { id: 'c', type: 'function', function: { name: 'look', arguments: '{"at":"it"}' } }
  const message = { role: 'assistant', content: null, tool_calls: [call] }
  const usage = { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 }
  const choices = [{ index: 0, message, finish_reason: 'tool_calls', logprobs: null }]
  response.end(
    JSON.stringify({
      id: 'chatcmpl-tools',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices,
      usage,
    }),
  )
}

const answers: readonly [
  what: string,
  script: Script,
  fields: Readonly<Record<string, unknown>>,
][] = [
  ['an answer in one piece', answerWell(), {}],
  ['a stream', answerWell(), { stream: true }],
  [
    'a stream with its usage',
    answerWell(),
    { stream: true, stream_options: { include_usage: true } },
  ],
  ['an answer with odd numbers, spaces and characters', oddWhole, {}],
  ['a stream with CRLF, comments and split characters', oddStream, { stream: true }],
  ['tool calls without content', toolCalls, {}],
  ['two choices', twoChoices, { n: 2 }],
  ['two choices as a stream', twoChoices, { n: 2, stream: true }],
  ['a model whose name has a colon', answerWell(), { model: 'maker/model:8b' }],
  ['the same as a stream', answerWell(), { model: 'maker/model:8b', stream: true }],
]

describe.each(answers)('%s', (_what, script, fields) => {
  test.each([
    ["RedPill's Python", redPillPython],
    ["NEAR's TypeScript", nearTypeScript],
  ])('holds for %s', async (_verifier, check) => {
    upstream.become(script)
    expect(await check(asked(fields))).toEqual({ ...everythingHolds, attestationSigner: signer })
  })

  test('holds by Ed25519', async () => {
    upstream.become(script)
    expect(await ed25519(asked(fields))).toEqual(everythingHolds)
  })

  test("holds for 0G's", async () => {
    upstream.become(script)
    expect(await zeroG(asked(fields), signer)).toBe(true)
  })
})

test("holds for io.net's, in headers", async () => {
  upstream.become(answerWell())
  expect(await ioNet(asked())).toEqual({ ...everythingHolds, attestationSigner: signer })
})

test('and none of them holds for an answer of which a byte was changed', async () => {
  upstream.become(answerWell())
  const { text } = await answerOf(one)
  const { id } = JSON.parse(text) as { id: string }
  const signed = (await signatureOf(one, id)) as { text: string }
  expect(signed.text.split(':')[1]).toBe(await sha256Hex(text))
  expect(signed.text.split(':')[1]).not.toBe(await sha256Hex(`${text} `))
})

const answerOf = async ({ origin, apiKey }: TestGateway) => {
  const response = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: askedMessages }),
  })
  return { text: await response.text() }
}

const signatureOf = async ({ origin, apiKey }: TestGateway, id: string): Promise<unknown> =>
  (
    await fetch(`${origin}/v1/signature/${id}`, { headers: { authorization: `Bearer ${apiKey}` } })
  ).json()

const sha256Hex = async (text: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex')

test.each([{ stream: false }, { stream: true }])(
  'every replica signs the same, as soon as the last byte is there, %o',
  async ({ stream }) => {
    upstream.become(answerWell())
    const response = await fetch(`${one.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${one.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: askedMessages, stream }),
    })
    const received = await response.text()
    const id = response.headers.get('x-receipt-id') ?? ''
    const [there, here] = [await signatureOf(other, id), await signatureOf(one, id)]
    expect(there).toEqual(here)
    expect(there).toMatchObject({
      text: expect.stringContaining(`:${await sha256Hex(received)}`),
      signing_algo: 'ecdsa',
      signing_address: signer,
      signature_kind: 'gateway',
    })
  },
)
