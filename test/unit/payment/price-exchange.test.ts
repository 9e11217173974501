import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hashPriceSheet } from '../../../src/chain/receipt-typed-data.ts'
import type { Asset, FxQuote } from '../../../src/domain/exchange.ts'
import { address, bytes32, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'
import { createPaymentStep } from '../../../src/payment/payment-step.ts'
import { PriceExchange } from '../../../src/payment/price-exchange.ts'
import type { LedgerStore } from '../../../src/store/ledger-store.ts'
import { channelConfig, channelIdOf, openSignedChannel } from '../../support/channels.ts'
import { type LedgerPlace, sqlitePlace } from '../../support/ledger-place.ts'
import { offerOf } from '../../support/requests.ts'

const home: Asset = {
  chainId: 31337,
  address: address(`0x${'1'.repeat(40)}`),
  decimals: 6,
  haircutBps: 0,
  rate: 'par',
}
/** What the test channels are paid in. */
const dollar: Asset = { ...home, address: channelConfig.token, decimals: 18, haircutBps: 100 }
const ether: Asset = {
  ...home,
  address: address(`0x${'3'.repeat(40)}`),
  decimals: 18,
  rate: { quotedBy: address(`0x${'9'.repeat(40)}`) },
}
const quoteOf = (dollars: bigint, id: string): FxQuote => ({
  quoteId: bytes32(`0x${id.repeat(32)}`),
  assetIn: zeroBytes32,
  assetOut: zeroBytes32,
  rateE18: dollars * 10n ** 18n,
  validBefore: unixSeconds(1_060),
})

let nowMs: number
let quote: FxQuote | undefined
let exchange: PriceExchange
beforeEach(() => {
  nowMs = 1_000_000
  quote = quoteOf(3_000n, '07')
  exchange = new PriceExchange({
    home,
    others: [dollar, ether],
    quoteOf: () => quote,
    nowMs: () => nowMs,
  })
})

function pricingOf(asset: Asset) {
  const pricing = exchange.pricingOf(asset)
  if (!pricing.ok) throw new Error(pricing.error.reason)
  return pricing.value
}

test('the home asset is asked what is configured, and nothing is made for it', () => {
  const offer = offerOf()
  const pricing = pricingOf(home)
  expect(pricing.offerOf(offer)).toBe(offer)
  expect(pricingOf(home)).toBe(pricing)
})

test('another asset is asked the same dollars and what its haircut takes, with a hash of its own', () => {
  const offer = offerOf()
  const priced = pricingOf(dollar).offerOf(offer)
  // 1 dollar at 99 cents for a unit, 18 decimals, rounded up.
  expect(priced.prices).toMatchObject({
    asset: dollar.address,
    promptAtomicPerMtok: (10n ** 18n * 100n + 98n) / 99n,
  })
  expect(priced.priceHash).toBe(hashPriceSheet(priced.prices))
  expect(pricingOf(dollar).offerOf(offer)).toBe(priced)
})

test('a quoted asset is asked anew with each quote, and refused with none that is good', () => {
  const offer = offerOf()
  const before = pricingOf(ether)
  expect(before.income?.rate.quoteId).toBe(quote?.quoteId)
  expect(pricingOf(ether)).toBe(before)
  quote = quoteOf(1_500n, '08')
  const after = pricingOf(ether).offerOf(offer)
  const doubled = before.offerOf(offer).prices.completionAtomicPerMtok * 2n
  expect(doubled - after.prices.completionAtomicPerMtok).toBeLessThanOrEqual(1n)
  nowMs = 1_060_000
  const refusal = { error: { reason: 'fx_quote_unavailable', asset: ether.address } }
  expect(exchange.pricingOf(ether)).toMatchObject(refusal)
  expect(exchange.payoutRateOf(ether)).toMatchObject(refusal)
  quote = undefined
  expect(exchange.pricingOf(ether)).toMatchObject(refusal)
  expect(exchange.payoutRateOf(dollar)).toMatchObject({ value: { rateE18: 10n ** 18n } })
})

describe('a channel', () => {
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

  test('is priced in its asset, which is looked up once', async () => {
    const looks = vi.spyOn(ledger, 'channel')
    const payment = createPaymentStep(ledger, exchange)
    for (let i = 0; i < 3; i += 1) {
      expect(await payment.pricing(channelId)).toMatchObject({
        value: { income: { asset: dollar } },
      })
    }
    expect(looks).toHaveBeenCalledTimes(1)
  })

  test('in an asset that was taken off the list is refused; one without a book is left to the hold', async () => {
    const few = new PriceExchange({
      home,
      others: [],
      quoteOf: () => undefined,
      nowMs: () => nowMs,
    })
    const payment = createPaymentStep(ledger, few)
    expect(await payment.pricing(channelId)).toMatchObject({
      error: { reason: 'channel_terms_unacceptable' },
    })
    expect(await payment.pricing(channelIdOf(1))).toMatchObject({ ok: true })
  })
})
