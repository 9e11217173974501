/*
 * What every store of countersignatures does, whatever it is made of: the suite speaks to the port alone.
 */
import { describe, expect, test } from 'vitest'
import type { KeptCountersignature } from '../../src/domain/countersignature.ts'
import { address, bytes32, signature, unixSeconds } from '../../src/domain/units.ts'
import type { CountersignatureStore } from '../../src/store/countersignature-store.ts'
import { openRedisCountersignatures } from '../../src/store/countersignature-store-redis.ts'
import { openSqliteCountersignatures } from '../../src/store/countersignature-store-sqlite.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const places: readonly [string, () => Promise<StorePlaceOf<CountersignatureStore>>][] = [
  ['SQLite', inSqlite(openSqliteCountersignatures)],
  ['Redis', inRedis(openRedisCountersignatures)],
]

const keptOf = (byte: string, receivedAt = 1_700_000_000): KeptCountersignature => ({
  receiptId: bytes32(`0x${byte.repeat(32)}`),
  countersignature: {
    signer: address(`0x${'0a'.repeat(20)}`),
    signature: signature('0x1234'),
    receivedAt: unixSeconds(receivedAt),
  },
})

describe.each(places)('countersignatures in %s', (_name, createPlace) => {
  let store: CountersignatureStore
  /** Of another process. */
  let other: CountersignatureStore

  withSharedStore<CountersignatureStore>(createPlace, (opened) => {
    ;({ store, other } = opened)
  })

  test('are given back to every process, each for its receipt', async () => {
    const kept = keptOf('01')
    expect(await store.put(kept)).toEqual(kept)
    expect(await other.of(kept.receiptId)).toEqual(kept)
    expect(await other.of(keptOf('02').receiptId)).toBeUndefined()
  })

  test('stay the first that came', async () => {
    const first = keptOf('03')
    expect(await store.put(first)).toEqual(first)
    expect(await other.put(keptOf('03', 1_800_000_000))).toEqual(first)
    expect(await store.of(first.receiptId)).toEqual(first)
  })
})
