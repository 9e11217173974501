/*
 * Lookups of contracts over HTTP (EIP-3668): who pays, what is told where nothing can be answered, and which statuses let a
 * client go on to the next URL. Real clients against a real chain are in test/e2e/ccip.test.ts.
 */
import { request as httpRequest } from 'node:http'
import { Interface } from 'ethers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lookupInputBytesMax } from '../../src/base/limits.ts'
import { encodeTensor } from '../../src/base/wire-tensor.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { unlimited } from '../../src/domain/caller-limits.ts'
import { workStatus } from '../../src/domain/receipt.ts'
import { address, type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import { callerLimits } from '../support/caller-limits.ts'
import { testChannelId, testDomain, testModelId } from '../support/gateway-on-ledger.ts'
import { completion } from '../support/scripted-upstream.ts'
import { signingUpstream } from '../support/signing-upstream.ts'
import { answerTensors, tinyAnswer, tinyOffer } from '../support/tensor-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const infer = new Interface([
  'function infer(bytes32 modelId, bytes input) view returns (bytes content, bytes packed)',
])
const sender = address(`0x${'5e'.repeat(20)}`)
const stranger = address(`0x${'57'.repeat(20)}`)
const poor = address(`0x${'90'.repeat(20)}`)
const other = address(`0x${'07'.repeat(20)}`)
const limited = address(`0x${'71'.repeat(20)}`)
const ids = (byte: string): Bytes32 => bytes32(`0x${byte.repeat(32)}`)
const [tinyId, renamedId, unsignedId] = [ids('71'), ids('4e'), ids('05')]
const cacheMs = 60_000
/** Of one key. */
const requestsPerMinuteMax = 6

const signer = signingUpstream()
const tinySigner = signingUpstream({
  privateKey: randomPrivateKey(),
  operator: address(`0x${'0d'.repeat(20)}`),
  domain: testDomain,
  modelId: tinyId,
})
let keyId = ''
const { apiKey: limitedKey } = createApiKey({
  label: 'limited',
  channelId: testChannelId,
  nowMs: 0,
})
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'signs', baseUrl, identity: signer.identity },
    {
      id: 'tiny',
      baseUrl,
      identity: tinySigner.identity,
      offer: { ...tinyOffer, modelId: tinyId },
    },
    {
      id: 'renames',
      baseUrl,
      identity: signer.identity,
      offer: { modelName: 'renamed', upstreamModelName: 'engine-name', modelId: renamedId },
    },
    { id: 'unsigned', baseUrl, offer: { modelName: 'unsigned', modelId: unsignedId } },
  ],
  limits: callerLimits(unlimited, {
    overrides: {
      of: (kind, id) =>
        kind === 'key' && id === limitedKey.apiKeyId ? { requestsPerMinuteMax } : undefined,
      put: async () => {},
      remove: async () => false,
    },
  }),
  lookups: ({ apiKeyId }) => {
    keyId = apiKeyId
    const account = { kind: 'account', channelId: testChannelId } as const
    return {
      cacheMs,
      anyone: undefined,
      senders: new Map([
        [sender, { payer: account, attestation: 'signed' }],
        [other, { payer: { kind: 'key', apiKeyId }, attestation: 'signed' }],
        [limited, { payer: { kind: 'key', apiKeyId: limitedKey.apiKeyId }, attestation: 'signed' }],
        [poor, { payer: { kind: 'account', channelId: ids('ee') }, attestation: 'signed' }],
      ]),
    }
  },
}))
beforeAll(() => gateway.apiKeys.insert(limitedKey))
afterAll(close)

beforeEach(() => {
  upstream.become(signer.answer(['Hello', ' there']))
})

const chat = (words = 'hi'): Buffer =>
  Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: words }] }))
const callOf = (input: Uint8Array, modelId: Bytes32 = testModelId): string =>
  infer.encodeFunctionData('infer', [modelId, input])

type Told = {
  readonly status: number
  readonly reason: string
  readonly headers: Headers
  readonly body: {
    readonly data?: string
    readonly message?: string
    readonly error?: { readonly code: string; readonly message: string; readonly param: string }
  }
}

const toldBy = async (answer: Response): Promise<Told> => ({
  status: answer.status,
  reason: answer.statusText,
  headers: answer.headers,
  body: (await answer.json()) as Told['body'],
})

const post = async (data: unknown, from: unknown = sender, path = '/ccip'): Promise<Told> =>
  toldBy(
    await fetch(gateway.origin + path, {
      method: 'POST',
      body: JSON.stringify({ sender: from, data }),
    }),
  )

const contentOf = ({ body }: Told): Buffer => {
  const [content] = infer.decodeFunctionResult('infer', body.data ?? '0x')
  return Buffer.from(String(content).slice(2), 'hex')
}

describe('a lookup is answered', () => {
  test('with the text and the receipt that names its hash and its input', async () => {
    const told = await post(callOf(chat()))
    expect(told.status).toBe(200)
    expect(contentOf(told).toString()).toBe('Hello there')
    const { receipts } = await newEntries()
    expect(receipts).toHaveLength(1)
    expect(receipts[0]?.receipt).toMatchObject({
      receiptId: told.headers.get('x-vouch-receipt'),
      tiers: 3,
      work: { contentHash: keccak256(contentOf(told)), modelId: testModelId },
    })
    const [request] = upstream.requests.slice(-1)
    expect(request?.body).toEqual(chat())
    expect(request?.headers['authorization']).toBeUndefined()
  })

  test.each(['/ccip', `/ccip/${sender}`, `/ccip/${sender.toUpperCase().replace('X', 'x')}.json`])(
    'at POST %s',
    async (path) => {
      expect((await post(callOf(chat('post')), sender, path)).status).toBe(200)
    },
  )

  test.each(['', '.json'])('at GET, with the suffix "%s"', async (suffix) => {
    const url = `${gateway.origin}/ccip/${sender}/${callOf(chat('get'))}${suffix}`
    expect((await toldBy(await fetch(url))).status).toBe(200)
    expect((await toldBy(await fetch(url, { method: 'POST', body: '{}' }))).status).toBe(200)
  })

  test('of a provable model', async () => {
    upstream.become(answerTensors(tinySigner, undefined, { modelId: tinyId }))
    const integers = [16, -32, 100]
    const told = await post(callOf(encodeTensor(Int32Array.from(integers)), tinyId))
    expect(contentOf(told)).toEqual(Buffer.from(encodeTensor(tinyAnswer(integers))))
  })

  test('with its tool calls in canonical JSON, where it has no text', async () => {
    const called = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
    const whole = completion('') as { readonly choices: readonly { readonly message: object }[] }
    const [choice] = whole.choices
    const message = { role: 'assistant', content: null, tool_calls: [called] }
    const body = Buffer.from(JSON.stringify({ ...whole, choices: [{ ...choice, message }] }))
    const canonical =
      '[{"function":{"arguments":"{\\"a\\":1}","name":"f"},"id":"c","type":"function"}]'
    const contentHash = keccak256(Buffer.from(canonical))
    const counted = { promptTokens: 5, completionTokens: 3, contentHash }
    upstream.become(signer.answerBody(body, 'application/json', counted))
    expect(contentOf(await post(callOf(chat('call')))).toString()).toBe(canonical)
  })
})

describe('the same question', () => {
  test('is answered again, and another one is not', async () => {
    await newEntries()
    await post(callOf(chat('again')))
    const told = await post(callOf(chat('again')), sender, `/ccip/${sender}`)
    expect(contentOf(told).toString()).toBe('Hello there')
    expect((await newEntries()).receipts).toHaveLength(1)
    await post(callOf(chat('again?')))
    expect((await newEntries()).receipts).toHaveLength(1)
  })

  test('is not shared with who has another payer', async () => {
    await newEntries()
    await post(callOf(chat('shared')))
    await post(callOf(chat('shared')), other)
    expect((await newEntries()).receipts).toHaveLength(2)
  })

  test('whose client has left is answered to its end, for it to ask again', async () => {
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const answer = signer.answer(['late'])
    upstream.become(async (request, response) => {
      isAsked()
      await released
      await answer(request, response)
    })
    const leaving = httpRequest(`${gateway.origin}/ccip`, { method: 'POST' })
    leaving.on('error', () => {})
    leaving.end(JSON.stringify({ sender, data: callOf(chat('slow')) }))
    await asked
    const gone = new Promise((done) => leaving.once('close', done))
    leaving.destroy()
    await gone
    const again = post(callOf(chat('slow')))
    release()
    expect(contentOf(await again).toString()).toBe('late')
    expect((await newEntries()).receipts).toHaveLength(1)
  })
})

describe('refused is', () => {
  const good = callOf(chat())
  const badRequests: Readonly<Record<string, readonly [unknown, unknown?, string?]>> = {
    'no call': ['0x'],
    'another call': [`0xdeadbeef${good.slice(10)}`],
    'no hex': ['hello'],
    'no data': [undefined],
    'no address': [good, '0x12'],
    'another sender in the path': [good, sender, `/ccip/${stranger}`],
    'no JSON as input': [callOf(Buffer.from('hello'))],
    'a stream': [callOf(Buffer.from('{"model":"m","messages":[],"stream":true}'))],
  }
  test.each(Object.entries(badRequests))('%s, with 400', async (_name, [data, from, path]) => {
    const told = await post(data, from, path)
    expect(told.status).toBe(400)
    expect(told.body.message).toBe(told.body.error?.message)
    expect(told.body.message).toMatch(/\.$/)
    expect(told.reason).toBe(told.body.error?.code)
  })

  test('what is not JSON, with 400, and what is too long, with 413 or 414', async () => {
    const posted = (body: string) => fetch(`${gateway.origin}/ccip`, { method: 'POST', body })
    expect((await toldBy(await posted('hello'))).status).toBe(400)
    const long = Buffer.alloc(lookupInputBytesMax + 4_096, ' ')
    expect(
      (await toldBy(await posted(JSON.stringify({ sender, data: callOf(long) })))).status,
    ).toBe(413)
    const path = await fetch(`${gateway.origin}/ccip/${sender}/${callOf(Buffer.alloc(4_096))}`)
    expect(await toldBy(path)).toMatchObject({
      status: 414,
      body: { message: expect.stringContaining('POST'), error: { code: 'lookup_uri_too_long' } },
    })
  })

  const elsewhere: Readonly<Record<string, readonly [string, string, string]>> = {
    'who is not served': [good, stranger, 'sender_not_served'],
    'a model that nobody has': [callOf(chat(), ids('99')), sender, 'model_not_found'],
    'a model whose contributor does not sign': [
      callOf(
        Buffer.from('{"model":"unsigned","messages":[{"role":"user","content":"hi"}]}'),
        unsignedId,
      ),
      sender,
      'model_not_verifiable',
    ],
    'a model whose engine knows it by another name': [
      callOf(
        Buffer.from('{"model":"renamed","messages":[{"role":"user","content":"hi"}]}'),
        renamedId,
      ),
      sender,
      'model_not_verifiable',
    ],
    'who has no money here': [good, poor, 'channel_not_found'],
  }
  test.each(Object.entries(elsewhere))(
    '%s, with 503: another gateway may do better',
    async (_name, [data, from, code]) => {
      const before = upstream.requests.length
      expect(await post(data, from)).toMatchObject({ status: 503, body: { error: { code } } })
      expect(upstream.requests).toHaveLength(before)
    },
  )

  test('an answer that its contributor did not finish, and it is not kept', async () => {
    const body = Buffer.from(JSON.stringify(completion('half')))
    const contentHash = keccak256(Buffer.from('half'))
    const said = { promptTokens: 5, completionTokens: 3, contentHash }
    const status = workStatus.truncatedByBudget
    upstream.become(signer.answerBody(body, 'application/json', { ...said, status }))
    const told = await post(callOf(chat('half')))
    expect(told.status).toBe(502)
    upstream.become(signer.answer(['whole']))
    expect(contentOf(await post(callOf(chat('half')))).toString()).toBe('whole')
  })

  test('who asks more than its key may, with 429; what is kept is not counted', async () => {
    const asked = Array.from({ length: requestsPerMinuteMax }, (_, index) => chat(`${index}`))
    for (const input of asked) expect((await post(callOf(input), limited)).status).toBe(200)
    const more = await post(callOf(chat('more')), limited)
    expect(more).toMatchObject({ status: 429, body: { error: { code: 'rate_limit_exceeded' } } })
    expect(Number(more.headers.get('retry-after'))).toBeGreaterThan(0)
    for (const input of asked) expect((await post(callOf(input), limited)).status).toBe(200)
  })

  test('all, with 405 or 404, that is no lookup', async () => {
    const put = await fetch(`${gateway.origin}/ccip/${sender}/0x`, { method: 'PUT' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST'])
    expect((await fetch(`${gateway.origin}/ccip/a/b/c`)).status).toBe(404)
    expect((await fetch(`${gateway.origin}/ccipx`)).status).toBe(404)
  })
})

describe('a page of any origin', () => {
  const origin = { origin: 'https://wallet.example' }

  test('may ask, and may read why it is refused', async () => {
    const preflight = await fetch(`${gateway.origin}/ccip`, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
    for (const data of [callOf(chat()), '0x']) {
      const url = `${gateway.origin}/ccip/${sender}/${data}`
      const answer = await fetch(url, { headers: origin })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      await answer.arrayBuffer()
    }
  })

  test('may still ask nothing else', async () => {
    const answer = await fetch(`${gateway.origin}/v1/models`, { headers: origin })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    await answer.arrayBuffer()
  })
})

describe('the key that pays', () => {
  beforeAll(() => expect(keyId).toMatch(/^key_[0-9a-f]{24}$/))

  test('pays for nothing once it is revoked', async () => {
    expect((await post(callOf(chat('before')), other)).status).toBe(200)
    expect(await gateway.apiKeys.revoke(keyId, Date.now())).toBe(true)
    const told = await post(callOf(chat('after')), other)
    expect(told).toMatchObject({ status: 503, body: { error: { code: 'invalid_api_key' } } })
  })
})
