/*
 * What is told, taken and refused at the joining routes of a real `vouch serve`: bodies that anybody may send, an agent that the
 * gateway dials, and a configuration that changes under whoever has joined.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { askStanding, joinGateway, leaveGateway } from '../../src/contributor/join-gateway.ts'
import {
  type JoiningPlace,
  joinableAt,
  listenFor,
  offeredModel,
  openJoiningPlace,
  type Registered,
} from '../support/joining-place.ts'
import type { Served } from '../support/lending-place.ts'

const secret = 'door-planted-marker'
let place: JoiningPlace
let configPath: string
let serving: Served
let at: Awaited<ReturnType<typeof joinableAt>>
let apiKey: string
let member: Registered
let agent: Awaited<ReturnType<typeof listenFor>>

beforeAll(async () => {
  place = await openJoiningPlace()
  configPath = place.configOf()
  serving = await place.start(configPath)
  apiKey = await place.openAccount(serving.process)
  at = await joinableAt(serving.process.origin)
  member = await place.register()
  agent = await listenFor(at, member, place.upstream, secret)
})
afterAll(async () => {
  await agent.stop()
  await serving.process.kill()
  await place.close()
})

const signed = () => ({
  contributor: member.operator,
  signingKey: member.signingKey,
  nowMs: Date.now(),
})
const soon = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 100 })
const join = (apiKeyOfAgent: string | undefined, url = agent.baseUrl) =>
  joinGateway(at.place, { terms: { url, models: [offeredModel] }, apiKey: apiKeyOfAgent }, signed())
const standing = async () => {
  const asked = await askStanding(at.place, signed())
  return asked.ok ? asked.value : undefined
}

test('no body that anybody sends costs more than its refusal', async () => {
  const post = async (body: string) => {
    const answer = await fetch(`${serving.process.origin}/v1/contributors`, {
      method: 'POST',
      body,
    })
    const { error } = (await answer.json()) as { readonly error: { readonly code: string } }
    return [answer.status, error.code]
  }
  expect(await post('{')).toEqual([400, 'invalid_json'])
  expect(await post('[]')).toEqual([400, 'invalid_type'])
  expect(await post('{"a":'.repeat(100_000))).toEqual([413, 'request_too_large'])
  const nested = `{"terms":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
  expect(await post(nested)).toEqual([400, 'invalid_json'])
  const order = {
    terms: `${'['.repeat(8_000)}${']'.repeat(8_000)}`,
    contributor: member.operator,
    nonce: 1,
    validUntil: Math.floor(Date.now() / 1000) + 60,
    signature: `0x${'11'.repeat(65)}`,
  }
  expect(await post(JSON.stringify(order))).toEqual([400, 'joining_terms_unacceptable'])
  const large = { ...order, terms: 'x'.repeat(16_385) }
  expect(await post(JSON.stringify(large))).toEqual([400, 'invalid_type'])
})

test('an agent that is dialled is tried with its secret first, which nobody hears of', async () => {
  const wrong = await join('another-secret')
  expect(wrong).toMatchObject({ ok: false, error: { code: 'contributor_unreachable' } })
  expect(await join(undefined)).toMatchObject({ error: { code: 'contributor_unreachable' } })
  const nobody = await join(secret, 'http://127.0.0.1:1/v1')
  expect(nobody).toMatchObject({ error: { code: 'contributor_unreachable' } })
  expect(await join(secret)).toMatchObject({
    ok: true,
    value: { url: agent.baseUrl, connected: null },
  })
  await soon(async () => {
    expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ status: 200 })
  })
  expect(await standing()).toMatchObject({ state: 'healthy' })
  const seen = await serving.admin('GET', `/contributors/${member.operator}`)
  expect(seen.json).toMatchObject({ origin: 'joined', has_key: true, operator: member.operator })
  const stored = ['contributors.db', 'contributors.db-wal'].map((name) =>
    readFileSync(`${place.folder}/data/${name}`, 'latin1'),
  )
  const store = stored.join()
  expect(store).toContain(member.operator)
  for (const text of [store, seen.text, serving.process.output()]) {
    expect(text).not.toContain('planted-marker')
  }
})

test('the operator neither enters it besides nor changes its terms, and it does not enter itself twice', async () => {
  const { id, upstreamId, contextTokensMax, price } = offeredModel
  const entry = {
    url: 'https://agent.example.com/v1',
    operator: member.operator,
    signingAddresses: [member.operator],
    models: [{ id, upstreamId, contextTokensMax, price }],
  }
  const added = await serving.admin('POST', '/contributors', entry)
  expect(added).toMatchObject({ status: 400, code: 'contributor_unacceptable' })
  const path = `/contributors/${member.operator}`
  expect(await serving.admin('PATCH', path, { region: 'eu' })).toMatchObject({
    code: 'contributor_unacceptable',
  })
  const other = await place.register()
  const listed = { ...entry, operator: other.operator, signingAddresses: [other.operator] }
  const { json } = await serving.admin('POST', '/contributors', listed)
  const twice = { contributor: other.operator, signingKey: other.signingKey, nowMs: Date.now() }
  expect(await joinGateway(at.place, { terms: { models: [offeredModel] } }, twice)).toMatchObject({
    error: { message: expect.stringContaining('lists you itself') },
  })
  expect((await serving.admin('DELETE', `/contributors/${json['id']}`)).status).toBe(200)
})

test('what is answered is what the OpenAPI document says', async () => {
  const document = (await serving.call('GET', '/openapi.json')).json
  const ajv = new Ajv2020({ strict: false })
  ajv.addSchema({ $id: 'document', components: document['components'] })
  const errorsOf = (name: string, value: unknown) => {
    const validate = ajv.compile({ $ref: `document#/components/schemas/${name}` })
    validate(value)
    return validate.errors
  }
  const terms = (await serving.call('GET', '/v1/contributors/joining')).json
  expect(errorsOf('JoiningTerms', terms)).toBeNull()
  expect(errorsOf('JoiningTerms', { ...terms, models: 1 })).not.toBeNull()
  const contributors = (await serving.admin('GET', '/contributors')).json
  expect(errorsOf('ContributorList', contributors)).toBeNull()
  expect(errorsOf('JoinedContributor', await standingJson())).toBeNull()
})

/** As it is answered, before anything reads it. */
const standingJson = async (): Promise<unknown> => {
  const heard: unknown[] = []
  const fetching = globalThis.fetch
  vi.stubGlobal('fetch', async (...args: Parameters<typeof fetch>) => {
    const answer = await fetching(...args)
    heard.push(await answer.clone().json())
    return answer
  })
  await standing()
  vi.unstubAllGlobals()
  return heard[0]
}

test('a ceiling that falls below its price takes it out, and one that rises takes it back', async () => {
  const text = readFileSync(configPath, 'utf8')
  const cheaper = text.replace("completionPerMtok: '2000'", "completionPerMtok: '999'")
  expect(cheaper).not.toBe(text)
  writeFileSync(configPath, cheaper)
  await soon(async () => {
    expect(await standing()).toMatchObject({
      state: 'unusable',
      cause: expect.stringContaining("completionPerMtok of 'joined-model' is above 999000000"),
    })
  })
  expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ code: 'model_not_found' })
  writeFileSync(configPath, text.replace('open: true\n  approval', 'open: false\n  approval'))
  await soon(async () => {
    expect(await standing()).toMatchObject({ cause: expect.stringContaining('any more') })
  })
  expect(await join(secret)).toMatchObject({ error: { code: 'joining_closed' } })
  writeFileSync(configPath, text)
  await soon(async () => {
    expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ status: 200 })
  })
})

test('a gateway that starts again goes on with whoever had joined', async () => {
  await serving.process.kill()
  serving = await place.start(configPath)
  at = await joinableAt(serving.process.origin)
  await soon(async () => {
    expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ status: 200 })
  })
  expect(await standing()).toMatchObject({ state: 'healthy', url: agent.baseUrl })
})

test('who left is asked no more, and its secret is forgotten', async () => {
  expect(await leaveGateway(at.place, signed())).toMatchObject({ value: { state: 'left' } })
  await soon(async () => {
    expect(await serving.ask(apiKey, 'joined-model')).toMatchObject({ code: 'model_not_found' })
  })
  expect(await serving.admin('GET', `/contributors/${member.operator}`)).toMatchObject({
    code: 'contributor_not_found',
  })
})
