/*
 * What a contributor sends to the joining routes, taken down by a server of the test; test/e2e/joining.test.ts has the
 * gateway's side of it.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { sha256Hex } from '../../../src/base/sha256.ts'
import {
  joinPoolDigest,
  leavePoolDigest,
  standingQueryDigest,
} from '../../../src/chain/joining-typed-data.ts'
import { contributorDomain } from '../../../src/chain/payout-typed-data.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, recoverSigner } from '../../../src/chain/signatures.ts'
import {
  askStanding,
  joinablePlaceOf,
  joinGateway,
  leaveGateway,
  readJoiningTerms,
  saysNotJoined,
} from '../../../src/contributor/join-gateway.ts'
import { address, bytes32, signature, unixSeconds } from '../../../src/domain/units.ts'

const account = (digits: string) => address(`0x${digits.repeat(20)}`)
const signingKey = randomPrivateKey()
const nowMs = 1_000_000_001_000
const member = { contributor: account('c0'), signingKey, nowMs }
const domain = contributorDomain({ chainId: 31337, verifyingContract: account('4e') })
const token = { address: account('a5'), symbol: 'devUSD', decimals: 6 }
const prices = { prompt: '1', cached_prompt: '1', completion: '2' }

const joiningTerms = {
  object: 'vouch.joining_terms',
  open: true,
  approval: false,
  fee_bps: 1000,
  min_stake: '100',
  gateway: account('6a'),
  gateway_keys: [account('6b')],
  tunnel: '/v1/contributors/tunnel',
  chain: {
    chain_id: 31337,
    rpc_url: null,
    contributor_registry: account('4e'),
    receipt_verifier: account('4f'),
    settlement: account('50'),
    open_claim_authorizer: account('51'),
    payout_token: token,
    withdraw_delay_min_s: 3600,
  },
  asset: token,
  models: [{ id: 'm', model_id: null, price_max: prices }],
  any_model: null,
}
const standing = {
  object: 'vouch.joined_contributor',
  id: account('c0'),
  contributor: account('c0'),
  signing_addresses: [addressOfPrivateKey(signingKey)],
  url: null,
  connected: true,
  state: 'healthy',
  cause: null,
  in_flight: 0,
  models: [],
}

type Taken = { readonly request: IncomingMessage; readonly body: string }
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Answers every request with `answer`, and tells what it was asked. */
async function answering(
  answer: object,
  status = 200,
): Promise<{ origin: string; taken: Taken[] }> {
  const taken: Taken[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    taken.push({ request, body: Buffer.concat(chunks).toString() })
    response.statusCode = status
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, taken }
}

const placeAt = (origin: string) => ({
  origin,
  gateway: account('6a'),
  chainId: 31337,
  contributorRegistry: account('4e'),
})
const headerOf = ({ request }: Taken) =>
  JSON.parse(
    Buffer.from(String(request.headers.authorization).slice(6), 'base64url').toString(),
  ) as { nonce: number; validUntil: number; signature: string }

test('reads the terms, and what orders are signed for out of them', async () => {
  const { origin } = await answering(joiningTerms)
  const terms = await readJoiningTerms(origin)
  expect(terms.ok && joinablePlaceOf(origin, terms.value)).toEqual(placeAt(origin))
  expect(terms.ok && terms.value.models[0]?.price_max.completion).toBe(2n)
})

test.each([
  ['an amount that is a number', { ...joiningTerms, min_stake: 100 }],
  ['a key that is none', { ...joiningTerms, gateway_keys: ['0x12'] }],
  ['a chain without a registry', { ...joiningTerms, chain: { chain_id: 1 } }],
  ['a tunnel that is elsewhere', { ...joiningTerms, tunnel: 'http://10.0.0.1/admin' }],
  ['a tunnel of another host', { ...joiningTerms, tunnel: '//10.0.0.1/admin' }],
  ['a tunnel of another host, as browsers read it', { ...joiningTerms, tunnel: '/\\10.0.0.1' }],
])('does not take terms with %s', async (_, answer) => {
  const { origin } = await answering(answer)
  const terms = await readJoiningTerms(origin)
  expect(!terms.ok && terms.error.reason).toBe('gateway_unintelligible')
})

test('signs what it offers, with the hash of its key and never the key itself', async () => {
  const { origin, taken } = await answering(standing)
  const model = {
    id: 'm',
    modelId: `0x${'33'.repeat(32)}`,
    contextTokensMax: 1024,
    price: { promptPerMtok: '0.1', completionPerMtok: '0.4' },
  }
  const offered = { terms: { url: 'https://agent.example/v1', models: [model] }, apiKey: 'k-1' }
  const joined = await joinGateway(placeAt(origin), offered, member)
  expect(joined.ok && joined.value.state).toBe('healthy')
  const { request, body } = taken[0] as Taken
  expect([request.method, request.url]).toEqual(['POST', '/v1/contributors'])
  const sent = JSON.parse(body)
  expect(JSON.parse(sent.terms)).toEqual(offered.terms)
  const digest = joinPoolDigest(domain, {
    gateway: account('6a'),
    contributor: member.contributor,
    terms: sent.terms,
    apiKeyHash: bytes32(`0x${sha256Hex('k-1')}`),
    nonce: nowMs,
    validUntil: unixSeconds(sent.validUntil),
  })
  expect(recoverSigner(digest, signature(sent.signature))).toBe(addressOfPrivateKey(signingKey))
})

test('asks and leaves with what it signed for that and nothing else', async () => {
  const { origin, taken } = await answering(standing)
  await askStanding(placeAt(origin), member)
  await leaveGateway(placeAt(origin), member)
  const [asked, left] = taken as [Taken, Taken]
  expect([asked.request.method, left.request.method]).toEqual(['GET', 'DELETE'])
  const query = { gateway: account('6a'), contributor: member.contributor }
  const until = unixSeconds(headerOf(asked).validUntil)
  expect(until).toBeGreaterThan(nowMs / 1000)
  const askedFor = standingQueryDigest(domain, { ...query, validUntil: until })
  const leftBy = leavePoolDigest(domain, { ...query, nonce: nowMs, validUntil: until })
  const signer = addressOfPrivateKey(signingKey)
  expect(recoverSigner(askedFor, signature(headerOf(asked).signature))).toBe(signer)
  expect(recoverSigner(leftBy, signature(headerOf(left).signature))).toBe(signer)
})

test.each([
  ['contributor_not_joined', true],
  ['unknown_url', false],
])(
  'a gateway that answers %s has the contributor in its pool no more: %s',
  async (code, expected) => {
    const { origin } = await answering({ error: { message: 'no', code } }, 404)
    const left = await leaveGateway(placeAt(origin), member)
    expect(!left.ok && saysNotJoined(left.error)).toBe(expected)
  },
)
