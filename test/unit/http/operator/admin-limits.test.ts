import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noLimits } from '../../../../src/domain/caller-limits.ts'
import { microUsd } from '../../../../src/domain/exchange.ts'
import { LimitOverrides } from '../../../../src/payment/caller-limits-overrides.ts'
import { openSqliteCallerLimits } from '../../../../src/store/caller-limits-store-sqlite.ts'
import { type AdminPlace, openAdminPlace } from '../../../support/admin-place.ts'
import { callerLimits } from '../../../support/caller-limits.ts'

let place: AdminPlace
let overrides: LimitOverrides
const key = '/keys/key_0123456789abcdef01234567/limits'
const account = `/accounts/0x${'c1'.repeat(32)}/limits`

beforeAll(async () => {
  overrides = await LimitOverrides.open(openSqliteCallerLimits(':memory:'))
  const limits = callerLimits(
    {
      key: { ...noLimits, requestsPerMinuteMax: 3, spendPerDayMax: microUsd(5_000_000n) },
      account: noLimits,
    },
    { overrides },
  )
  place = await openAdminPlace({ limits })
})
afterAll(async () => {
  await place.stop()
  await overrides.close()
})

const byDefault = {
  requestsPerMinute: 3,
  tokensPerMinute: null,
  concurrency: null,
  spendPerDay: '5.00',
}

describe('the limits of one caller', () => {
  test('are the defaults until something is said, then that, and then the defaults again', async () => {
    expect((await place.ask('GET', key)).json).toEqual({
      object: 'vouch.limits',
      key: 'key_0123456789abcdef01234567',
      limits: byDefault,
      override: {},
    })
    const said = { requestsPerMinute: null, concurrency: 2, spendPerDay: '0.25' }
    const put = await place.ask('PUT', key, said)
    const after = { ...byDefault, ...said }
    expect([put.status, put.json]).toEqual([
      200,
      {
        object: 'vouch.limits',
        key: 'key_0123456789abcdef01234567',
        limits: after,
        override: said,
      },
    ])
    expect((await place.ask('GET', key)).json).toEqual(put.json)
    // What is said replaces all that was said before.
    const again = await place.ask('PUT', key, { tokensPerMinute: 7 })
    expect(again.json['limits']).toEqual({ ...byDefault, tokensPerMinute: 7 })
    expect((await place.ask('DELETE', key)).json).toMatchObject({ limits: byDefault, override: {} })
    expect((await place.ask('DELETE', key)).status).toBe(200)
  })

  test('of a key and of an account are not the same', async () => {
    await place.ask('PUT', account, { concurrency: 9 })
    expect((await place.ask('GET', account)).json).toEqual({
      object: 'vouch.limits',
      account: `0x${'c1'.repeat(32)}`,
      limits: { ...noneOf(byDefault), concurrency: 9 },
      override: { concurrency: 9 },
    })
    expect((await place.ask('GET', key)).json).toMatchObject({ limits: byDefault })
  })
})

const noneOf = (limits: object) =>
  Object.fromEntries(Object.keys(limits).map((name) => [name, null]))

describe('what is refused', () => {
  test.each([
    [{ requestsPerMinute: 0 }, 'requestsPerMinute'],
    [{ tokensPerMinute: 1.5 }, 'tokensPerMinute'],
    [{ concurrency: '2' }, 'concurrency'],
    [{ concurrency: 1_000_000_001 }, 'concurrency'],
    [{ spendPerDay: 5 }, 'spendPerDay'],
    [{ spendPerDay: '0.00' }, 'spendPerDay'],
    [{ spendPerDay: '0.0000001' }, 'spendPerDay'],
    [{ spendPerDay: '-1' }, 'spendPerDay'],
    [{ spendPerDay: '' }, 'spendPerDay'],
    [{ requestsPerHour: 5 }, 'requestsPerHour'],
    [{ __proto__: null, constructor: 1 }, 'constructor'],
  ])('%o, by its member', async (body, param) => {
    const refused = await place.ask('PUT', key, body)
    expect([refused.status, refused.json['error']]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_value', param }),
    ])
    expect((await place.ask('GET', key)).json).toMatchObject({ override: {} })
  })

  test.each(['[]', 'null', '{', `{"concurrency":1${' '.repeat(5_000)}}`])(
    '%#: a body that is no object of a reasonable size',
    async (body) => {
      const { status } = await place.ask('PUT', key, body)
      expect([400, 413]).toContain(status)
      expect((await place.ask('GET', key)).json).toMatchObject({ override: {} })
    },
  )

  test.each([
    '/keys/key_1/limits',
    '/keys/0x00/limits',
    `/accounts/key_0123456789abcdef01234567/limits`,
  ])('%s: a name that is none', async (path) => {
    expect(await place.ask('GET', path)).toMatchObject({ status: 400, code: 'invalid_value' })
  })

  test('whoever has no token', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? {} : undefined
      expect((await place.ask(method, key, body, 'not-the-token')).status).toBe(401)
    }
  })
})
