/*
 * What every store of callers' limits does, whatever it is made of: the suite speaks to the port alone.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Caller, LimitOverride } from '../../src/domain/caller-limits.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import { LimitOverrides } from '../../src/payment/caller-limits-overrides.ts'
import type { CallerLimitsStore } from '../../src/store/caller-limits-store.ts'
import { openRedisCallerLimits } from '../../src/store/caller-limits-store-redis.ts'
import { openSqliteCallerLimits } from '../../src/store/caller-limits-store-sqlite.ts'
import { StoreFailure } from '../../src/store/ledger-store.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const places: readonly [string, () => Promise<StorePlaceOf<CallerLimitsStore>>][] = [
  ['SQLite', inSqlite(openSqliteCallerLimits)],
  ['Redis', inRedis(openRedisCallerLimits)],
]
const key: Caller = { kind: 'key', id: 'key_0123456789abcdef01234567' }
const account: Caller = { kind: 'account', id: `0x${'c1'.repeat(32)}` }
const count = fc.option(fc.integer({ min: 1, max: 1_000_000_000 }))
const anyOverride = fc.record<LimitOverride, never>(
  {
    requestsPerMinuteMax: count,
    tokensPerMinuteMax: count,
    concurrencyMax: count,
    spendPerDayMax: fc.option(fc.bigInt({ min: 0n, max: 2n ** 80n }).map(microUsd)),
  },
  { requiredKeys: [] },
)

describe.each(places)("callers' limits in %s", (_name, createPlace) => {
  let place: StorePlaceOf<CallerLimitsStore>
  let store: CallerLimitsStore
  /** Of another process. */
  let other: CallerLimitsStore

  withSharedStore<CallerLimitsStore>(createPlace, (opened) => {
    ;({ place, store, other } = opened)
  })

  test('gives back what was put, to every process, in the order of names', async () => {
    expect(await store.read()).toEqual({ version: 0, overrides: [] })
    const override = { requestsPerMinuteMax: 3, spendPerDayMax: microUsd(5_000_000n) }
    await store.put(key, override)
    await other.put(account, { concurrencyMax: null })
    for (const at of [store, other]) {
      expect((await at.read()).overrides).toEqual([
        { caller: account, override: { concurrencyMax: null } },
        { caller: key, override },
      ])
    }
  })

  test('keeps every override as it was said', async () => {
    let kept = 0
    await fc.assert(
      fc.asyncProperty(anyOverride, async (override) => {
        await store.put(key, override)
        const [read] = (await other.read()).overrides
        expect(read).toEqual({ caller: key, override })
        kept += 1
      }),
      { numRuns: 40 },
    )
    expect(kept).toBeGreaterThan(0)
  })

  test('the version rises with each change, for every process', async () => {
    expect([await store.version(), await other.version()]).toEqual([0, 0])
    await store.put(key, { concurrencyMax: 1 })
    const first = await other.version()
    await other.put(key, { concurrencyMax: 1 })
    const second = await store.version()
    expect(await store.remove(key)).toBe(true)
    const third = await other.version()
    expect([0 < first, first < second, second < third]).toEqual([true, true, true])
    expect((await other.read()).version).toBe(third)
  })

  test('what was said is removed once', async () => {
    await store.put(key, { concurrencyMax: 1 })
    const removed = await Promise.all([store.remove(key), other.remove(key)])
    expect(removed.toSorted()).toEqual([false, true])
    expect((await store.read()).overrides).toEqual([])
  })

  test('what was put is there when the place is opened again', async () => {
    await store.put(account, { tokensPerMinuteMax: 7 })
    const again = await place.open()
    expect((await again.read()).overrides).toHaveLength(1)
    await again.close()
  })

  test('a process knows what it changes at once, and what another changes when it looks', async () => {
    const here = await LimitOverrides.open(await place.open())
    const there = await LimitOverrides.open(await place.open())
    await here.put(key, { requestsPerMinuteMax: 3 })
    expect(here.of('key', key.id)).toEqual({ requestsPerMinuteMax: 3 })
    expect(here.of('account', key.id)).toBeUndefined()
    expect(there.of('key', key.id)).toBeUndefined()
    await there.look()
    expect(there.of('key', key.id)).toEqual({ requestsPerMinuteMax: 3 })
    expect(await there.remove(key)).toBe(true)
    expect(there.of('key', key.id)).toBeUndefined()
    await here.look()
    expect(here.of('key', key.id)).toBeUndefined()
    await here.close()
    await there.close()
  })

  test('a store that is gone fails by name, and what was known of it stays known', async () => {
    const failures: unknown[] = []
    const gone = await place.open()
    const known = await LimitOverrides.open(gone, (error) => failures.push(error))
    await known.put(key, { requestsPerMinuteMax: 3 })
    await gone.close()
    await expect(gone.read()).rejects.toThrow(StoreFailure)
    await expect(known.put(key, {})).rejects.toThrow(StoreFailure)
    await known.look()
    expect(failures).toEqual([expect.any(StoreFailure)])
    expect(known.of('key', key.id)).toEqual({ requestsPerMinuteMax: 3 })
    await known.close().catch(() => {})
  })
})
