/*
 * Two gateways on one Redis: what is added, drained or lent at one is so at the other, and no byte of a key lies there in
 * clear.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runVouch } from '../support/dev-process.ts'
import { type LendingPlace, openLendingPlace, type Served } from '../support/lending-place.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'

const addedKey = 'sk-added-planted-marker'
const lentKey = 'sk-lent-planted-marker'
let redis: RedisServer
let place: LendingPlace
let one: Served
let other: Served
let apiKey: string

beforeAll(async () => {
  redis = await startRedisServer()
  place = await openLendingPlace(addedKey, lentKey)
  writeFileSync(join(place.folder, 'secrets'), `1:${'cd'.repeat(32)}\n`, { mode: 0o600 })
  const config = (folder: string, secret = '  secretFile: secrets\n') => {
    const path = place.configOf(
      `store:
  redisUrl: ${redis.url}
lending:
  open: true
  approval: false
  allowHttp: true
  allowPrivateNetworks: true
${secret}  models:
    - id: lent-model
      contextTokensMax: 4096
      price: { promptPerMtok: '1', completionPerMtok: '2' }
`,
      (text) => text.replace(/dataFolder: .*/, `dataFolder: ${join(place.folder, folder)}`),
    )
    return path
  }
  one = await place.start(config('one'))
  other = await place.start(config('two'))
  await place.signTranche(one.process)
  const created = await runVouch([
    ...['keys', 'create', '--config', config('three')],
    ...['--channel', place.devChain.channel.channelId],
  ])
  apiKey = /sk-vouch-\S+/.exec(created.output)?.[0] ?? ''
})
afterAll(async () => {
  await one.process.kill()
  await other.process.kill()
  await place.close()
  await redis.stop()
})

const entry = () => ({
  url: place.service.baseUrl,
  apiKey: addedKey,
  models: [
    {
      id: 'added-model',
      upstreamId: 'm',
      contextTokensMax: 4096,
      price: { promptPerMtok: '1', completionPerMtok: '2' },
    },
  ],
})
/** As soon as the other gateway has looked: a second at most, and the time of a busy machine. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, 20_000)
const asked = async (at: Served, model: string) => {
  const { status, code } = await at.ask(apiKey, model)
  return code ?? status
}

test('what is added at one is asked by both, and what is drained at the other by neither', async () => {
  const added = await one.admin('POST', '/contributors', entry())
  expect(await asked(one, 'added-model')).toBe(200)
  await soon(async () => expect(await asked(other, 'added-model')).toBe(200))
  const path = `/contributors/${added.json['id']}`
  expect(await other.admin('POST', `${path}/drain`)).toMatchObject({ json: { state: 'drained' } })
  await soon(async () => expect(await asked(one, 'added-model')).toBe('model_not_found'))
  await one.admin('POST', `${path}/readmit`)
  await soon(async () => expect(await asked(other, 'added-model')).toBe(200))
  expect(await asked(one, 'added-model')).toBe(200)
})

test('a key that is refused is held back by each, until the operator readmits at one', async () => {
  const { json } = await one.admin('GET', '/contributors')
  const data = json['data'] as readonly { readonly id: string; readonly origin: string }[]
  const id = data.find(({ origin }) => origin === 'admin')?.id
  const stateAt = async (at: Served) => (await at.admin('GET', `/contributors/${id}`)).json['state']
  place.service.keys.delete(addedKey)
  for (const at of [one, other]) {
    expect(await asked(at, 'added-model')).toBe('upstream_credentials_exhausted')
    expect(await stateAt(at)).toBe('quarantined')
  }
  place.service.keys.add(addedKey)
  await one.admin('POST', `/contributors/${id}/readmit`)
  await soon(async () => expect(await stateAt(other)).toBe('healthy'))
  expect(await asked(other, 'added-model')).toBe(200)
})

test('a key that is lent at one is asked by the other too', async () => {
  const lent = await one.lend({
    apiKey: lentKey,
    terms: {
      url: place.service.baseUrl,
      keyId: 'main',
      models: [{ id: 'lent-model', upstreamId: 'm' }],
    },
  })
  expect(lent).toMatchObject({ status: 200, json: { state: 'live' } })
  await soon(async () => expect(await asked(other, 'lent-model')).toBe(200))
  expect(place.service.asked.at(-1)?.key).toBe(lentKey)
})

test('Redis has everything but the keys', async () => {
  const names = (await redis.command('KEYS', '*')) as string[]
  const hashes = await Promise.all(
    names.map(async (name) => {
      const type = await redis.command('TYPE', name)
      return type === 'hash' ? redis.command('HGETALL', name) : redis.command('DUMP', name)
    }),
  )
  const everything = JSON.stringify(hashes)
  expect(everything).toContain('lent-model')
  const outputs = [one.process.output(), other.process.output()].join()
  for (const text of [everything, outputs]) expect(text).not.toContain('planted-marker')
})
