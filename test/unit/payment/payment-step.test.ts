import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { atomic } from '../../../src/domain/units.ts'
import { createPaymentStep, heldAmountOf } from '../../../src/payment/payment-step.ts'
import type { LedgerStore } from '../../../src/store/ledger-store.ts'
import { channelConfig, channelIdOf, openSignedChannel } from '../../support/channels.ts'
import { type LedgerPlace, sqlitePlace } from '../../support/ledger-place.ts'
import { inferenceRequest, offerOf } from '../../support/requests.ts'

let place: LedgerPlace
let ledger: LedgerStore

beforeEach(async () => {
  place = sqlitePlace()
  ledger = place.open()
  await openSignedChannel(ledger, channelIdOf(0), 500n)
})

afterEach(async () => {
  await ledger.close()
  place.remove()
})

const { prices } = offerOf()
const cheap = offerOf()
const dear = offerOf({ prices: { ...prices, completionAtomicPerMtok: atomic(9_000_000n) } })
const small = offerOf({ completionTokensMax: 5 })

describe('admit', () => {
  test('holds the worst case over all who may serve, and says who pays', async () => {
    const request = inferenceRequest({ max_tokens: 10 })
    const admitted = await createPaymentStep(ledger).admit(request, [cheap, dear], 'context')
    if (!admitted.ok) throw new Error(admitted.error.reason)
    await admitted.value.hold.durable
    // 1 byte and 16 of template at 1, 10 tokens at 9.
    expect(admitted.value.hold.value.hold.heldAmount).toBe(17n + 90n)
    expect(admitted.value.payerAddress).toBe(channelConfig.payer)
    expect([...admitted.value.bounds.keys()]).toEqual([cheap, dear])
    expect(await ledger.channel(channelIdOf(0))).toMatchObject({ heldAmount: 107n })
  })

  test('leaves out whose bounds the request exceeds, and refuses when nobody is left', async () => {
    const payment = createPaymentStep(ledger)
    const request = inferenceRequest({ max_tokens: 10 })
    const admitted = await payment.admit(request, [small, cheap], 'context')
    expect(admitted.ok && [...admitted.value.bounds.keys()]).toEqual([cheap])
    await payment.release(request.requestId)
    expect(await payment.admit(request, [small], 'context')).toMatchObject({
      error: { reason: 'invalid_value', param: 'max_tokens' },
    })
    expect(await ledger.channel(channelIdOf(0))).toMatchObject({ heldAmount: 0n })
  })

  test('refuses a request on a channel that has no book, and one that costs too much', async () => {
    const payment = createPaymentStep(ledger)
    const request = inferenceRequest({ n: 8 })
    expect(await payment.admit(request, [cheap], '')).toMatchObject({
      error: { reason: 'insufficient_balance', requiredAmount: 657n, freeAmount: 500n },
    })
    const elsewhere = { ...request, payer: { ...request.payer, channelId: channelIdOf(1) } }
    expect(await payment.admit(elsewhere, [cheap], '')).toMatchObject({
      error: { reason: 'channel_not_found' },
    })
  })
})

describe('a stream that does not fit', () => {
  const long = offerOf({ contextTokensMax: 10_000, completionTokensMax: 2_000 })
  /** 1 byte and 16 of template at 1, a slice at 2. */
  const slice = 17n + 1_024n

  async function payWith(free: bigint) {
    await openSignedChannel(ledger, channelIdOf(1), free)
    const request = inferenceRequest({ stream: true })
    return { ...request, payer: { ...request.payer, channelId: channelIdOf(1) } }
  }

  test('begins with a slice that can grow', async () => {
    const request = await payWith(slice + 500n)
    const admitted = await createPaymentStep(ledger).admit(request, [long, cheap], 'context')
    if (!admitted.ok) throw new Error(admitted.error.reason)
    expect(heldAmountOf(admitted.value)).toBe(slice)
    const wanted = atomic(slice + 400n)
    expect(await admitted.value.growing?.grow({ least: wanted, wanted })).toBe(true)
    expect(heldAmountOf(admitted.value)).toBe(wanted)
    expect(await ledger.channel(channelIdOf(1))).toMatchObject({ heldAmount: wanted })
  })

  test('is refused with the whole worst case when not even that fits', async () => {
    const request = await payWith(slice - 1n)
    expect(await createPaymentStep(ledger).admit(request, [long], '')).toMatchObject({
      error: { reason: 'insufficient_balance', requiredAmount: 4_017n, freeAmount: slice - 1n },
    })
    expect(await ledger.channel(channelIdOf(1))).toMatchObject({ heldAmount: 0n })
  })

  test("does so under a key's cap as well", async () => {
    const request = await payWith(100_000n)
    const spendCap = { budgetId: 'b', capAmount: atomic(slice) }
    const payer = { ...request.payer, spendCap } as const
    const admitted = await createPaymentStep(ledger).admit({ ...request, payer }, [long], '')
    expect(admitted.ok && heldAmountOf(admitted.value)).toBe(slice)
  })

  test('is refused to an x402 client, which is told its ceiling once', async () => {
    const request = await payWith(slice + 500n)
    const payment = {
      scheme: 'batch-settlement',
      maxClaimableAmount: atomic(slice + 500n),
      toldAmount: atomic(0n),
      clientBaseAmount: undefined,
      transactionHash: undefined,
    } as const
    const payer = { kind: 'channel', channelId: channelIdOf(1), payment } as const
    expect(await createPaymentStep(ledger).admit({ ...request, payer }, [long], '')).toMatchObject({
      error: { reason: 'insufficient_balance', requiredAmount: 4_017n },
    })
  })
})
