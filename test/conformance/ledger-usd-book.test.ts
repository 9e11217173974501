/*
 * The dollar book on every store: it grows in the same durable step as the charge, once for each request, and whoever
 * decides on the same ledger adds to the same sums.
 */
import { describe, expect, test } from 'vitest'
import { microUsd } from '../../src/domain/exchange.ts'
import { atomic } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { channelIdOf, holdOf, sealNote } from '../support/channels.ts'
import { type StorePlace, storeKinds } from '../support/store-places.ts'
import { withLedger } from '../support/with-ledger.ts'

const worthOf = (charged: bigint, earned: bigint) => ({
  chargedMicroUsd: microUsd(charged),
  earnedMicroUsd: microUsd(earned),
})

describe.each(storeKinds())('the dollar book in $name', (kind) => {
  let place: StorePlace
  let store: LedgerStore
  const channelId = channelIdOf(0)

  withLedger(kind, (opened) => {
    ;({ place, store } = opened)
  })

  const charge = async (requestId: string, worth: ReturnType<typeof worthOf> | undefined) => {
    const sealed = await store.charge(requestId, atomic(5n), sealNote(requestId), undefined, worth)
    await sealed?.durable
  }

  test('begins with nothing, and adds what each charge was worth, once', async () => {
    expect(await store.usdBook()).toEqual(worthOf(0n, 0n))
    const beyondDoubles = 2n ** 60n + 1n
    for (const [requestId, worth] of [
      ['a', worthOf(beyondDoubles, 7n)],
      ['b', worthOf(3n, 0n)],
      ['c', undefined],
    ] as const) {
      await store.hold(holdOf(requestId, channelId, 10n))
      await charge(requestId, worth)
      await charge(requestId, worth)
    }
    expect(await store.usdBook()).toEqual(worthOf(beyondDoubles + 3n, 7n))
  })

  test('keeps nothing of a charge that did not come about', async () => {
    await store.hold(holdOf('a', channelId, 10n))
    await store.release('a')
    await charge('a', worthOf(5n, 4n))
    await store.hold(holdOf('b', channelId, 10n))
    const failing = store.charge(
      'b',
      atomic(5n),
      () => {
        throw new Error('no key')
      },
      undefined,
      worthOf(5n, 4n),
    )
    await expect(failing).rejects.toThrow('no key')
    expect(await store.usdBook()).toEqual(worthOf(0n, 0n))
  })

  test('is durable with the charge', async () => {
    await store.hold(holdOf('a', channelId, 10n))
    await charge('a', worthOf(5n, 4n))
    const copy = await place.copy()
    const survivor = await copy.open()
    expect(await survivor.usdBook()).toEqual(worthOf(5n, 4n))
    await survivor.close()
    await copy.remove()
  })
})
