/*
 * What every ledger store does, whatever it is made of: the suite speaks to the port alone. A second implementation joins
 * by adding its place below.
 */
import { describe, expect, test, vi } from 'vitest'
import { InvariantViolation } from '../../src/base/assert.ts'
import { atomic, unixSeconds, zeroBytes32 } from '../../src/domain/units.ts'
import { newRequestIds } from '../../src/gateway/request-ids.ts'
import type { LedgerStore, StoreFailure } from '../../src/store/ledger-store.ts'
import {
  channelConfig,
  channelIdOf,
  holdOf,
  noteDigest,
  onChain,
  openSignedChannel,
  type ReceiptNote,
  receiptIdOf,
  sealNote,
  voucherOf,
} from '../support/channels.ts'
import { type StorePlace, storeKinds } from '../support/store-places.ts'
import { withLedger } from '../support/with-ledger.ts'

describe.each(storeKinds())('a ledger in $name', (kind) => {
  let place: StorePlace
  let store: LedgerStore
  const channelId = channelIdOf(0)

  withLedger(kind, (opened) => {
    ;({ place, store } = opened)
  })

  const channel = async (of: LedgerStore = store, id = channelId) => {
    const found = await of.channel(id)
    if (found === undefined) throw new Error('the channel is gone')
    return found
  }
  const hold = async (requestId: string, amount: bigint) => {
    const held = await store.hold(holdOf(requestId, channelId, amount))
    if (held.ok) await held.value.durable
    return held
  }
  const charge = async (requestId: string, amount: bigint) => {
    const charged = await store.charge(requestId, atomic(amount), sealNote(requestId))
    await charged?.durable
    return charged
  }
  const noteOf = async (requestId: string, of: LedgerStore = store) => {
    const receipt = await of.receipt(receiptIdOf(requestId))
    return receipt?.body === undefined ? undefined : (JSON.parse(receipt.body) as ReceiptNote)
  }
  /** The store as another process finds it after a power cut at this moment. */
  const afterPowerCut = async <T>(look: (survivor: LedgerStore) => Promise<T>): Promise<T> => {
    const copy = await place.copy()
    const survivor = await copy.open()
    try {
      return await look(survivor)
    } finally {
      await survivor.close()
      await copy.remove()
    }
  }

  describe('a channel', () => {
    test('is opened once: a second opening answers the book that there is', async () => {
      await hold('r', 10n)
      const terms = { channelId, chainId: 31337, config: channelConfig, onChain: onChain(7n) }
      const again = await store.openChannel(terms)
      await again.durable
      expect(again.value).toMatchObject({ balance: 1_000n, heldAmount: 10n })
      expect(await store.channels()).toHaveLength(1)
    })

    test('begins level with the chain', async () => {
      const other = channelIdOf(1)
      const claimed = onChain(500n, { totalClaimed: atomic(120n) })
      await store.openChannel({
        channelId: other,
        chainId: 31337,
        config: channelConfig,
        onChain: claimed,
      })
      expect(await channel(store, other)).toMatchObject({
        chargedCumulativeAmount: 120n,
        signedMaxClaimable: 120n,
        totalClaimed: 120n,
        receiptSeq: 0,
      })
    })

    test('that nobody opened is not there, and takes nothing', async () => {
      const other = channelIdOf(1)
      expect(await store.channel(other)).toBeUndefined()
      expect(await store.hold(holdOf('r', other, 1n))).toMatchObject({
        error: { reason: 'channel_not_found' },
      })
      expect(await store.acceptVoucher(voucherOf(other, 1n))).toMatchObject({
        error: { reason: 'channel_not_found' },
      })
    })

    test('takes a higher voucher and is not moved by a lower one', async () => {
      await store.observeChain(channelId, onChain(2_000n))
      for (const [amount, signed] of [
        [1_500n, 1_500n],
        [1_500n, 1_500n],
        [1_200n, 1_500n],
      ] as const) {
        const accepted = await store.acceptVoucher(voucherOf(channelId, amount))
        expect(accepted.ok && accepted.value.value.signedMaxClaimable).toBe(signed)
        if (accepted.ok) await accepted.value.durable
      }
      expect(await store.acceptVoucher(voucherOf(channelId, 2_001n))).toMatchObject({
        error: { reason: 'voucher_above_balance', balance: 2_000n },
      })
      const survived = await afterPowerCut((survivor) => channel(survivor))
      expect(survived).toMatchObject({ signedMaxClaimable: 1_500n, balance: 2_000n })
    })

    test('that is being withdrawn takes no new hold, but ends those it has', async () => {
      await hold('before', 100n)
      await store.observeChain(channelId, onChain(1_000n, { withdrawFinalAtS: unixSeconds(9) }))
      expect(await hold('after', 1n)).toMatchObject({ error: { reason: 'channel_closing' } })
      await charge('before', 60n)
      expect(await channel()).toMatchObject({ chargedCumulativeAmount: 60n, heldAmount: 0n })
      expect(await afterPowerCut((survivor) => channel(survivor))).toMatchObject({ closing: true })
    })
  })

  describe('a request', () => {
    test('is held, charged what it cost, and the rest is free again', async () => {
      await hold('r', 300n)
      expect(await channel()).toMatchObject({ heldAmount: 300n, chargedCumulativeAmount: 0n })
      await charge('r', 120n)
      expect(await channel()).toMatchObject({ heldAmount: 0n, chargedCumulativeAmount: 120n })
      expect(await noteOf('r')).toEqual({
        requestId: 'r',
        gatewaySeq: 1,
        channelSeq: 1,
        cumulative: '120',
        prevReceipt: zeroBytes32,
      })
      expect((await store.receipt(receiptIdOf('r')))?.channelId).toBe(channelId)
    })

    test('is held once, however often it asks', async () => {
      for (const amount of [100n, 100n, 900n])
        expect(await hold('r', amount)).toMatchObject({ ok: true })
      expect(await channel()).toMatchObject({ heldAmount: 100n })
    })

    test('is charged once, and not at all after it was released', async () => {
      await hold('r', 100n)
      expect(await charge('r', 40n)).toBeDefined()
      expect(await charge('r', 40n)).toBeUndefined()
      expect(await store.release('r')).toBe(false)
      await hold('s', 100n)
      const released = await Promise.all([store.release('s'), store.release('s')])
      expect(released.toSorted()).toEqual([false, true])
      expect(await store.release('s')).toBe(false)
      expect(await charge('s', 40n)).toBeUndefined()
      expect(await charge('never held', 1n)).toBeUndefined()
      expect(await channel()).toMatchObject({ heldAmount: 0n, chargedCumulativeAmount: 40n })
      expect(await channel()).toMatchObject({ receiptSeq: 1 })
    })

    test('leaves its record beside its receipt, found by its own id, after a power cut too', async () => {
      const asked = [1, 2, 3].map((nowMs) => newRequestIds(nowMs))
      for (const { requestId, receiptId } of asked) {
        await hold(requestId, 10n)
        const digest = zeroBytes32
        const charged = await store.charge(requestId, atomic(1n), ({ channelSeq }) => ({
          receiptId,
          digest,
          body: () => `receipt ${channelSeq}`,
          record: `{"of": "${requestId} of ${receiptId}"}`,
          sealedAt: unixSeconds(1),
          answerId: undefined,
        }))
        await charged?.durable
      }
      const told = async (of: LedgerStore) =>
        Promise.all(asked.map(({ requestId }) => of.requestRecord(requestId)))
      const records = await told(store)
      expect(records).toEqual(
        asked.map(({ requestId, receiptId }, index) => ({
          channelId,
          receiptId,
          gatewaySeq: index + 1,
          digest: zeroBytes32,
          body: `receipt ${index + 1}`,
          record: `{"of": "${requestId} of ${receiptId}"}`,
        })),
      )
      expect(await afterPowerCut(told)).toEqual(records)
      expect(await store.requestRecord(newRequestIds(2).requestId)).toBeUndefined()
    })

    test('may be held again under its name once it was released, on the disk too', async () => {
      await hold('r', 100n)
      await store.release('r')
      await hold('r', 70n)
      expect(await afterPowerCut((survivor) => survivor.orphanedHolds())).toMatchObject([
        { requestId: 'r', heldAmount: 70n },
      ])
      await charge('r', 50n)
      expect(await channel()).toMatchObject({ heldAmount: 0n, chargedCumulativeAmount: 50n })
    })

    test('that costs more than was held is a bug, and changes nothing', async () => {
      await hold('r', 100n)
      await expect(charge('r', 101n)).rejects.toThrow(InvariantViolation)
      expect(await channel()).toMatchObject({ heldAmount: 100n, chargedCumulativeAmount: 0n })
      await charge('r', 100n)
      expect(await noteOf('r')).toMatchObject({ gatewaySeq: 1, channelSeq: 1 })
    })

    test('whose receipt cannot be sealed stays held, and leaves no gap', async () => {
      await hold('r', 100n)
      const failing = store.charge('r', atomic(10n), () => {
        throw new Error('no key')
      })
      await expect(failing).rejects.toThrow('no key')
      expect(await channel()).toMatchObject({ heldAmount: 100n, receiptSeq: 0 })
      await charge('r', 10n)
      expect(await noteOf('r')).toMatchObject({ gatewaySeq: 1, channelSeq: 1, cumulative: '10' })
    })

    test('gets nothing of a tranche that is used up, and says what is missing', async () => {
      await hold('r', 990n)
      expect(await hold('s', 11n)).toMatchObject({
        error: { reason: 'insufficient_balance', requiredAmount: 11n, freeAmount: 10n },
      })
      expect(await hold('t', 10n)).toMatchObject({ ok: true })
    })
  })

  test('500 at once hold exactly what the tranche covers', async () => {
    const held = await Promise.all(
      Array.from({ length: 500 }, (_, index) => store.hold(holdOf(`r${index}`, channelId, 7n))),
    )
    expect(held.filter(({ ok }) => ok)).toHaveLength(142)
    expect(await channel()).toMatchObject({ heldAmount: 994n })
    await Promise.all(held.map((one) => one.ok && one.value.durable))
    const orphans = await afterPowerCut((survivor) => survivor.orphanedHolds())
    expect(orphans).toHaveLength(142)
  })

  test('receipts of parallel requests form one chain per channel, numbered over all', async () => {
    const other = channelIdOf(1)
    await openSignedChannel(store, other, 1_000n)
    const requests = Array.from({ length: 60 }, (_, index) => ({
      requestId: `r${index}`,
      of: index % 3 === 0 ? other : channelId,
    }))
    await Promise.all(requests.map(({ requestId, of }) => store.hold(holdOf(requestId, of, 5n))))
    const charged = await Promise.all(
      requests.map(({ requestId }) => store.charge(requestId, atomic(3n), sealNote(requestId))),
    )
    await Promise.all(charged.map((one) => one?.durable))
    const notes = await Promise.all(requests.map(({ requestId }) => noteOf(requestId)))
    expect(notes.map((one) => one?.gatewaySeq).sort((a = 0, b = 0) => a - b)).toEqual(
      requests.map((_, index) => index + 1),
    )
    for (const of of [channelId, other]) {
      const chain = notes
        .filter((_, index) => requests[index]?.of === of)
        .sort((a, b) => (a?.channelSeq ?? 0) - (b?.channelSeq ?? 0))
      let previous: string = zeroBytes32
      for (const [index, one] of chain.entries()) {
        expect(one).toMatchObject({
          channelSeq: index + 1,
          cumulative: String(3 * (index + 1)),
          prevReceipt: previous,
        })
        previous = noteDigest(one?.requestId ?? '')
      }
      expect((await channel(store, of)).receiptDigest).toBe(previous)
    }
  })

  describe('after a power cut', () => {
    test('what was durable is there: charges with their receipts, holds with their checkpoints', async () => {
      await hold('paid', 100n)
      await charge('paid', 30n)
      await hold('open', 200n)
      store.checkpoint('open', 'as far as 7')
      store.checkpoint('paid', 'too late')
      store.checkpoint('open', 'as far as 9')
      await hold('begun', 50n)
      await afterPowerCut(async (survivor) => {
        expect(await channel(survivor)).toMatchObject({
          chargedCumulativeAmount: 30n,
          heldAmount: 250n,
          receiptSeq: 1,
          config: channelConfig,
        })
        expect(await noteOf('paid', survivor)).toMatchObject({ cumulative: '30' })
        const orphans = await survivor.orphanedHolds()
        expect(orphans.toSorted((a, b) => (a.requestId < b.requestId ? 1 : -1))).toEqual([
          { ...holdOf('open', channelId, 200n), checkpoint: 'as far as 9' },
          { ...holdOf('begun', channelId, 50n), checkpoint: undefined },
        ])
      })
    })

    test('orphans are charged or released like any hold, once, and numbers go on', async () => {
      await hold('paid', 100n)
      await charge('paid', 30n)
      await hold('served', 200n)
      await hold('unserved', 50n)
      await afterPowerCut(async (survivor) => {
        await survivor.release('unserved')
        const charged = await survivor.charge('served', atomic(20n), sealNote('served'))
        await charged?.durable
        expect(await survivor.charge('served', atomic(20n), sealNote('served'))).toBeUndefined()
        expect(await survivor.orphanedHolds()).toEqual([])
        expect(await noteOf('served', survivor)).toMatchObject({
          gatewaySeq: 2,
          channelSeq: 2,
          cumulative: '50',
        })
        expect(await channel(survivor)).toMatchObject({
          heldAmount: 0n,
          chargedCumulativeAmount: 50n,
        })
      })
    })

    test('a hold that nobody waited for may be gone, but nothing is half there', async () => {
      const held = await store.hold(holdOf('r', channelId, 100n))
      await store.charge('r', atomic(10n), sealNote('r'))
      await afterPowerCut(async (survivor) => {
        const { chargedCumulativeAmount: charged, heldAmount } = await channel(survivor)
        const note = await noteOf('r', survivor)
        expect([charged, heldAmount, note !== undefined]).toBeOneOf([
          [0n, 0n, false],
          [0n, 100n, false],
          [10n, 0n, true],
        ])
      })
      if (held.ok) await held.value.durable
    })
  })

  describe('its place', () => {
    test('is free again after close, with everything in it', async () => {
      await hold('r', 10n)
      await charge('r', 4n)
      await store.close()
      await store.close()
      store = await place.open()
      expect(await channel()).toMatchObject({ chargedCumulativeAmount: 4n, heldAmount: 0n })
    })

    test('takes no hold once it was closed', async () => {
      await store.close()
      expect(await store.hold(holdOf('r', channelId, 1n))).toMatchObject({
        error: { reason: 'store_unavailable' },
      })
    })
  })

  describe('when it cannot be written any more', () => {
    /** A store that decides before it writes breaks its promise; one that decides by writing does not give it. */
    const outcomeOf = async (work: Promise<unknown>) => {
      try {
        const decided = (await work) as { ok?: boolean; value?: unknown; durable?: Promise<void> }
        if (decided.ok === false) return decided
        await (decided.durable ?? (decided.value as { durable: Promise<void> }).durable)
        return 'durable'
      } catch (error) {
        return (error as Error).name
      }
    }

    test('whoever waits is told, nothing more is held, and the owner hears of it once', async () => {
      await store.close()
      const onFailure = vi.fn<(failure: StoreFailure) => void>()
      store = await place.open(onFailure)
      await hold('before', 10n)
      expect(store.isWritable()).toBe(true)
      await place.breakWrites()
      const outcomes = await Promise.all([
        outcomeOf(store.hold(holdOf('a', channelId, 10n))),
        outcomeOf(store.hold(holdOf('b', channelId, 10n))),
        outcomeOf(store.charge('before', atomic(5n), sealNote('before'))),
      ])
      const refused = expect.objectContaining({ error: { reason: 'store_unavailable' } })
      for (const outcome of outcomes) expect(['StoreFailure', refused]).toContainEqual(outcome)
      expect(outcomes[2]).toBe('StoreFailure')
      expect(await hold('after', 1n)).toMatchObject({ error: { reason: 'store_unavailable' } })
      expect(onFailure).toHaveBeenCalledOnce()
      expect(store.isWritable()).toBe(false)
      // It still closes, and a process that finds the place mended goes on from what was durable.
      await store.close()
      await place.mendWrites()
      store = await place.open()
      expect(await store.orphanedHolds()).toMatchObject([{ requestId: 'before' }])
      expect(await channel()).toMatchObject({ heldAmount: 10n, chargedCumulativeAmount: 0n })
    })
  })
})
