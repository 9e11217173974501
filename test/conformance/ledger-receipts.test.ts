/*
 * What every ledger store keeps of receipts, and for how long: found by each of their names, told in their order, and their
 * bodies deleted when their time is over.
 */
import { describe, expect, test } from 'vitest'
import { openSignTogether } from '../../src/attestation/sign-together.ts'
import { ecdsaPartOf } from '../../src/chain/batch-signature.ts'
import { addressOfPrivateKey, recoverSigner } from '../../src/chain/signatures.ts'
import { atomic, type Bytes32, signature, unixSeconds } from '../../src/domain/units.ts'
import { newRequestIds } from '../../src/gateway/request-ids.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import {
  channelIdOf,
  holdOf,
  noteDigest,
  openSignedChannel,
  receiptIdOf,
  sealNote,
} from '../support/channels.ts'
import { gatewayKey } from '../support/signed-receipt.ts'
import { type StorePlace, storeKinds } from '../support/store-places.ts'
import { withLedger } from '../support/with-ledger.ts'

type Charged = { readonly channelId: Bytes32; readonly answerId?: string }

describe.each(storeKinds())('receipts of a ledger in $name', (kind) => {
  let place: StorePlace
  let store: LedgerStore
  const [channelId, otherId] = [channelIdOf(0), channelIdOf(1)]

  withLedger(kind, (opened) => {
    ;({ place, store } = opened)
  })

  const charge = async (
    requestId: string,
    { channelId: on, answerId }: Charged = { channelId },
  ) => {
    await store.hold(holdOf(requestId, on, 1n))
    const seal = sealNote(requestId)
    const charged = await store.charge(requestId, atomic(1n), (position) => ({
      ...seal(position),
      answerId,
    }))
    await charged?.durable
    return charged?.value
  }
  const reopened = async <T>(look: (survivor: LedgerStore) => Promise<T>): Promise<T> => {
    const copy = await place.copy()
    const survivor = await copy.open()
    try {
      return await look(survivor)
    } finally {
      await survivor.close()
      await copy.remove()
    }
  }

  test('are signed when all that is written with them is decided, and as they are written', async () => {
    const requests = Array.from({ length: 20 }, (_, index) => `together ${index}`)
    const signTogether = openSignTogether(gatewayKey)
    const decided = await Promise.all(
      requests.map(async (requestId) => {
        await store.hold(holdOf(requestId, channelId, 1n))
        return store.charge(requestId, atomic(1n), (position) => {
          const note = sealNote(requestId)(position)
          const sign = signTogether(note.digest)
          return { ...note, body: () => sign() }
        })
      }),
    )
    await Promise.all(decided.map((one) => one?.durable))
    const lengths = new Map<number, number>()
    for (const requestId of requests) {
      const kept = await store.receipt(receiptIdOf(requestId))
      const signed = signature(kept?.body ?? '')
      const ecdsa = ecdsaPartOf(noteDigest(requestId), signed)
      expect(ecdsa && recoverSigner(ecdsa.digest, ecdsa.signature)).toBe(
        addressOfPrivateKey(gatewayKey),
      )
      lengths.set(signed.length, (lengths.get(signed.length) ?? 0) + 1)
    }
    // A commit that was on its way may have taken a few before the others; most of them share one.
    expect(Math.max(...lengths.keys())).toBeGreaterThan(132 + 2 * 64)
  })

  test('are told in the order of the gateway, each with its digest, whichever channel they are of', async () => {
    await openSignedChannel(store, otherId, 100n)
    const names = ['a', 'b', 'c', 'd', 'e']
    const sealed = []
    for (const [index, name] of names.entries()) {
      sealed.push(await charge(name, { channelId: index % 2 === 0 ? channelId : otherId }))
    }
    const expected = sealed.map((one, index) => ({
      channelId: index % 2 === 0 ? channelId : otherId,
      receiptId: one?.receiptId,
      gatewaySeq: index + 1,
      digest: one?.digest,
      body: one?.body(),
    }))
    const told = (of: LedgerStore) => of.receiptsBySeq({ afterSeq: 0, limit: 9 })
    expect(await told(store)).toEqual(expected)
    expect(await reopened(told)).toEqual(expected)
    expect(await store.receiptsBySeq({ afterSeq: 1, limit: 2 })).toEqual(expected.slice(1, 3))
    expect(await store.receiptsBySeq({ afterSeq: 5, limit: 2 })).toEqual([])
    expect(await store.digestsBySeq({ afterSeq: 1, limit: 2 })).toEqual(
      expected.slice(1, 3).map(({ digest }) => digest),
    )
    expect(await store.digestsBySeq({ afterSeq: 5, limit: 2 })).toEqual([])
    expect(await store.receiptsBySeq({ afterSeq: 0, limit: 0 })).toEqual([])
    for (const one of expected) {
      expect(await store.receipt(receiptIdOf(names[one.gatewaySeq - 1] ?? ''))).toMatchObject(one)
    }
  })

  test('are found once their hold is gone, however soon: there is no moment without both', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => newRequestIds(index))
    for (const { requestId } of ids) await store.hold(holdOf(requestId, channelId, 1n))
    expect(await store.heldOn(ids[0]?.requestId ?? '')).toBe(channelId)
    const charging = ids.map(({ requestId, receiptId }) =>
      store.charge(requestId, atomic(1n), (at) => ({ ...sealNote(requestId)(at), receiptId })),
    )
    const looking = ids.map(async ({ requestId, receiptId }) => {
      for (;;) {
        if ((await store.heldOn(requestId)) !== undefined) continue
        return [await store.receipt(receiptId), await store.requestRecord(requestId)]
      }
    })
    for (const found of await Promise.all(looking)) {
      expect(found).toMatchObject([{ channelId }, { channelId }])
    }
    expect(await store.heldOn(ids[0]?.requestId ?? '')).toBeUndefined()
    await Promise.all((await Promise.all(charging)).map((charged) => charged?.durable))
  })

  test('are found by the id of their answer, on their channel alone, the newest where it stands twice', async () => {
    await openSignedChannel(store, otherId, 100n)
    const answerId = 'chatcmpl-of an engine: "x"'
    await charge('a', { channelId, answerId })
    await charge('b', { channelId })
    await charge('c', { channelId: otherId, answerId })
    const found = async (of: LedgerStore, on = channelId, id = answerId) =>
      (await of.receiptOfAnswer(on, id))?.receiptId
    expect(await found(store)).toBe(receiptIdOf('a'))
    expect(await found(store, otherId)).toBe(receiptIdOf('c'))
    expect(await found(store, channelIdOf(2))).toBeUndefined()
    expect(await found(store, channelId, 'another')).toBeUndefined()
    await charge('d', { channelId, answerId })
    expect(await found(store)).toBe(receiptIdOf('d'))
    expect(await reopened((survivor) => found(survivor))).toBe(receiptIdOf('d'))
  })

  describe('that are old', () => {
    /** Sealed at the second of their number. */
    const names = ['a', 'b', 'c', 'd', 'e']
    const expire = (before: number, limit = 100) =>
      store.expireReceipts({ before: unixSeconds(before), limit })
    const bodies = async (of: LedgerStore = store) =>
      (await of.receiptsBySeq({ afterSeq: 0, limit: 9 })).map(({ body }) => body !== undefined)

    test('lose body and record, oldest first and so many at a time, and keep their digest', async () => {
      for (const name of names) await charge(name, { channelId, answerId: `answer ${name}` })
      const before = await store.receiptsBySeq({ afterSeq: 0, limit: 9 })
      expect(await expire(1)).toBe(0)
      expect(await expire(4, 2)).toBe(2)
      expect(await bodies()).toEqual([false, false, true, true, true])
      expect(await expire(4, 2)).toBe(1)
      expect(await expire(4, 2)).toBe(0)
      expect(await bodies()).toEqual([false, false, false, true, true])
      expect(await reopened(bodies)).toEqual([false, false, false, true, true])
      const after = await store.receiptsBySeq({ afterSeq: 0, limit: 9 })
      expect(after.map(({ digest }) => digest)).toEqual(before.map(({ digest }) => digest))
      const gone = { channelId, receiptId: receiptIdOf('b'), gatewaySeq: 2, body: undefined }
      expect(await store.receipt(receiptIdOf('b'))).toMatchObject(gone)
      expect(await store.receiptOfAnswer(channelId, 'answer b')).toMatchObject(gone)
      expect(await store.receiptOfAnswer(channelId, 'answer e')).toMatchObject({ gatewaySeq: 5 })
    })

    test('are not told as if the channel began behind them', async () => {
      for (const name of names) await charge(name)
      await expire(3)
      const page = (afterSeq: number) => store.receipts({ channelId, afterSeq, limit: 2 })
      expect(await page(0)).toEqual([])
      expect(await page(1)).toEqual([])
      expect(await page(2)).toHaveLength(2)
    })

    test('leave requests without a record', async () => {
      const { requestId, receiptId } = newRequestIds(1)
      await store.hold(holdOf(requestId, channelId, 1n))
      const seal = sealNote(requestId)
      const charged = await store.charge(requestId, atomic(1n), (at) => ({
        ...seal(at),
        receiptId,
      }))
      await charged?.durable
      await expire(2)
      const found = await store.requestRecord(requestId)
      expect(found).toMatchObject({ receiptId, gatewaySeq: 1, body: undefined, record: undefined })
    })

    test('are no part of what the ledger goes on with', async () => {
      for (const name of names) await charge(name)
      await expire(6)
      expect(await bodies()).toEqual(names.map(() => false))
      await reopened(async (survivor) => {
        expect(await survivor.channel(channelId)).toMatchObject({
          chargedCumulativeAmount: 5n,
          receiptSeq: 5,
        })
        await survivor.hold(holdOf('f', channelId, 1n))
        await (await survivor.charge('f', atomic(1n), sealNote('f')))?.durable
        expect(await survivor.receipt(receiptIdOf('f'))).toMatchObject({ gatewaySeq: 6 })
        expect(await survivor.expireReceipts({ before: unixSeconds(6), limit: 9 })).toBe(0)
        expect(await bodies(survivor)).toEqual([...names.map(() => false), true])
      })
    })
  })
})
