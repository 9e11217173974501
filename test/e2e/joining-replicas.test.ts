/*
 * Two gateways on one Redis: who joins at one has joined at the other, an order counts once for both, and each asks only
 * whoever has dialled in to it.
 */
import { join as pathOf } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { askStanding, joinGateway, leaveGateway } from '../../src/contributor/join-gateway.ts'
import { runVouch } from '../support/dev-process.ts'
import {
  type DialledIn,
  dialIn,
  type JoiningPlace,
  joinableAt,
  offeredModel,
  openJoiningPlace,
  type Registered,
} from '../support/joining-place.ts'
import type { Served } from '../support/lending-place.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'

type Joinable = Awaited<ReturnType<typeof joinableAt>>
let redis: RedisServer
let place: JoiningPlace
let one: Served
let other: Served
let atOne: Joinable
let atOther: Joinable
let apiKey: string
let member: Registered
let agent: DialledIn | undefined

beforeAll(async () => {
  redis = await startRedisServer()
  place = await openJoiningPlace()
  const config = (folder: string) =>
    place.configOf(undefined, (text) =>
      `${text}store:\n  redisUrl: ${redis.url}\n`.replace(
        /dataFolder: .*/,
        `dataFolder: ${pathOf(place.folder, folder)}`,
      ),
    )
  one = await place.start(config('one'))
  other = await place.start(config('two'))
  await place.signTranche(one.process)
  const created = await runVouch([
    ...['keys', 'create', '--config', config('three')],
    ...['--channel', place.devChain.channel.channelId],
  ])
  apiKey = /sk-vouch-\S+/.exec(created.output)?.[0] ?? ''
  atOne = await joinableAt(one.process.origin)
  atOther = await joinableAt(other.process.origin)
  member = await place.register()
})
afterAll(async () => {
  await agent?.stop()
  await one.process.kill()
  await other.process.kill()
  await place.close()
  await redis.stop()
})

const signed = () => ({
  contributor: member.operator,
  signingKey: member.signingKey,
  nowMs: Date.now(),
})
const soon = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 100 })
const standingAt = async ({ place: at }: Joinable) => {
  const asked = await askStanding(at, signed())
  return asked.ok ? asked.value.state : asked.error.reason
}
const asked = async (at: Served) => {
  const { status, code } = await at.ask(apiKey, 'joined-model')
  return code ?? status
}

test('who joins at one has joined at the other, and is asked by the one that it reached', async () => {
  const joined = await joinGateway(atOne.place, { terms: { models: [offeredModel] } }, signed())
  expect(joined.ok).toBe(true)
  for (const at of [atOne, atOther])
    await soon(async () => expect(await standingAt(at)).toBe('away'))
  agent = await dialIn(atOther, member, place.upstream)
  await soon(async () => expect(await asked(other)).toBe(200))
  expect(await standingAt(atOther)).toBe('healthy')
  expect(await standingAt(atOne)).toBe('away')
  expect(await asked(one)).toBe('model_not_found')
})

test('an order is taken once, whichever of them it comes to', async () => {
  const order = { terms: { models: [offeredModel] } }
  const sender = signed()
  expect((await joinGateway(atOne.place, order, sender)).ok).toBe(true)
  const again = await joinGateway(atOther.place, order, sender)
  expect(again).toMatchObject({ ok: false, error: { code: 'order_replayed' } })
})

test('who pauses on the chain is out at both, and so is who leaves at one', async () => {
  await member.order('pause')
  for (const at of [atOne, atOther]) {
    await soon(async () => expect(await standingAt(at)).toBe('unusable'))
  }
  await soon(async () => expect(agent?.lost.length).toBeGreaterThan(0))
  await member.order('resume')
  await soon(async () => expect(await asked(other)).toBe(200))
  expect((await leaveGateway(atOne.place, signed())).ok).toBe(true)
  await soon(async () => expect(await asked(other)).toBe('model_not_found'))
  expect(await standingAt(atOther)).toBe('gateway_refused')
})
