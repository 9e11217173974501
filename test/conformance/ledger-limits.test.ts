/*
 * What limits a request beside its channel's tranche: growing holds, caps of keys, frozen channels, ceilings that were
 * told. The same on every store, and the same after a power cut.
 */
import { describe, expect, test } from 'vitest'
import { atomic, bytes32 } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import {
  channelConfig,
  channelIdOf,
  holdOf,
  onChain,
  openSignedChannel,
  sealNote,
  untilDurable,
} from '../support/channels.ts'
import { expectLaw } from '../support/ledger-law.ts'
import { type StorePlace, storeKinds } from '../support/store-places.ts'
import { withLedger } from '../support/with-ledger.ts'

describe.each(storeKinds())('a ledger in $name', (kind) => {
  let place: StorePlace
  let store: LedgerStore
  const channelId = channelIdOf(0)

  withLedger(kind, (opened) => {
    ;({ place, store } = opened)
  })

  const hold = (requestId: string, amount: bigint, more: Partial<ReturnType<typeof holdOf>> = {}) =>
    store.hold({ ...holdOf(requestId, channelId, amount), ...more })
  const extend = (requestId: string, amount: bigint) => store.extend(requestId, atomic(amount))
  const charge = async (requestId: string, amount: bigint, of: LedgerStore = store) =>
    (await of.charge(requestId, atomic(amount), sealNote(requestId)))?.durable
  const afterPowerCut = async (look: (survivor: LedgerStore) => Promise<void>): Promise<void> => {
    await untilDurable(store, channelId)
    const copy = await place.copy()
    const survivor = await copy.open()
    await look(survivor)
    await survivor.close()
    await copy.remove()
  }

  describe('a hold that grows', () => {
    test('takes more of the tranche, up to all of it, and never a part', async () => {
      await hold('r', 100n)
      expect(await extend('r', 300n)).toMatchObject({
        ok: true,
        value: { value: { hold: { heldAmount: 400n }, channel: { heldAmount: 400n } } },
      })
      expect(await extend('r', 601n)).toMatchObject({
        error: { reason: 'insufficient_balance', requiredAmount: 601n, freeAmount: 600n },
      })
      expect(await extend('r', 600n)).toMatchObject({ ok: true })
      await charge('r', 950n)
      expect(await store.channel(channelId)).toMatchObject({
        heldAmount: 0n,
        chargedCumulativeAmount: 950n,
      })
    })

    test('is lost once it was charged, released, or never there', async () => {
      for (const requestId of ['charged', 'released']) await hold(requestId, 10n)
      await charge('charged', 1n)
      await store.release('released')
      for (const requestId of ['charged', 'released', 'never']) {
        expect(await extend(requestId, 1n)).toEqual({ ok: false, error: { reason: 'hold_lost' } })
      }
      expect(await store.channel(channelId)).toMatchObject({ heldAmount: 0n })
    })

    test('is found after a power cut as large as it was, with its checkpoint', async () => {
      await hold('r', 100n)
      store.checkpoint('r', 'as far as 1')
      await extend('r', 11n)
      await extend('r', 22n)
      await afterPowerCut(async (survivor) => {
        expect(await survivor.orphanedHolds()).toEqual([
          { ...holdOf('r', channelId, 133n), checkpoint: 'as far as 1' },
        ])
        await charge('r', 120n, survivor)
        expect(await expectLaw(survivor, channelId)).toEqual(new Map([['r', 120n]]))
      })
    })
  })

  describe('a key with a cap', () => {
    const budget = { budgetId: 'key-1', capAmount: atomic(100n) }
    const capped = (requestId: string, amount: bigint) =>
      hold(requestId, amount, { budget: budget as never })

    test('spends no more than its cap, however much the channel has', async () => {
      await capped('a', 60n)
      expect(await capped('b', 41n)).toMatchObject({
        error: { reason: 'key_cap_reached', requiredAmount: 41n, freeAmount: 40n },
      })
      expect(await capped('b', 40n)).toMatchObject({ ok: true })
      expect(await extend('a', 1n)).toMatchObject({ error: { reason: 'key_cap_reached' } })
      expect(await hold('other', 500n)).toMatchObject({ ok: true })
      await charge('a', 30n)
      await store.release('b')
      expect(await store.keySpending('key-1')).toEqual({
        budgetId: 'key-1',
        chargedAmount: 30n,
        heldAmount: 0n,
      })
      expect(await capped('c', 71n)).toMatchObject({ error: { freeAmount: 70n } })
      expect(await extend('never', 1n)).toMatchObject({ error: { reason: 'hold_lost' } })
    })

    test('is refused by the channel before its cap is touched', async () => {
      await hold('all', 1_000n)
      expect(await capped('a', 1n)).toMatchObject({ error: { reason: 'insufficient_balance' } })
      expect(await store.keySpending('key-1')).toMatchObject({ heldAmount: 0n, chargedAmount: 0n })
    })

    test('parallel requests hold exactly what it covers', async () => {
      const held = await Promise.all(
        Array.from({ length: 40 }, (_, index) => capped(`r${index}`, 7n)),
      )
      expect(held.filter(({ ok }) => ok)).toHaveLength(14)
      expect(await store.keySpending('key-1')).toMatchObject({ heldAmount: 98n })
      expect(await store.channel(channelId)).toMatchObject({ heldAmount: 98n })
    })

    test('has the same left after a power cut: what was charged, and what is still held', async () => {
      await capped('paid', 50n)
      await charge('paid', 20n)
      await capped('open', 30n)
      await afterPowerCut(async (survivor) => {
        expect(await survivor.keySpending('key-1')).toEqual({
          budgetId: 'key-1',
          chargedAmount: 20n,
          heldAmount: 30n,
        })
        await survivor.release('open')
        expect(await survivor.keySpending('key-1')).toMatchObject({ heldAmount: 0n })
      })
      expect(await store.keySpending('nobody')).toMatchObject({ chargedAmount: 0n, heldAmount: 0n })
    })
  })

  test('a frozen channel takes no hold, ends those it has, and says so after a power cut', async () => {
    await hold('r', 10n)
    await store.setFrozen(channelId, true)
    expect(await hold('s', 1n)).toMatchObject({ error: { reason: 'channel_frozen' } })
    expect(await extend('r', 1n)).toMatchObject({ error: { reason: 'channel_frozen' } })
    await charge('r', 5n)
    await afterPowerCut(async (survivor) => {
      expect(await survivor.channel(channelId)).toMatchObject({ frozen: true })
      await survivor.setFrozen(channelId, false)
      expect(await survivor.channel(channelId)).toMatchObject({ frozen: false })
    })
    await store.setFrozen(channelId, false)
    expect(await hold('s', 1n)).toMatchObject({ ok: true })
  })

  test('a hold that announces raises the ceiling that clients were told, and what was not used is credit', async () => {
    const announced = async (of: LedgerStore = store) =>
      (await of.channel(channelId))?.announcedAmount
    await hold('silent', 500n)
    expect(await announced()).toBe(0n)
    await store.release('silent')
    await hold('a', 100n, { announces: true as never })
    expect(await announced()).toBe(100n)
    await charge('a', 30n)
    // 30 charged and 70 held are within what was told.
    await hold('b', 70n, { announces: true as never })
    expect(await announced()).toBe(100n)
    await hold('c', 50n, { announces: true as never })
    expect(await announced()).toBe(150n)
    await afterPowerCut(async (survivor) => {
      expect(await announced(survivor)).toBe(150n)
      const orphans = await survivor.orphanedHolds()
      expect(orphans.map(({ announces }) => announces)).toEqual([true, true])
    })
  })

  describe('receipts of a channel', () => {
    test('are read a page at a time, in their order, and only its own', async () => {
      await openSignedChannel(store, channelIdOf(1), 1_000n)
      for (let index = 0; index < 7; index += 1) {
        await hold(`r${index}`, 10n)
        await store.hold(holdOf(`other${index}`, channelIdOf(1), 10n))
        await charge(`other${index}`, 2n)
        await charge(`r${index}`, 1n)
      }
      const page = async (afterSeq: number, limit: number) =>
        (await store.receipts({ channelId, afterSeq, limit })).map(
          (body) => (JSON.parse(body) as { requestId: string }).requestId,
        )
      expect(await page(0, 3)).toEqual(['r0', 'r1', 'r2'])
      expect(await page(3, 3)).toEqual(['r3', 'r4', 'r5'])
      expect(await page(6, 3)).toEqual(['r6'])
      expect(await page(7, 3)).toEqual([])
      expect(await page(0, 0)).toEqual([])
      expect(await store.receipts({ channelId: channelIdOf(2), afterSeq: 0, limit: 9 })).toEqual([])
      expect(await store.receipt(bytes32(`0x${'ab'.repeat(32)}`))).toBeUndefined()
      for (const id of [channelId, channelIdOf(1)])
        expect((await expectLaw(store, id)).size).toBe(7)
    })
  })

  test('all channels are listed, however many there are', async () => {
    for (let index = 1; index < 600; index += 1) {
      void store.openChannel({
        channelId: channelIdOf(index),
        chainId: 31337,
        config: channelConfig,
        onChain: onChain(BigInt(index)),
      })
    }
    await untilDurable(store, channelId)
    const ids = (await store.channels()).map((channel) => channel.channelId)
    expect(new Set(ids).size).toBe(600)
    expect(ids).toHaveLength(600)
  })
})
