import { TypedDataEncoder } from 'ethers'
import { expect, test } from 'vitest'
import { contributorDomain } from '../../../src/chain/payout-typed-data.ts'
import { tunnelAcceptanceDigest, tunnelOfferDigest } from '../../../src/chain/tunnel-typed-data.ts'
import { address, bytes32 } from '../../../src/domain/units.ts'

const place = { chainId: 8453, verifyingContract: address(`0x${'4e'.repeat(20)}`) }
const greeting = {
  gateway: address(`0x${'6a'.repeat(20)}`),
  contributor: address(`0x${'c0'.repeat(20)}`),
  contributorNonce: bytes32(`0x${'11'.repeat(32)}`),
  gatewayNonce: bytes32(`0x${'22'.repeat(32)}`),
}
const members = [
  { name: 'gateway', type: 'address' },
  { name: 'contributor', type: 'address' },
  { name: 'contributorNonce', type: 'bytes32' },
  { name: 'gatewayNonce', type: 'bytes32' },
]

test.each([
  ['TunnelOffer', tunnelOfferDigest],
  ['TunnelAcceptance', tunnelAcceptanceDigest],
] as const)('%s is the digest that ethers makes', (name, digestOf) => {
  const domain = { name: 'Vouch', version: '1', ...place }
  const expected = TypedDataEncoder.hash(domain, { [name]: members }, greeting)
  expect(digestOf(contributorDomain(place), greeting)).toBe(expected)
})
