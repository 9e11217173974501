import { TypedDataEncoder } from 'ethers'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  agreementDomain,
  assetIdOf,
  fxQuoteDigest,
  usdAssetId,
} from '../../../src/chain/fx-typed-data.ts'
import { parsePrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import type { Asset, FxQuote } from '../../../src/domain/exchange.ts'
import { address, bytes32, signature, unixSeconds } from '../../../src/domain/units.ts'
import { FxBoard } from '../../../src/payment/fx-board.ts'

const keyOf = (digit: string) => {
  const key = parsePrivateKey(`0x${digit.repeat(64)}`)
  if (key === undefined) throw new Error('no key')
  return key
}
const quoter = keyOf('1')
const place = { chainId: 31337, verifyingContract: address(`0x${'a'.repeat(40)}`) }
const domain = agreementDomain(place)
const weth: Asset = {
  chainId: 31337,
  address: address(`0x${'b'.repeat(40)}`),
  decimals: 18,
  haircutBps: 0,
  rate: { quotedBy: addressOfPrivateKey(quoter) },
}
const usdc: Asset = { ...weth, address: address(`0x${'c'.repeat(40)}`), rate: 'par' }
const nowS = unixSeconds(1_000)
const good: FxQuote = {
  quoteId: bytes32(`0x${'01'.repeat(32)}`),
  assetIn: assetIdOf(weth),
  assetOut: usdAssetId,
  rateE18: 3_000n * 10n ** 18n,
  validBefore: unixSeconds(1_060),
}
const signed = (change: Partial<FxQuote> = {}, key = quoter) => {
  const quote = { ...good, ...change }
  return { quote, signature: signDigest(fxQuoteDigest(domain, quote), key) }
}

let board: FxBoard
beforeEach(() => {
  board = new FxBoard({ domain, assets: [weth, usdc], ageMaxS: 60 })
})

test('a quote is hashed as ethers hashes it', () => {
  const types = {
    FxQuote: [
      { name: 'quoteId', type: 'bytes32' },
      { name: 'assetIn', type: 'bytes32' },
      { name: 'assetOut', type: 'bytes32' },
      { name: 'rateE18', type: 'uint256' },
      { name: 'validBefore', type: 'uint64' },
    ],
  }
  expect(fxQuoteDigest(domain, good)).toBe(
    TypedDataEncoder.hash({ name: 'Vouch', version: '1', ...place }, types, good),
  )
})

describe('a quote', () => {
  test('of the right signer is taken, and again without effect', () => {
    expect(board.quote(weth)).toBeUndefined()
    expect(board.offer(signed(), nowS)).toBeUndefined()
    expect(board.offer(signed(), nowS)).toBeUndefined()
    expect(board.quote(weth)).toEqual(good)
  })

  test('is replaced by a newer one only', () => {
    const newer = { validBefore: unixSeconds(1_050), rateE18: 5n }
    board.offer(signed(newer), nowS)
    expect(board.offer(signed({ validBefore: unixSeconds(1_049) }), nowS)).toBe('older_than_known')
    expect(board.quote(weth)?.rateE18).toBe(5n)
    expect(board.offer(signed({ rateE18: 6n }), nowS)).toBeUndefined()
    expect(board.quote(weth)?.rateE18).toBe(6n)
  })

  test.each([
    ['for an asset with par', { assetIn: assetIdOf(usdc) }, 'unknown_asset'],
    [
      'for an asset of another chain',
      { assetIn: assetIdOf({ ...weth, chainId: 1 }) },
      'unknown_asset',
    ],
    ['in something else than dollars', { assetOut: assetIdOf(usdc) }, 'not_in_dollars'],
    ['that has ended', { validBefore: nowS }, 'expired'],
    [
      'that is good for longer than allowed',
      { validBefore: unixSeconds(1_061) },
      'valid_for_too_long',
    ],
  ] as const)('%s is not taken', (_, change, objection) => {
    expect(board.offer(signed(change), nowS)).toBe(objection)
    expect(board.quote(weth)).toBeUndefined()
  })

  test('that another key signed, or nobody, or for another place, is not taken', () => {
    const elsewhere = agreementDomain({ ...place, chainId: 1 })
    const foreign = { quote: good, signature: signDigest(fxQuoteDigest(elsewhere, good), quoter) }
    const altered = { ...signed(), quote: { ...good, rateE18: 1n } }
    const none = { quote: good, signature: signature('0x') }
    for (const offered of [signed({}, keyOf('2')), foreign, altered, none]) {
      expect(board.offer(offered, nowS)).toBe('signature_invalid')
    }
    expect(board.quote(weth)).toBeUndefined()
  })
})
