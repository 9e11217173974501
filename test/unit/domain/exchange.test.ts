import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Asset,
  askedFor,
  type FxQuote,
  incomeRate,
  microUsd,
  microUsdOf,
  paidFor,
  payoutRate,
  priceSheetIn,
  type UsdRate,
} from '../../../src/domain/exchange.ts'
import { priceRoundedUp } from '../../../src/domain/price-sheet.ts'
import { address, atomic, bytes32, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'

const account = (digit: string) => address(`0x${digit.repeat(40)}`)
const usdc: Asset = {
  chainId: 1,
  address: account('1'),
  decimals: 6,
  haircutBps: 0,
  rate: 'par',
}
const dai: Asset = { ...usdc, chainId: 2, address: account('2'), decimals: 18 }
const weth: Asset = { ...dai, address: account('3'), rate: { quotedBy: account('9') } }
const quoteOf = (dollars: bigint, validBefore = 1_060): FxQuote => ({
  quoteId: bytes32(`0x${'07'.repeat(32)}`),
  assetIn: zeroBytes32,
  assetOut: zeroBytes32,
  rateE18: dollars * 10n ** 18n,
  validBefore: unixSeconds(validBefore),
})
const nowS = unixSeconds(1_000)

function rateOf(asset: Asset, quote?: FxQuote): UsdRate {
  const rate = incomeRate(asset, quote, nowS)
  if (!rate.ok) throw new Error(rate.error.reason)
  return rate.value
}

describe('rates', () => {
  test('a stablecoin stands at par, less its haircut for what comes in', () => {
    const cautious = { ...usdc, haircutBps: 50 }
    expect(microUsdOf(cautious, atomic(1_000_000n), rateOf(cautious))).toBe(995_000n)
    expect(askedFor(cautious, microUsd(995_000n), rateOf(cautious))).toBe(1_000_000n)
    const out = payoutRate(cautious, undefined, nowS)
    expect(out.ok && paidFor(cautious, microUsd(1_000_000n), out.value)).toBe(1_000_000n)
  })

  test('another asset is worth what was quoted, until the quote ends', () => {
    const rate = rateOf(weth, quoteOf(3_000n))
    expect(rate.quoteId).toBe(bytes32(`0x${'07'.repeat(32)}`))
    expect(microUsdOf(weth, atomic(10n ** 18n), rate)).toBe(3_000_000_000n)
    expect(askedFor(weth, microUsd(3_000_000n), rate)).toBe(10n ** 15n)
    const refused = { ok: false, error: { reason: 'fx_quote_unavailable', asset: weth.address } }
    expect(incomeRate(weth, undefined, nowS)).toEqual(refused)
    expect(incomeRate(weth, quoteOf(3_000n, 1_000), nowS)).toEqual(refused)
    expect(incomeRate(weth, quoteOf(3_000n, 1_001), nowS).ok).toBe(true)
  })

  test('a rate that rounds to nothing is none', () => {
    expect(incomeRate(weth, quoteOf(0n), nowS).ok).toBe(false)
  })
})

describe('rounding', () => {
  const amounts = fc.bigInt({ min: 0n, max: 10n ** 12n })
  const rates = fc.bigInt({ min: 10n ** 12n, max: 10n ** 24n }).map((rateE18) => ({
    rateE18,
    quoteId: undefined,
  }))
  const assets = fc.constantFrom(usdc, dai, weth)

  test('is against whoever could gain: what is asked is worth the price, what is paid is not more', () => {
    let uneven = 0
    fc.assert(
      fc.property(assets, rates, amounts, (asset, rate, value) => {
        const price = microUsd(value)
        const asked = askedFor(asset, price, rate)
        expect(microUsdOf(asset, asked, rate)).toBeGreaterThanOrEqual(price)
        const paid = paidFor(asset, price, rate)
        expect(microUsdOf(asset, paid, rate)).toBeLessThanOrEqual(price)
        expect(asked - paid).toBeLessThanOrEqual(1n)
        if (asked !== paid) uneven += 1
      }),
    )
    expect(uneven).toBeGreaterThan(0)
  })

  test('a sheet in another asset never costs fewer dollars', () => {
    let compared = 0
    const tokens = fc.integer({ min: 0, max: 1_000_000 })
    fc.assert(
      fc.property(rates, tokens, tokens, amounts, (rate, promptTokens, completionTokens, price) => {
        const sheet = {
          operator: account('a'),
          modelId: zeroBytes32,
          asset: usdc.address,
          promptAtomicPerMtok: atomic(price),
          cachedPromptAtomicPerMtok: atomic(price / 2n),
          completionAtomicPerMtok: atomic(price * 3n),
          validFrom: unixSeconds(0),
          validUntil: unixSeconds(0),
        }
        const par = rateOf(usdc)
        const converted = priceSheetIn(sheet, { asset: usdc, rate: par }, { asset: weth, rate })
        expect(converted.asset).toBe(weth.address)
        const usage = { promptTokens, cachedPromptTokens: promptTokens >> 1, completionTokens }
        const there = microUsdOf(weth, priceRoundedUp(converted, usage), rate)
        // The sum in the first asset was rounded up too, by less than one unit.
        const here = microUsdOf(usdc, priceRoundedUp(sheet, usage), par)
        expect(there + 1n).toBeGreaterThanOrEqual(here)
        compared += 1
      }),
    )
    expect(compared).toBeGreaterThan(0)
  })
})
