/*
 * What can be tried with lent keys and with the admin API: by lenders, by their services, by whoever sees an order or the
 * disk, and by whoever guesses. Each test is a row of docs/payments-attacks.md.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { refusalsAtOnceMax, registrationsAtOnceMax } from '../../src/base/limits.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { lendKeyBody, withdrawAuthorization } from '../../src/client/lending-orders.ts'
import { address } from '../../src/domain/units.ts'
import { type LendingPlace, openLendingPlace, type Served } from '../support/lending-place.ts'

const lentKey = 'sk-lent-planted-marker'
const otherKey = 'sk-other-planted-marker'
let place: LendingPlace
let serving: Served
/** The same, as a careful operator sets it. */
let careful: Served
let apiKey: string
/** A service inside the network, which nobody outside should reach. */
let inside: Server
let heardInside = 0

const lendingOf = (allowPrivate: boolean) => `lending:
  open: true
  approval: false
  allowHttp: true
  allowPrivateNetworks: ${allowPrivate}
  keysMax: 6
  models:
    - id: lent-model
      contextTokensMax: 4096
      price: { promptPerMtok: '1', completionPerMtok: '2' }
`

beforeAll(async () => {
  place = await openLendingPlace(lentKey, otherKey)
  inside = createServer((_request, response) => {
    heardInside += 1
    response.end('{"data":[],"choices":[]}')
  }).listen(0, '127.0.0.1')
  await once(inside, 'listening')
  serving = await place.start(place.configOf(lendingOf(true)))
  apiKey = await place.openAccount(serving.process)
  careful = await place.start(
    place.configOf(lendingOf(false), (text) =>
      text.replace(/dataFolder: .*/, `dataFolder: ${join(place.folder, 'careful')}`),
    ),
  )
})
afterAll(async () => {
  await serving.process.kill()
  await careful.process.kill()
  inside.closeAllConnections()
  inside.close()
  await place.close()
})

const portOf = (server: Server) => (server.address() as AddressInfo).port
const termsOf = (change: object = {}) => ({
  url: place.service.baseUrl,
  keyId: 'main',
  models: [{ id: 'lent-model', upstreamId: 'm' }],
  ...change,
})
const lend = (change: Partial<Parameters<Served['lend']>[0]> = {}, at = serving) =>
  at.lend({ apiKey: lentKey, terms: termsOf(), ...change })
/** One that is asked for answers; the escrow of its lender is on the chain. */
async function lentAndServed(walletKey = randomPrivateKey()): Promise<string> {
  const lent = await lend({ walletKey })
  expect([lent.status, lent.code]).toEqual([200, undefined])
  await vi.waitFor(async () => {
    expect((await serving.ask(apiKey, 'lent-model')).status).toBe(200)
  }, 20_000)
  return String(lent.json['id'])
}
const withdraw = (id: string, walletKey: ReturnType<typeof randomPrivateKey>) =>
  serving.call('DELETE', `/v1/contributors/keys/${id}`, {
    authorization: withdrawAuthorization(serving.place, id, { walletKey, nowMs: Date.now() }),
  })

test('no URL of a stranger makes the gateway speak to its own machine or network', async () => {
  const port = portOf(inside)
  const urls = [
    // A name that means this machine, as one does that was rebound: found out when it is dialled.
    `http://localhost:${port}/v1`,
    ...[`http://127.0.0.1:${port}/v1`, `http://127.1:${port}/v1`, `http://2130706433:${port}/v1`],
    ...[`http://0x7f.0.0.1:${port}/v1`, `http://[::1]:${port}/v1`, `http://0.0.0.0:${port}/v1`],
    ...[`http://[::ffff:127.0.0.1]:${port}/v1`, 'http://169.254.169.254/v1', 'http://10.0.0.1/v1'],
  ]
  for (const url of urls) {
    const answer = await lend({ terms: termsOf({ url }) }, careful)
    expect([url, answer.status]).toEqual([url, 400])
    expect(['lent_terms_unacceptable', 'lent_key_unusable']).toContain(answer.code)
  }
  expect(heardInside).toBe(0)
})

test('a service that sends the gateway elsewhere is not followed, before or after it is lent', async () => {
  const walletKey = randomPrivateKey()
  const id = await lentAndServed(walletKey)
  const location = `http://127.0.0.1:${portOf(inside)}/v1/chat/completions`
  place.service.become((_request, response) => {
    response.writeHead(307, { location }).end()
  })
  const answer = await serving.ask(apiKey, 'lent-model')
  expect(answer).toMatchObject({ status: 502, code: 'upstream_bad_response' })
  const again = await lend({ walletKey: randomPrivateKey() })
  expect(again).toMatchObject({ status: 400, code: 'lent_key_unusable' })
  expect(heardInside).toBe(0)
  await withdraw(id, walletKey)
})

test('a service that repeats the key in its errors tells it to nobody', async () => {
  const walletKey = randomPrivateKey()
  place.service.become((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'Hi' } }] }))
  })
  const lent = await lend({ walletKey })
  expect(lent.status).toBe(200)
  const answers = [lent]
  for (const status of [400, 401, 403, 422, 429, 500]) {
    place.service.become((_request, response) => {
      const message = `your key ${lentKey} is at fault`
      const headers = { 'content-type': 'application/json', 'x-key': lentKey }
      response.writeHead(status, headers).end(JSON.stringify({ error: { message, code: lentKey } }))
    })
    answers.push(await serving.ask(apiKey, 'lent-model'))
    await serving.admin('POST', `/contributors/${lent.json['id']}/readmit`)
    answers.push(await serving.admin('GET', '/contributors'))
  }
  expect(answers).toHaveLength(13)
  for (const { text } of answers) expect(text).not.toContain('planted')
  expect(serving.process.output()).not.toContain('planted')
  await withdraw(String(lent.json['id']), walletKey)
})

test('an order that was seen is worth nothing: not again, not changed, not elsewhere', async () => {
  const walletKey = randomPrivateKey()
  const sender = { walletKey, nowMs: Date.now() }
  const lent = {
    terms: JSON.stringify(termsOf()),
    apiKey: otherKey,
    payout: addressOfPrivateKey(walletKey),
  }
  const order = lendKeyBody(serving.place, lent, sender)
  const send = (body: object, at = serving) => at.call('POST', '/v1/contributors/keys', { body })
  const thief = addressOfPrivateKey(randomPrivateKey())
  for (const change of [{ payout: thief }, { lender: thief }, { apiKey: lentKey }, { nonce: 1 }]) {
    expect(await send({ ...order, ...change })).toMatchObject({ code: 'lender_signature_invalid' })
  }
  const elsewhere = { ...serving.place, gateway: address(`0x${'1'.repeat(40)}`) }
  const foreign = lendKeyBody(elsewhere, lent, sender)
  expect(await send(foreign)).toMatchObject({ code: 'lender_signature_invalid' })
  place.service.become((_request, response) => {
    response.writeHead(500).end()
  })
  expect(await send(order)).toMatchObject({ code: 'lent_key_unusable' })
  expect(await send(order)).toMatchObject({ code: 'order_replayed' })
  const { data } = (await serving.admin('GET', '/contributors')).json
  expect(data).toHaveLength(1)
})

test('a ciphertext that is moved to another record or URL opens nothing', async () => {
  place.service.become((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'Hi' } }] }))
  })
  const [mine, theirs] = [randomPrivateKey(), randomPrivateKey()]
  const ids: string[] = []
  for (const [walletKey, key] of [
    [mine, lentKey],
    [theirs, otherKey],
  ] as const) {
    ids.push(String((await lend({ walletKey, apiKey: key })).json['id']))
  }
  await serving.process.interrupt()
  const database = new DatabaseSync(join(place.folder, 'data/contributors.db'))
  const read = (id: string) => {
    const row = database.prepare('SELECT text FROM contributors WHERE contributor_id = ?').get(id)
    return JSON.parse(String(row?.['text'])) as Record<string, unknown>
  }
  const write = (id: string, change: object) =>
    database
      .prepare('UPDATE contributors SET text = ? WHERE contributor_id = ?')
      .run(JSON.stringify({ ...read(id), ...change }), id)
  const [a = '', b = ''] = ids
  // The thief's own record gets the other's key; and the other's URL becomes the thief's.
  write(a, { sealedKey: read(b)['sealedKey'] })
  write(b, { baseUrl: `http://127.0.0.1:${portOf(inside)}/v1` })
  database.close()
  serving = await place.start(place.configOf(lendingOf(true)))
  const states = (await serving.admin('GET', '/contributors')).json['data'] as readonly object[]
  const unusable = {
    state: 'unusable',
    cause: 'its key cannot be decrypted with the secrets of this gateway',
  }
  expect(states.slice(1)).toMatchObject([unusable, unusable])
  expect(await serving.ask(apiKey, 'lent-model')).toMatchObject({ code: 'model_not_found' })
  expect(heardInside).toBe(0)
  for (const id of ids) await serving.admin('DELETE', `/contributors/${id}`)
})

test('a thousand registrations are a few tries and a few rows', async () => {
  const { length } = place.service.asked
  const outcomes = new Map<string, number>()
  for (let order = 0; order < 1_000; order += 1) {
    const { status, code } = await lend()
    const outcome = code ?? String(status)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  expect(outcomes.get('200')).toBe(6)
  const tried = place.service.asked.length - length
  expect(tried).toBe(2 * 6)
  // One or two came back while this ran.
  expect(outcomes.get('registration_limit_reached')).toBeGreaterThan(950)
  expect(outcomes.get('lent_keys_exhausted')).toBeGreaterThan(0)
  expect(registrationsAtOnceMax).toBeLessThan(50)
  const { data } = (await serving.admin('GET', '/contributors')).json
  expect(data).toHaveLength(1 + 6)
})

test('fields without end, and fields that are none, are refused before anything is done for them', async () => {
  const long = 'x'.repeat(60_000)
  const sender = { walletKey: randomPrivateKey(), nowMs: Date.now() }
  const payout = addressOfPrivateKey(sender.walletKey)
  const order = lendKeyBody(serving.place, { terms: '{}', apiKey: 'k', payout }, sender)
  const bodies = [
    { ...order, terms: long },
    { ...order, apiKey: long },
    { ...order, apiKey: 7 },
    { ...order, terms: `${'['.repeat(8_000)}${']'.repeat(8_000)}` },
    { ...order, terms: null },
    { ...order, lender: long },
    { ...order, nonce: -1 },
    { ...order, nonce: 1e300 },
    { ...order, validUntil: 'soon' },
    { ...order, signature: '0x' },
    [],
  ]
  const { length } = place.service.asked
  for (const body of bodies) {
    const answer = await careful.call('POST', '/v1/contributors/keys', { body })
    expect([400, 413]).toContain(answer.status)
    expect(answer.text.length).toBeLessThan(1_000)
  }
  expect(place.service.asked).toHaveLength(length)
})

test('an admin token is not guessed, and who tries is told to wait', async () => {
  const guess = (token: string) =>
    careful.call('GET', '/admin/v1/contributors', { authorization: `Bearer ${token}` })
  const codes = new Map<string, number>()
  for (let attempt = 0; attempt < 2 * refusalsAtOnceMax; attempt += 1) {
    const { code = 'none' } = await guess(`guess-planted-${attempt}`)
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  expect([...codes.keys()].sort()).toEqual(['invalid_admin_token', 'rate_limit_exceeded'])
  // The operator behind the same address enters all the same.
  expect((await careful.admin('GET', '/contributors')).status).toBe(200)
  expect(careful.process.output()).not.toContain('planted')
})
