import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  channelDomain,
  channelIdOf,
  claimBatchDigest,
  receiveWithAuthorizationDigest,
  voucherDigest,
} from '../../src/chain/channel-typed-data.ts'
import {
  hashPriceSheet,
  receiptDigest,
  receiptDomain,
  workDigest,
} from '../../src/chain/receipt-typed-data.ts'
import { domainSeparator } from '../../src/chain/typed-data.ts'
import {
  anyAddress,
  anyAmount,
  anyBytes32,
  anyPriceSheet,
  anyReceipt,
  anyTime,
  anyUint64,
  anyWork,
} from '../support/arbitraries.ts'
import { type PrimaryType, solidityTypes } from '../support/solidity-types.ts'

const anyPlace = fc.record({ chainId: anyUint64, verifyingContract: anyAddress })

const anyClaimEntry = fc.record({
  channelId: anyBytes32,
  maxClaimableAmount: anyAmount,
  totalClaimed: anyAmount,
})

function holds<T>(values: fc.Arbitrary<T>, agrees: (value: T) => void): void {
  let compared = 0
  fc.assert(
    fc.property(values, (value) => {
      agrees(value)
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
}

const oracle = (
  domain: { readonly name: string; readonly chainId: number; readonly verifyingContract: string },
  primaryType: PrimaryType,
  value: object,
): string => TypedDataEncoder.hash({ version: '1', ...domain }, solidityTypes[primaryType], value)

test('domains hash as ethers hashes them, for any name and version', () => {
  const anyDomain = fc.record({
    name: fc.string({ unit: 'grapheme' }),
    version: fc.string({ unit: 'grapheme' }),
    chainId: anyUint64,
    verifyingContract: anyAddress,
  })
  holds(anyDomain, (domain) => {
    expect(`0x${domainSeparator(domain).slice(4)}`).toBe(TypedDataEncoder.hashDomain(domain))
  })
})

test('Work', () => {
  holds(fc.tuple(anyPlace, anyWork), ([place, work]) => {
    expect(workDigest(receiptDomain(place), work)).toBe(
      oracle({ name: 'Vouch Receipts', ...place }, 'Work', work),
    )
  })
})

test('Receipt', () => {
  holds(fc.tuple(anyPlace, anyReceipt), ([place, receipt]) => {
    expect(receiptDigest(receiptDomain(place), receipt)).toBe(
      oracle({ name: 'Vouch Receipts', ...place }, 'Receipt', receipt),
    )
  })
})

test('PriceSheet', () => {
  holds(anyPriceSheet, (sheet) => {
    expect(hashPriceSheet(sheet)).toBe(
      TypedDataEncoder.hashStruct('PriceSheet', solidityTypes.PriceSheet, sheet),
    )
  })
})

test('ChannelConfig, whose digest is the channel id', () => {
  const anyConfig = fc.record({
    payer: anyAddress,
    payerAuthorizer: anyAddress,
    receiver: anyAddress,
    receiverAuthorizer: anyAddress,
    token: anyAddress,
    withdrawDelay: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
    salt: anyBytes32,
  })
  holds(fc.tuple(anyPlace, anyConfig), ([place, config]) => {
    expect(channelIdOf(channelDomain(place), config)).toBe(
      oracle({ name: 'x402 Batch Settlement', ...place }, 'ChannelConfig', config),
    )
  })
})

test('Voucher', () => {
  const anyVoucher = fc.record({ channelId: anyBytes32, maxClaimableAmount: anyAmount })
  holds(fc.tuple(anyPlace, anyVoucher), ([place, voucher]) => {
    expect(voucherDigest(channelDomain(place), voucher)).toBe(
      oracle({ name: 'x402 Batch Settlement', ...place }, 'Voucher', voucher),
    )
  })
})

test('ClaimBatch, from no row to more than the scratch memory holds', () => {
  const anyEntries = fc.array(anyClaimEntry, { maxLength: 200, size: 'max' })
  const lengths = new Set<number>()
  holds(fc.tuple(anyPlace, anyEntries), ([place, claims]) => {
    lengths.add(claims.length)
    expect(claimBatchDigest(channelDomain(place), claims)).toBe(
      oracle({ name: 'x402 Batch Settlement', ...place }, 'ClaimBatch', { claims }),
    )
  })
  expect(Math.max(...lengths)).toBeGreaterThan(4096 / 32)
})

test('ReceiveWithAuthorization', () => {
  const anyAuthorization = fc.record({
    from: anyAddress,
    to: anyAddress,
    value: anyAmount,
    validAfter: anyTime,
    validBefore: anyTime,
    nonce: anyBytes32,
  })
  holds(fc.tuple(anyPlace, anyAuthorization), ([place, authorization]) => {
    const domain = { name: 'Dev USD', version: '1', ...place }
    expect(receiveWithAuthorizationDigest(domainSeparator(domain), authorization)).toBe(
      oracle(domain, 'ReceiveWithAuthorization', authorization),
    )
  })
})
