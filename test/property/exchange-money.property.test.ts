/*
 * From the payer's asset through dollars into the contributor's: whatever the decimals, rates, haircuts and fees, nobody is
 * paid more than was charged. Compared as exact fractions, without a rounding of its own.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { earnedRoundedDown } from '../../src/domain/contributor-share.ts'
import {
  type Asset,
  type AssetAtRate,
  askedFor,
  incomeRate,
  microUsd,
  microUsdOf,
  payoutRate,
  priceSheetIn,
} from '../../src/domain/exchange.ts'
import { priceRoundedUp } from '../../src/domain/price-sheet.ts'
import { address, atomic, unixSeconds, zeroBytes32 } from '../../src/domain/units.ts'
import { addToUsdBook, emptyUsdBook } from '../../src/domain/usd-book.ts'

const nowS = unixSeconds(1_000)
const quoter = address(`0x${'99'.repeat(20)}`)

type Market = { readonly asset: Asset; readonly rateE18: bigint }

const anyMarket: fc.Arbitrary<Market> = fc
  .record({
    chainId: fc.integer({ min: 1, max: 3 }),
    account: fc.integer({ min: 1, max: 3 }),
    decimals: fc.integer({ min: 0, max: 18 }),
    haircutBps: fc.integer({ min: 0, max: 9_999 }),
    isPar: fc.boolean(),
    rateE18: fc.bigInt({ min: 10n ** 12n, max: 10n ** 23n }),
  })
  .map(({ account, isPar, rateE18, ...rest }) => ({
    asset: {
      ...rest,
      address: address(`0x${String(account).repeat(40)}`),
      rate: isPar ? 'par' : { quotedBy: quoter },
    },
    rateE18,
  }))

/** Up to a million dollars: what an amount can be holds that in any of these assets. */
const anyMicroUsd = fc.bigInt({ min: 0n, max: 10n ** 12n }).map(microUsd)

const quoteOf = ({ rateE18 }: Market) => ({
  quoteId: zeroBytes32,
  assetIn: zeroBytes32,
  assetOut: zeroBytes32,
  rateE18,
  validBefore: unixSeconds(1_060),
})

function atRate(market: Market, rateOf: typeof incomeRate): AssetAtRate {
  const rate = rateOf(market.asset, quoteOf(market), nowS)
  if (!rate.ok) throw new Error(rate.error.reason)
  return { asset: market.asset, rate: rate.value }
}

/** Dollars as a fraction whose denominator is 10^36. */
const exactDollars = ({ asset, rate }: AssetAtRate, amount: bigint): bigint =>
  amount * rate.rateE18 * 10n ** BigInt(18 - asset.decimals)

test('a contributor is never paid more dollars than the charge was worth less the fee', () => {
  let paidSomething = 0
  let crossed = 0
  fc.assert(
    fc.property(
      anyMarket,
      anyMarket,
      fc.array(anyMicroUsd, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 10_000 }),
      (payer, contributor, worths, feeBps) => {
        const charged = atRate(payer, incomeRate)
        const paid = atRate(contributor, payoutRate)
        let book = emptyUsdBook
        for (const value of worths) {
          const cost = askedFor(charged.asset, value, charged.rate)
          const { amount, microUsd: earned } = earnedRoundedDown({ cost, feeBps, charged, paid })
          const worth = exactDollars(charged, cost) * BigInt(10_000 - feeBps)
          expect(exactDollars(paid, amount) * 10_000n <= worth).toBe(true)
          const chargedMicroUsd = microUsdOf(charged.asset, cost, charged.rate)
          book = addToUsdBook(book, { chargedMicroUsd, earnedMicroUsd: earned })
          if (amount > 0n) paidSomething += 1
        }
        expect(book.earnedMicroUsd * 10_000n).toBeLessThanOrEqual(
          book.chargedMicroUsd * BigInt(10_000 - feeBps),
        )
        if (payer.asset.chainId !== contributor.asset.chainId) crossed += 1
      },
    ),
  )
  expect(paidSomething).toBeGreaterThan(0)
  expect(crossed).toBeGreaterThan(0)
})

test('a payer of any asset is charged at least what the configured prices are worth, and hardly more', () => {
  let compared = 0
  const home: AssetAtRate = atRate(
    {
      asset: {
        chainId: 9,
        address: address(`0x${'8'.repeat(40)}`),
        decimals: 6,
        haircutBps: 0,
        rate: 'par',
      },
      rateE18: 10n ** 18n,
    },
    incomeRate,
  )
  const anyPrice = fc.bigInt({ min: 1n, max: 10n ** 9n }).map(atomic)
  fc.assert(
    fc.property(
      anyMarket,
      fc.tuple(anyPrice, anyPrice),
      fc.tuple(fc.nat(100_000), fc.nat(100_000)),
      (payer, [prompt, completion], [promptTokens, completionTokens]) => {
        const charged = atRate(payer, incomeRate)
        const sheet = {
          operator: quoter,
          modelId: zeroBytes32,
          asset: home.asset.address,
          promptAtomicPerMtok: prompt,
          cachedPromptAtomicPerMtok: prompt,
          completionAtomicPerMtok: completion,
          validFrom: unixSeconds(0),
          validUntil: unixSeconds(0),
        }
        const usage = { promptTokens, cachedPromptTokens: 0, completionTokens }
        const wanted = BigInt(promptTokens) * prompt + BigInt(completionTokens) * completion
        const cost = priceRoundedUp(priceSheetIn(sheet, home, charged), usage)
        const worth = exactDollars(charged, cost) * 1_000_000n
        const asked = exactDollars(home, wanted)
        expect(worth >= asked).toBe(true)
        // One unit of each price, and one of the cost: no more is lost to rounding up.
        const slack = exactDollars(charged, BigInt(promptTokens + completionTokens) + 1_000_000n)
        expect(worth <= asked + slack).toBe(true)
        compared += 1
      },
    ),
  )
  expect(compared).toBeGreaterThan(0)
})
