/*
 * What every store of verdicts does, whatever it is made of: the suite speaks to the port alone.
 */
import { describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { unixSeconds } from '../../src/domain/units.ts'
import { type VerdictStore, verdictName } from '../../src/store/verdict-store.ts'
import { openRedisVerdicts } from '../../src/store/verdict-store-redis.ts'
import { openSqliteVerdicts } from '../../src/store/verdict-store-sqlite.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'
import { signedVerdict } from '../support/verdicts.ts'

const places: readonly [string, () => Promise<StorePlaceOf<VerdictStore>>][] = [
  ['SQLite', inSqlite(openSqliteVerdicts)],
  ['Redis', inRedis(openRedisVerdicts)],
]
const auditor = randomPrivateKey()

describe.each(places)('verdicts in %s', (_name, createPlace) => {
  let store: VerdictStore
  /** Of another process. */
  let other: VerdictStore

  withSharedStore<VerdictStore>(createPlace, (opened) => {
    ;({ store, other } = opened)
  })

  const kept = async (at: VerdictStore) =>
    (await at.read()).verdicts.toSorted((a, b) => a.verdict.issuedAt - b.verdict.issuedAt)

  test('gives back what was put, to every process, and says that there is more', async () => {
    const before = await other.version()
    const first = signedVerdict(auditor)
    const second = signedVerdict(auditor, { issuedAt: unixSeconds(1_750_000_100), passed: false })
    expect(await store.put(first, [])).toBe('stored')
    expect(await store.put(second, [])).toBe('stored')
    expect(await kept(other)).toEqual([first, second])
    expect(await other.version()).toBeGreaterThan(before)
    expect((await other.read()).version).toBe(await store.version())
  })

  test('takes the same verdict twice without another effect', async () => {
    const verdict = signedVerdict(auditor)
    await store.put(verdict, [])
    expect(await other.put(verdict, [])).toBe('known')
    expect(await kept(store)).toEqual([verdict])
  })

  test('does not let an auditor say two things of one second', async () => {
    const verdict = signedVerdict(auditor)
    await store.put(verdict, [])
    expect(await other.put(signedVerdict(auditor, { passed: false }), [])).toBe('conflict')
    expect(await kept(store)).toEqual([verdict])
    // Another auditor may.
    expect(await other.put(signedVerdict(randomPrivateKey(), { passed: false }), [])).toBe('stored')
  })

  test('forgets what it is told to, with what takes its place', async () => {
    const old = signedVerdict(auditor)
    const fresh = signedVerdict(auditor, { issuedAt: unixSeconds(1_750_000_100) })
    await store.put(old, [])
    expect(await other.put(fresh, [verdictName(old)])).toBe('stored')
    expect(await kept(store)).toEqual([fresh])
  })
})
