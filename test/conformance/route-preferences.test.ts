/*
 * What a caller says about who answers changes who is asked, and is seen by no contributor. Each contributor is a key of
 * one upstream, so that the upstream's own record tells who was asked, and with which bytes.
 */
import { hash } from 'node:crypto'
import OpenAI, { BadRequestError } from 'openai'
import { afterEach, describe, expect, test } from 'vitest'
import { conclude } from '../../src/client/check-line.ts'
import { anyReceipt } from '../../src/client/check-policy.ts'
import { readReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors, type TrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import type { RouteRefusal } from '../../src/routing/filter-lanes.ts'
import { ask, askBody, askedMessages } from '../support/ask.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  type TestUpstream,
  testVerifier,
} from '../support/gateway-on-ledger.ts'
import { routeRequest } from '../support/routing.ts'
import {
  answerStatus,
  answerWell,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { signingUpstream } from '../support/signing-upstream.ts'

type Place = {
  readonly upstream: ScriptedUpstream
  readonly gateway: TestGateway
  /** Ids of who was asked since the last call, in order. */
  readonly asked: () => readonly string[]
}

const running: Place[] = []

afterEach(async () => {
  for (const { upstream, gateway } of running.splice(0)) {
    await gateway.stop()
    await upstream.close()
    expect(gateway.internalErrors).toEqual([])
  }
})

async function start(
  script: Script,
  ...contributors: readonly Omit<TestUpstream, 'baseUrl' | 'apiKey'>[]
): Promise<Place> {
  const upstream = await startScriptedUpstream(script)
  const { baseUrl } = upstream
  const gateway = await startGatewayOnLedger({
    upstreams: contributors.map((one) => ({ ...one, baseUrl, apiKey: one.id })),
  })
  let seen = 0
  const asked = () => {
    const ids = upstream.requests
      .slice(seen)
      .map(({ headers }) => (headers.authorization ?? '').replace('Bearer ', ''))
    seen = upstream.requests.length
    return ids
  }
  const place = { upstream, gateway, asked }
  running.push(place)
  return place
}

/** The same price, so that nothing but the wish decides. */
const three = [{ id: 'a' }, { id: 'b' }, { id: 'c' }]
const repeats = 6

/** Whoever is named fails; the others answer. */
const failing =
  (...ids: readonly string[]): Script =>
  (request, response) =>
    ids.some((id) => request.headers.authorization === `Bearer ${id}`)
      ? answerStatus(500, '')(request, response)
      : answerWell()(request, response)

describe.each(['body', 'header'] as const)('by %s', (way) => {
  const askWith = (gateway: TestGateway, routing: Record<string, unknown>) =>
    way === 'body'
      ? ask(gateway, { routing })
      : askBody(gateway, JSON.stringify({ model: 'm', messages: askedMessages }), {
          'x-vouch-routing': JSON.stringify(routing),
        })

  test('only: nobody else is asked', async () => {
    const { gateway, asked } = await start(answerWell(), ...three)
    for (const id of ['c', 'a', 'b']) {
      for (let count = 0; count < repeats; count += 1) {
        const answer = await askWith(gateway, { only: [id] })
        expect(answer.status).toBe(200)
        expect(answer.headers.get('x-vouch-contributor')).toBe(id)
      }
      expect(new Set(asked())).toEqual(new Set([id]))
    }
  })

  test('only, when that one fails, ends there', async () => {
    const { gateway, asked } = await start(failing('b'), ...three)
    expect(await askWith(gateway, { only: ['b'] })).toMatchObject({
      status: 503,
      error: { code: 'upstream_unavailable' },
    })
    expect(asked()).toEqual(['b'])
  })

  test('ignore: never asked, even when the others fail', async () => {
    const { gateway, asked } = await start(failing('a', 'b'), ...three)
    expect(await askWith(gateway, { ignore: ['c'] })).toMatchObject({ status: 503 })
    expect([...asked()].sort()).toEqual(['a', 'b'])
  })

  test('order: asked first, in that order, then the others', async () => {
    const { gateway, asked } = await start(failing('c', 'b'), ...three)
    expect(await askWith(gateway, { order: ['c', 'b'] })).toMatchObject({ status: 200 })
    expect(asked()).toEqual(['c', 'b', 'a'])
  })

  test('allow_fallbacks false: nobody outside the order', async () => {
    const { gateway, asked } = await start(failing('c', 'b'), ...three)
    const wish = { order: ['c', 'b'], allow_fallbacks: false }
    expect(await askWith(gateway, wish)).toMatchObject({ status: 503 })
    expect(asked()).toEqual(['c', 'b'])
  })

  test('allow_fallbacks false without an order: nobody after the first', async () => {
    const { gateway, asked } = await start(failing('a', 'b', 'c'), ...three)
    expect(await askWith(gateway, { allow_fallbacks: false })).toMatchObject({ status: 503 })
    expect(asked()).toHaveLength(1)
    expect(await askWith(gateway, {})).toMatchObject({ status: 503 })
    expect(asked()).toHaveLength(3)
  })

  test('max_price: US dollars per million tokens, and the bound itself is allowed', async () => {
    const { gateway, asked } = await start(
      answerWell(),
      { id: 'dear', completionPrice: 400_001n },
      { id: 'fair', completionPrice: 400_000n },
    )
    // Nobody but the dearer one is in the order: the price comes first.
    const wish = { order: ['dear'], max_price: { completion: '0.4' } }
    expect(await askWith(gateway, wish)).toMatchObject({ status: 200 })
    expect(asked()).toEqual(['fair'])
    const dearer = { order: ['dear'], max_price: { prompt: 1, completion: '0.400001' } }
    expect(await askWith(gateway, dearer)).toMatchObject({ status: 200 })
    expect(asked()).toEqual(['dear'])
  })

  test('region: only who computes there', async () => {
    const { gateway, asked } = await start(
      answerWell(),
      { id: 'a' },
      { id: 'b', region: 'eu', completionPrice: 9_000_000n },
      { id: 'c', region: 'us' },
    )
    for (let count = 0; count < repeats; count += 1) await askWith(gateway, { region: 'eu' })
    expect(asked()).toEqual(Array.from({ length: repeats }, () => 'b'))
  })
})

test('sort by price asks the cheapest where the score would not, because it is busy', async () => {
  const hold: (() => void)[] = []
  const { upstream, gateway, asked } = await start(
    (request, response) => {
      if (request.json['user'] === 'waits') hold.push(() => void answerWell()(request, response))
      else void answerWell()(request, response)
    },
    { id: 'cheap', completionPrice: 2_000_000n, limits: { concurrencyMax: 2 } },
    { id: 'idle', completionPrice: 2_200_000n, limits: { concurrencyMax: 2 } },
  )
  const waiting = ask(gateway, { user: 'waits', routing: { only: ['cheap'] } })
  await upstream.nextRequest()
  asked()
  await ask(gateway)
  expect(asked()).toEqual(['idle'])
  await ask(gateway, { routing: { sort: 'price' } })
  expect(asked()).toEqual(['cheap'])
  for (const answer of hold) answer()
  expect(await waiting).toMatchObject({ status: 200 })
})

test('affinity keeps one name with one contributor, whatever is asked', async () => {
  const { gateway, asked } = await start(answerWell(), ...three)
  await ask(gateway, { routing: { affinity: 'session', only: ['b'] } })
  // Whose prompt begins so is remembered where there is a choice.
  await ask(gateway, { routing: { affinity: 'session', order: ['b'] } })
  asked()
  for (let count = 0; count < repeats; count += 1) {
    const messages = [{ role: 'user', content: `question ${count}` }]
    await ask(gateway, { messages, routing: { affinity: 'session' } })
  }
  expect(asked()).toEqual(Array.from({ length: repeats }, () => 'b'))
})

type Filter = Extract<RouteRefusal, { readonly kind: 'constraint' }>['filter']

test.each<[Filter, Record<string, unknown>]>([
  ['only', { routing: { only: ['nobody'] } }],
  ['ignore', { routing: { ignore: ['a', 'b', 'c'] } }],
  ['order', { routing: { order: ['nobody'], allow_fallbacks: false } }],
  ['region', { routing: { region: 'the moon' } }],
  ['max_price', { routing: { max_price: { prompt: '0.999999' } } }],
  ['attestation', { attestation: { mode: 'signed' } }],
])('a wish that leaves nobody is named: %s; nothing is held or charged', async (filter, fields) => {
  const { gateway, asked } = await start(answerWell(), ...three)
  const answer = await ask(gateway, fields)
  expect(answer).toMatchObject({ status: 404, error: { code: 'constraint_filtered' } })
  expect(answer.error?.['message']).toContain(`: ${filter}.`)
  expect(asked()).toEqual([])
  const { channel, receipts } = await gateway.books()
  expect(channel).toMatchObject({ heldAmount: 0n, chargedCumulativeAmount: 0n })
  expect(receipts).toEqual([])
})

test('who is known to be slow to its first token is not asked where that is bounded', async () => {
  const { gateway, asked } = await start(answerWell(), { id: 'a' })
  // A day to the first token, as if it had been seen.
  const begun = await gateway.pool.route(routeRequest()).next(Date.now())
  if (!begun.ok) throw new Error(begun.error.kind)
  begun.value.ended({ kind: 'served' }, { firstTokenMs: 86_400_000 }, Date.now())
  const answer = await ask(gateway, { routing: { max_ttft_ms: 600_000 } })
  expect(answer).toMatchObject({ status: 404, error: { code: 'constraint_filtered' } })
  expect(asked()).toEqual([])
  expect(await ask(gateway)).toMatchObject({ status: 200 })
})

describe('what is said to the gateway', () => {
  const signer = signingUpstream()
  const anchorsOf = ({ operator }: TestGateway): TrustAnchors => ({
    ...noTrustAnchors,
    receiptVerifier: { chainId: 31337, verifyingContract: testVerifier },
    gatewayKeys: [{ operator, key: operator }],
    contributorKeys: signer.identity.signingAddresses.map((key) => ({
      operator: signer.identity.operator,
      key,
    })),
  })

  test.each([false, true])(
    'reaches no contributor; the rest of the bytes does (stream %s)',
    async (stream) => {
      const { upstream, gateway } = await start(signer.answer(['Signed', '.']), {
        id: 'signer',
        identity: signer.identity,
      })
      const kept = `"model":"m", "seed": 12345678901234567890,"messages":${JSON.stringify(askedMessages)},"stream":${stream}`
      const ours = '"routing":{"only":["signer"]},"attestation" : {"mode":"signed"}'
      const body = `{${ours},${kept}}`
      const answer = await askBody(gateway, body)
      expect(answer).toMatchObject({ status: 200, content: 'Signed.' })
      const [request] = upstream.requests
      expect(request?.body.toString()).toBe(`{${kept}}`)
      const { receipts } = await gateway.books()
      const [document] = receipts
      expect(document?.receipt.requestHash).toBe(`0x${hash('sha256', body)}`)
      expect(document?.receipt.work.inputHash).toBe(`0x${hash('sha256', `{${kept}}`)}`)
      const parsed = readReceiptDocument(document)
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
      const lines = verifyReceipt({
        receipt: parsed.value,
        evidence: {
          content: [Buffer.from('Signed.')],
          request: Buffer.from(body),
          response: Buffer.from(answer.text),
        },
        anchors: anchorsOf(gateway),
        policy: anyReceipt,
        nowMs: Date.now(),
      })
      expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
      expect(conclude(lines)).toBe('holds')
    },
  )

  test('leaves the bytes alone where it comes by header', async () => {
    const { upstream, gateway } = await start(signer.answer(['Signed']), {
      id: 'signer',
      identity: signer.identity,
    })
    const body = JSON.stringify({ model: 'm', messages: askedMessages })
    await askBody(gateway, body, { 'x-vouch-routing': '{"only":["signer"]}' })
    expect(upstream.requests[0]?.body.toString()).toBe(body)
    expect(upstream.requests[0]?.headers).not.toHaveProperty('x-vouch-routing')
    const { receipts } = await gateway.books()
    expect(receipts[0]?.receipt.work.inputHash).toBe(receipts[0]?.receipt.requestHash)
  })

  test('asked for a signature, only who signs is asked', async () => {
    const plainly = answerWell()
    const { gateway, asked } = await start(
      (request, response) =>
        request.headers['x-vouch-job'] === undefined
          ? plainly(request, response)
          : signer.answer(['Signed'])(request, response),
      { id: 'plain' },
      { id: 'signer', identity: signer.identity, completionPrice: 900_000_000n },
    )
    expect(await ask(gateway, { attestation: { mode: 'none' } })).toMatchObject({ status: 200 })
    expect(asked()).toEqual(['plain'])
    expect(await ask(gateway, { attestation: { mode: 'signed' } })).toMatchObject({
      status: 200,
      content: 'Signed',
    })
    expect(asked()).toEqual(['signer'])
  })
})

describe('the openai client', () => {
  const clientOf = ({ origin, apiKey }: TestGateway) =>
    new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'Say hello.' }]

  test('sends it as a field of its own, or as a header', async () => {
    const { gateway, asked } = await start(answerWell(), ...three)
    const { completions } = clientOf(gateway).chat
    const withField = { model: 'm', messages, routing: { only: ['c'] } }
    const answer = await completions.create(withField)
    expect(answer.choices[0]?.message.content).toBe('Hello there!')
    const headers = { 'x-vouch-routing': '{"only":["b"]}' }
    await completions.create({ model: 'm', messages }, { headers })
    expect(asked()).toEqual(['c', 'b'])
  })

  test('is told which wish cannot be read', async () => {
    const { gateway, asked } = await start(answerWell(), ...three)
    const wrong = { model: 'm', messages, routing: { max_price: { prompt: 'cheap' } } }
    const refused = await clientOf(gateway)
      .chat.completions.create(wrong)
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(BadRequestError)
    expect(refused).toMatchObject({
      status: 400,
      code: 'invalid_value',
      param: 'routing.max_price.prompt',
      type: 'invalid_request_error',
    })
    expect(asked()).toEqual([])
  })
})
