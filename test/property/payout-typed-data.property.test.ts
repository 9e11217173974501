import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  contributorDomain,
  payoutRegistrationDigest,
  voucherQueryDigest,
} from '../../src/chain/payout-typed-data.ts'
import { anyAddress, anyTime, anyUint64 } from '../support/arbitraries.ts'

const anyPlace = fc.record({ chainId: anyUint64, verifyingContract: anyAddress })
const domainOf = (place: object) => ({ name: 'Vouch', version: '1', ...place })
const member = (text: string) => {
  const [type = '', name = ''] = text.split(' ')
  return { type, name }
}

test('PayoutRegistration', () => {
  const PayoutRegistration = [
    'address contributor',
    'uint256 payoutChainId',
    'address payoutToken',
    'address payoutReceiver',
    'uint40 minWithdrawDelay',
    'uint64 validUntil',
    'uint64 nonce',
  ].map(member)
  const anyRegistration = fc.record({
    contributor: anyAddress,
    payoutChainId: anyUint64,
    payoutToken: anyAddress,
    payoutReceiver: anyAddress,
    minWithdrawDelay: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
    validUntil: anyTime,
    nonce: anyUint64,
  })
  let compared = 0
  fc.assert(
    fc.property(anyPlace, anyRegistration, (place, registration) => {
      expect(payoutRegistrationDigest(contributorDomain(place), registration)).toBe(
        TypedDataEncoder.hash(domainOf(place), { PayoutRegistration }, registration),
      )
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})

test('VoucherQuery', () => {
  const VoucherQuery = ['address contributor', 'address gateway', 'uint64 validUntil'].map(member)
  const anyQuery = fc.record({ contributor: anyAddress, gateway: anyAddress, validUntil: anyTime })
  let compared = 0
  fc.assert(
    fc.property(anyPlace, anyQuery, (place, query) => {
      expect(voucherQueryDigest(contributorDomain(place), query)).toBe(
        TypedDataEncoder.hash(domainOf(place), { VoucherQuery }, query),
      )
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
