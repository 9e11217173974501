/*
 * What contributors earned and were promised, on every store: in one durable step with the charge that earned it, and
 * never promised before it is remembered.
 */
import { describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../src/base/assert.ts'
import { address, atomic, noSignature, signature } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { channelConfig, channelIdOf, holdOf, onChain, sealNote } from '../support/channels.ts'
import { type StorePlace, storeKinds } from '../support/store-places.ts'
import { withLedger } from '../support/with-ledger.ts'

describe.each(storeKinds())('payouts in $name', (kind) => {
  let place: StorePlace
  let store: LedgerStore
  const channelId = channelIdOf(0)
  const payoutId = channelIdOf(100)
  const contributor = address(`0x${'c0'.repeat(20)}`)
  const signed = signature('0xabcd')

  withLedger(kind, (opened) => {
    ;({ place, store } = opened)
  })

  const openPayout = (balance: bigint, claimed = 0n) =>
    store.openPayout({
      payoutId,
      chainId: 10,
      contributor,
      config: channelConfig,
      onChain: onChain(balance, { totalClaimed: atomic(claimed) }),
    })
  const earn = async (requestId: string, amount: bigint) => {
    await store.hold(holdOf(requestId, channelId, 10n))
    const earning = { payoutId, amount: atomic(amount) }
    const charged = await store.charge(requestId, atomic(5n), sealNote(requestId), earning)
    await charged?.durable
  }
  const promise = (amount: bigint) =>
    store.promisePayout({ payoutId, amount: atomic(amount), signature: signed })

  test('begin level with the chain, and once', async () => {
    expect(await store.payout(payoutId)).toBeUndefined()
    const opened = await openPayout(500n, 20n)
    expect(opened).toMatchObject({
      contributor,
      chainId: 10,
      balance: 500n,
      earnedAmount: 20n,
      promisedAmount: 20n,
      totalClaimed: 20n,
      voucherSignature: noSignature,
    })
    expect(await openPayout(7n)).toEqual(opened)
    expect(await store.payouts()).toEqual([opened])
  })

  test('are earned with the charge, once, and promised before they are sent', async () => {
    await openPayout(500n)
    await earn('a', 3n)
    await earn('b', 4n)
    const again = { payoutId, amount: atomic(9n) }
    expect(await store.charge('b', atomic(5n), sealNote('b'), again)).toBeUndefined()
    expect(await store.payout(payoutId)).toMatchObject({ earnedAmount: 7n, promisedAmount: 0n })
    expect(await promise(7n)).toMatchObject({ promisedAmount: 7n, voucherSignature: signed })
    expect(await promise(5n)).toMatchObject({ promisedAmount: 7n })
    await expect(promise(8n)).rejects.toThrow(InvariantViolation)
  })

  test('that were promised are there after a power cut, at the moment the promise is answered', async () => {
    await openPayout(500n)
    await earn('a', 30n)
    await promise(30n)
    const copy = await place.copy()
    const survivor = await copy.open()
    expect(await survivor.payout(payoutId)).toMatchObject({
      earnedAmount: 30n,
      promisedAmount: 30n,
      voucherSignature: signed,
      config: channelConfig,
    })
    await survivor.close()
    await copy.remove()
  })

  test('an earning on a payout that nobody opened is a bug, and charges nothing', async () => {
    await store.hold(holdOf('r', channelId, 10n))
    const earning = { payoutId, amount: atomic(1n) }
    await expect(store.charge('r', atomic(5n), sealNote('r'), earning)).rejects.toThrow(
      InvariantViolation,
    )
    expect(await store.channel(channelId)).toMatchObject({
      heldAmount: 10n,
      chargedCumulativeAmount: 0n,
      receiptSeq: 0,
    })
  })

  test('whose book was lost are raised to what the contributor shows and the chain says', async () => {
    await openPayout(500n)
    const shown = await store.recoverPromise({ payoutId, amount: atomic(40n), signature: signed })
    expect(shown).toMatchObject({ earnedAmount: 40n, promisedAmount: 40n })
    const claimed = onChain(450n, { totalClaimed: atomic(60n) })
    expect(await store.observePayout(payoutId, claimed)).toMatchObject({
      balance: 450n,
      earnedAmount: 60n,
      promisedAmount: 60n,
      totalClaimed: 60n,
    })
  })

  test('of many charges at once are earned in full', async () => {
    await openPayout(500n)
    await Promise.all(Array.from({ length: 60 }, (_, index) => earn(`r${index}`, 2n)))
    expect(await store.payout(payoutId)).toMatchObject({ earnedAmount: 120n })
    expect(await store.channel(channelId)).toMatchObject({ chargedCumulativeAmount: 300n })
  })
})
