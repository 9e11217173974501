import { afterEach, beforeEach, expect, test } from 'vitest'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { noLimits } from '../../../src/domain/caller-limits.ts'
import type { Asset } from '../../../src/domain/exchange.ts'
import { microUsd } from '../../../src/domain/exchange.ts'
import type { ReceiptDocument } from '../../../src/domain/receipt-document.ts'
import { address, zeroAddress } from '../../../src/domain/units.ts'
import { recoverHolds, recoveryContext } from '../../../src/gateway/recover-holds.ts'
import { createPaymentStep } from '../../../src/payment/payment-step.ts'
import { PriceExchange } from '../../../src/payment/price-exchange.ts'
import type { LedgerStore } from '../../../src/store/ledger-store.ts'
import { callerLimits, nobodyLimited } from '../../support/caller-limits.ts'
import { channelConfig, channelIdOf, holdOf, openSignedChannel } from '../../support/channels.ts'
import { testDomain, testVerifier } from '../../support/gateway-on-ledger.ts'
import { type LedgerPlace, sqlitePlace } from '../../support/ledger-place.ts'
import { inferenceRequest, offerOf } from '../../support/requests.ts'

let place: LedgerPlace
let ledger: LedgerStore
const channelId = channelIdOf(0)
beforeEach(async () => {
  place = sqlitePlace()
  ledger = place.open()
  await openSignedChannel(ledger, channelId, 10n ** 20n)
})
afterEach(async () => {
  await ledger.close()
  place.remove()
})

const home: Asset = {
  chainId: 31337,
  address: zeroAddress,
  decimals: 6,
  haircutBps: 0,
  rate: 'par',
}
const dollar = { ...home, address: channelConfig.token, decimals: 18, haircutBps: 100 }

test('a crash is charged in the asset and at the rate of the admission, and its dollars are counted', async () => {
  const exchange = new PriceExchange({
    home,
    others: [dollar],
    quoteOf: () => undefined,
    nowMs: Date.now,
  })
  const pricing = exchange.pricingOf(dollar)
  if (!pricing.ok) throw new Error(pricing.error.reason)
  const offer = pricing.value.offerOf(offerOf())
  const contributor = {
    contributorId: 'c',
    baseUrl: '',
    authorization: undefined,
    identity: undefined,
    offers: [offer],
  }
  const request = inferenceRequest({ stream: true })
  const context = recoveryContext(request, [{ contributor, offer }], pricing.value)
  expect(JSON.parse(context ?? '')).toMatchObject({
    income: { decimals: 18, rateE18: String((10n ** 18n * 99n) / 100n) },
    prices: { asset: dollar.address },
  })
  const hold = { ...holdOf(request.requestId, channelId, 10n ** 19n), context }
  await ledger.hold(hold)
  const orphan = { ...hold, checkpoint: '{"contentEvents":3}' }
  const privateKey = randomPrivateKey()
  const signer = {
    privateKey,
    operator: addressOfPrivateKey(privateKey),
    domain: testDomain,
    chainId: home.chainId,
    verifyingContract: address(testVerifier),
  }
  // The exchange of a process that starts anew plays no part in it.
  const payment = { ...createPaymentStep(ledger), orphanedHolds: async () => [orphan] }
  const payerOf = async () => channelConfig.payer
  const recovered = await recoverHolds({
    ...nobodyLimited,
    payment,
    signer,
    payerOf,
    nowMs: Date.now,
  })
  expect(recovered).toEqual({ charged: 1, released: 0 })
  // 3 tokens at 2 millionths of a dollar, a dollar being 1/0.99 units.
  const cost = (3n * offer.prices.completionAtomicPerMtok + 999_999n) / 1_000_000n
  expect(await ledger.channel(channelId)).toMatchObject({ chargedCumulativeAmount: cost })
  expect(await ledger.usdBook()).toEqual({
    chargedMicroUsd: microUsd(6n),
    earnedMicroUsd: microUsd(0n),
  })
  const stored = await ledger.receipt(request.receiptId)
  const document = JSON.parse(stored?.body ?? '') as ReceiptDocument
  expect(document.receipt.priceHash).toBe(offer.priceHash)
  expect(document.receipt.work.contributor).toBe(zeroAddress)
})

test('who ends a request puts what it cost in the place of what it claimed of the day, once', async () => {
  const callers = [
    {
      caller: { kind: 'account', id: channelId },
      limits: { ...noLimits, spendPerDayMax: microUsd(1_000n) },
    },
  ] as const
  const desk = callerLimits()
  const claim = async () => {
    const asked = { requests: 1, tokens: 0, spent: microUsd(100n) }
    const entered = await desk.enter(callers, asked)
    if (!entered.ok) throw new Error(entered.error.reason)
    return entered.value.dayClaim
  }
  const left = () => desk.allowances(callers)[0]?.remaining
  const contributor = {
    contributorId: 'c',
    baseUrl: '',
    authorization: undefined,
    identity: undefined,
    offers: [],
  }
  const candidates = [{ contributor, offer: offerOf() }]
  const orphanOf = async (requestId: string, checkpoint: string | undefined) => {
    // Only a stream has something to be charged for before its end.
    const stream = checkpoint !== undefined
    const request = { ...inferenceRequest({ stream }), requestId }
    const context = recoveryContext(request, candidates, { dayClaim: await claim() })
    const hold = { ...holdOf(requestId, channelId, 100n), context }
    await ledger.hold(hold)
    return { ...hold, checkpoint }
  }
  const orphans = [
    await orphanOf('req_silent', undefined),
    await orphanOf('req_told', '{"contentEvents":3}'),
    // Its owner was only slow, and ends it by itself.
    await orphanOf('req_ended', undefined),
  ]
  await ledger.release('req_ended')
  expect(left()).toBe(700)
  const privateKey = randomPrivateKey()
  const recover = () =>
    recoverHolds({
      limits: desk,
      priceDecimals: 6,
      payment: { ...createPaymentStep(ledger), orphanedHolds: async () => orphans },
      signer: {
        privateKey,
        operator: addressOfPrivateKey(privateKey),
        domain: testDomain,
        chainId: home.chainId,
        verifyingContract: address(testVerifier),
      },
      payerOf: async () => channelConfig.payer,
      nowMs: Date.now,
    })
  // 3 tokens at 2 were delivered; nothing of the one that was silent; the third is not ours to say.
  await recover()
  expect(left()).toBe(1_000 - 6 - 100)
  await recover()
  expect(left()).toBe(1_000 - 6 - 100)
})
