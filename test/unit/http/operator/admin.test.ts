import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refusalsAtOnceMax } from '../../../../src/base/limits.ts'
import { err } from '../../../../src/base/result.ts'
import type { CapacityReport } from '../../../../src/domain/capacity-report.ts'
import { type AdminAnswer, type AdminPlace, openAdminPlace } from '../../../support/admin-place.ts'
import { capacityReport } from '../../../support/capacity.ts'
import { routeRequest } from '../../../support/routing.ts'

let place: AdminPlace
beforeEach(async () => {
  place = await openAdminPlace()
})
afterEach(() => place.stop())

const price = { promptPerMtok: '0.05', completionPerMtok: '0.10' }
const entry = {
  id: 'team-2',
  url: 'https://api.example.com/v1',
  apiKey: 'sk-planted-key',
  region: 'eu',
  models: [{ id: 'm', contextTokensMax: 4096, price }],
}
const add = (change: object = {}) => place.ask('POST', '/contributors', { ...entry, ...change })
const idOf = ({ json }: AdminAnswer) => String(json['id'])
const listed = async () => {
  const { json } = await place.ask('GET', '/contributors')
  return json['data'] as readonly Readonly<Record<string, unknown>>[]
}
const states = async () => (await listed()).map(({ name, state }) => `${name} ${state}`)

describe('who may', () => {
  test('without a token in the configuration there are no such routes', async () => {
    await place.stop()
    place = await openAdminPlace({ withToken: false })
    const paths = ['/contributors', '/contributors/x', '/models', '/config']
    for (const path of paths) {
      expect(await place.ask('GET', path)).toMatchObject({ status: 404, code: 'unknown_url' })
    }
    const reloaded = await place.ask('POST', '/reload')
    expect(reloaded).toMatchObject({ status: 404, code: 'unknown_url' })
  })

  test('nobody enters with another token, and who guesses is told to wait while the operator is not', async () => {
    const guesses = ['', 'x', 'admin-token-of-thirty-two-character', 'k'.repeat(600)]
    for (const token of guesses) {
      const answer = await place.ask('POST', '/contributors', entry, token)
      expect(answer).toMatchObject({ status: 401, code: 'invalid_admin_token' })
      if (token !== '') expect(answer.text).not.toContain(token)
    }
    for (let guess = 0; guess < refusalsAtOnceMax; guess += 1) {
      await place.ask('GET', '/config', undefined, `guess-${guess}`)
    }
    expect(await place.ask('GET', '/config', undefined, 'one more')).toMatchObject({ status: 429 })
    expect((await place.ask('GET', '/config')).status).toBe(200)
    expect(await states()).toEqual(['in-file healthy'])
  })
})

describe('contributors', () => {
  test('one that is added is asked at once, and its key is nowhere to be seen', async () => {
    const added = await add({ limits: { requestsPerMinute: 3, spendPerDay: '1.5' } })
    expect(added).toMatchObject({
      status: 200,
      json: {
        object: 'vouch.contributor',
        id: expect.stringMatching(/^key-[0-9a-f]{24}$/),
        origin: 'admin',
        name: 'team-2',
        url: entry.url,
        has_key: true,
        state: 'healthy',
        models: [{ id: 'm' }],
        in_flight: 0,
      },
    })
    const pooled = place.pool.contributors.find((one) => one.contributorId === idOf(added))
    expect(pooled?.authorization).toBe('Bearer sk-planted-key')
    const everything = [added, await place.ask('GET', '/contributors'), await add({ apiKey: 7 })]
    for (const { text } of everything) expect(text).not.toContain('sk-planted-key')
    expect(await states()).toEqual(['in-file healthy', 'team-2 healthy'])
  })

  test('the same URL and id again is the same contributor with another key', async () => {
    const first = await add()
    const second = await add({ apiKey: 'sk-second' })
    expect(idOf(second)).toBe(idOf(first))
    expect(await listed()).toHaveLength(2)
    const pooled = place.pool.contributors.map(({ authorization }) => authorization)
    expect(pooled).toEqual([undefined, 'Bearer sk-second'])
  })

  test('is changed member by member; URL and id stay, and what is wrong changes nothing', async () => {
    const id = idOf(await add())
    const patch = (change: object) => place.ask('PATCH', `/contributors/${id}`, change)
    const models = [...entry.models, { ...entry.models[0], id: 'n' }]
    expect(await patch({ models })).toMatchObject({ json: { models: [{ id: 'm' }, { id: 'n' }] } })
    expect(await patch({ apiKey: null })).toMatchObject({ json: { has_key: false } })
    for (const change of [
      { url: 'https://b.example.com/v1' },
      { id: 'x' },
      { models: [] },
      { colour: 1 },
      { models: null },
      { apiKeyFile: '/etc/hostname' },
    ]) {
      const refused = await patch(change)
      expect(refused).toMatchObject({ status: 400, code: 'contributor_unacceptable' })
    }
    expect(await place.ask('GET', `/contributors/${id}`)).toMatchObject({
      json: { has_key: false, models: [{ id: 'm' }, { id: 'n' }] },
    })
  })

  test('one that is drained ends what it does and gets no more, until it is readmitted', async () => {
    const id = idOf(await add({ models: [{ ...entry.models[0], id: 'only-here' }] }))
    const ask = () => place.pool.route(routeRequest({ modelName: 'only-here' })).next(Date.now())
    const answering = await ask()
    if (!answering.ok) throw new Error('it is asked')
    const drained = await place.ask('POST', `/contributors/${id}/drain`)
    expect(drained).toMatchObject({ json: { state: 'drained', drained: true, in_flight: 1 } })
    expect((await ask()).ok).toBe(false)
    answering.value.ended({ kind: 'served' }, {}, Date.now())
    const after = await place.ask('GET', `/contributors/${id}`)
    expect(after).toMatchObject({ json: { in_flight: 0 } })
    await place.ask('POST', `/contributors/${id}/readmit`)
    expect((await ask()).ok).toBe(true)
  })

  test('what one says of itself stands beside what is known of it, while it is believed', async () => {
    const id = idOf(await add())
    const hear = (report: CapacityReport | undefined) => place.pool.heard(id, report, 7_000)
    const shown = () => place.ask('GET', `/contributors/${id}`)
    expect(await shown()).toMatchObject({ json: { reported: null, concurrency_max: null } })
    const gpus = [{ name: 'GPU', memoryMb: 8, memoryUsedMb: 4, utilization: 0.5 }]
    hear(capacityReport({ slots: 900, running: 3, region: 'us', gpus }))
    expect(await shown()).toMatchObject({
      json: {
        state: 'healthy',
        // Where it computes is its operator's word, and this place has none.
        region: null,
        concurrency_max: 900,
        reported: {
          at_ms: 7_000,
          slots: 900,
          running: 3,
          region: 'us',
          tokens_per_second: null,
          gpus: [{ name: 'GPU', memory_mb: 8, memory_used_mb: 4, utilization: 0.5 }],
        },
      },
    })
    hear(capacityReport({ draining: true }))
    expect(await shown()).toMatchObject({ json: { state: 'draining' } })
    hear(undefined)
    expect(await shown()).toMatchObject({ json: { state: 'healthy', reported: null } })
  })

  test('one that is removed is gone, and so is what was said of it', async () => {
    const id = idOf(await add())
    await place.ask('POST', `/contributors/${id}/drain`)
    expect(await place.ask('DELETE', `/contributors/${id}`)).toMatchObject({ status: 200 })
    expect(await states()).toEqual(['in-file healthy'])
    expect(await place.ask('DELETE', `/contributors/${id}`)).toMatchObject({ status: 404 })
    expect(idOf(await add())).toBe(id)
    expect(await states()).toEqual(['in-file healthy', 'team-2 healthy'])
  })

  test('what stands in the file is drained here and changed there', async () => {
    const of = (method: string, path: string, body?: object) =>
      place.ask(method, `/contributors/in-file${path}`, body)
    const inFile = { status: 400, code: 'contributor_in_file' }
    expect(await of('DELETE', '')).toMatchObject(inFile)
    expect(await of('PATCH', '', { region: 'eu' })).toMatchObject(inFile)
    expect(await of('POST', '/approve')).toMatchObject(inFile)
    expect(await of('POST', '/drain')).toMatchObject({ json: { state: 'drained' } })
    expect(place.pool.contributors).toEqual([])
    expect(await of('POST', '/readmit')).toMatchObject({ json: { state: 'healthy' } })
  })

  test('nobody is found under another id, whatever is asked of it', async () => {
    const absent = { status: 404, code: 'contributor_not_found' }
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', {}],
      ['DELETE', ''],
      ['POST', '/drain'],
      ['POST', '/readmit'],
      ['POST', '/approve'],
    ] as const) {
      expect(await place.ask(method, `/contributors/nobody${path}`, body)).toMatchObject(absent)
    }
  })

  test('what cannot be an entry is refused with the member that is at fault', async () => {
    const refused = async (body: object | string, code: string, part: string) => {
      const answer = await place.ask('POST', '/contributors', body)
      expect([answer.code, answer.text]).toEqual([code, expect.stringContaining(part)])
      expect(answer.text).not.toContain('sk-planted')
    }
    await refused({ ...entry, url: 'ftp://x/v1' }, 'contributor_unacceptable', 'url: expected')
    await refused({ ...entry, models: [{ id: 'm' }] }, 'contributor_unacceptable', 'models[0]')
    await refused({ ...entry, apiKeyEnv: 'HOME' }, 'contributor_unacceptable', 'apiKeyEnv')
    await refused({ ...entry, apiKey: 'sk-planted two' }, 'invalid_value', 'apiKey')
    await refused({ ...entry, apiKey: `sk-planted${'x'.repeat(600)}` }, 'invalid_value', 'apiKey')
    await refused([], 'invalid_json', 'no object')
    await refused('{"id":1,"id":2}', 'invalid_json', 'twice')
    await refused({ ...entry, region: 'x'.repeat(20_000) }, 'request_too_large', '16384')
    expect(await states()).toEqual(['in-file healthy'])
  })

  test('without a secret one without a key can be added, and none with one', async () => {
    await place.stop()
    place = await openAdminPlace({ withSecret: false })
    expect(await add()).toMatchObject({ status: 400, code: 'key_secret_missing' })
    const { apiKey: _none, ...keyless } = entry
    const added = await place.ask('POST', '/contributors', keyless)
    expect(added).toMatchObject({ status: 200, json: { has_key: false } })
  })
})

test('models are told with how many serve them', async () => {
  await add({ models: [...entry.models, { ...entry.models[0], id: 'n' }] })
  const { json } = await place.ask('GET', '/models')
  const told = (json['data'] as readonly Record<string, unknown>[]).map((model) => [
    model['id'],
    model['contributors'],
  ])
  expect(told).toEqual([
    ['m', 2],
    ['n', 1],
  ])
})

test('a reload says what changed, or why nothing did', async () => {
  expect(await place.ask('POST', '/reload')).toMatchObject({ status: 200, json: { changed: [] } })
  place.reload.outcome = err('vouch.yaml:3: listen: expected a mapping')
  expect(await place.ask('POST', '/reload')).toMatchObject({
    status: 400,
    code: 'reload_failed',
    json: { error: { message: expect.stringContaining('vouch.yaml:3') } },
  })
})
