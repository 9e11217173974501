import { TypedDataEncoder } from 'ethers'
import { expect, test } from 'vitest'
import {
  joinPoolDigest,
  leavePoolDigest,
  standingQueryDigest,
} from '../../../src/chain/joining-typed-data.ts'
import { keccak256Utf8 } from '../../../src/chain/keccak.ts'
import { contributorDomain } from '../../../src/chain/payout-typed-data.ts'
import { address, bytes32, unixSeconds } from '../../../src/domain/units.ts'

const place = { chainId: 8453, verifyingContract: address(`0x${'4e'.repeat(20)}`) }
const terms = '{"models":[{"id":"größte"}]}'
const order = {
  gateway: address(`0x${'6a'.repeat(20)}`),
  contributor: address(`0x${'c0'.repeat(20)}`),
  terms,
  apiKeyHash: bytes32(`0x${'11'.repeat(32)}`),
  nonce: Number.MAX_SAFE_INTEGER,
  validUntil: unixSeconds(1_800_000_000),
}
const of = (type: string, name: string) => ({ type, name })
const common = [of('address', 'gateway'), of('address', 'contributor')]
const hashes = [of('bytes32', 'termsHash'), of('bytes32', 'apiKeyHash')]
const nonce = of('uint64', 'nonce')
const until = of('uint64', 'validUntil')

test.each([
  ['JoinPool', [...common, ...hashes, nonce, until], joinPoolDigest],
  ['LeavePool', [...common, nonce, until], leavePoolDigest],
  ['StandingQuery', [...common, until], standingQueryDigest],
] as const)('%s is the digest that ethers makes', (name, members, digestOf) => {
  const domain = { name: 'Vouch', version: '1', ...place }
  const value = { ...order, termsHash: keccak256Utf8(terms) }
  const named = Object.fromEntries(
    members.map((member) => [member.name, value[member.name as keyof typeof value]]),
  )
  const expected = TypedDataEncoder.hash(domain, { [name]: [...members] }, named)
  expect(digestOf(contributorDomain(place), order)).toBe(expected)
})
