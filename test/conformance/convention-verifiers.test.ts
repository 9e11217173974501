/*
 * What the field's verifiers find at two replicas that share a ledger: asked at one, fetched at the other as soon as the last
 * byte is there. The verifiers are test/support/convention-verifiers.ts, which has nothing of ours.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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

describe('who changes a word on the way', () => {
  let between: Server
  let betweenOrigin: string

  /** Hands everything on, and one word of each answer as another. */
  beforeAll(async () => {
    between = createServer(async (incoming, outgoing) => {
      const body = Buffer.concat(await incoming.toArray())
      const { authorization = '', 'x-signature-headers': asked } = incoming.headers
      const answer = await fetch(one.origin + incoming.url, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          ...(typeof asked === 'string' && { 'x-signature-headers': asked }),
        },
        body,
      })
      const names = ['text', 'signature', 'signing_address', 'signing_algo']
      for (const name of names) outgoing.setHeader(name, answer.headers.get(name) ?? '')
      outgoing.writeHead(answer.status)
      outgoing.end((await answer.text()).replace('Hello', 'Hullo'))
    })
    between.listen(0, '127.0.0.1')
    await once(between, 'listening')
    betweenOrigin = `http://127.0.0.1:${(between.address() as AddressInfo).port}`
  })
  afterAll(() => between.close())

  const altered = { ...everythingHolds, responseHashMatches: false }

  test.each([
    ["RedPill's Python", redPillPython],
    ["NEAR's TypeScript", nearTypeScript],
    ['Ed25519', ed25519],
  ])('is seen by %s, unary and streamed', async (_verifier, check) => {
    upstream.become(answerWell())
    for (const stream of [false, true]) {
      expect(await check({ ...asked({ stream }), origin: betweenOrigin })).toMatchObject(altered)
    }
  })

  test("is seen by io.net's", async () => {
    upstream.become(answerWell())
    expect(await ioNet({ ...asked(), origin: betweenOrigin })).toMatchObject(altered)
  })

  test("and another key is seen by 0G's, which alone knows the right one", async () => {
    upstream.become(answerWell())
    expect(await zeroG(asked(), addressOfPrivateKey(randomPrivateKey()))).toBe(false)
  })
})

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
