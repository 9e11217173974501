import { TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agreementDomain } from '../../../src/chain/fx-typed-data.ts'
import { keccak256Utf8 } from '../../../src/chain/keccak.ts'
import {
  lenderQueryDigest,
  lendKeyDigest,
  withdrawKeyDigest,
} from '../../../src/chain/lending-typed-data.ts'
import { address, bytes32, unixSeconds } from '../../../src/domain/units.ts'

const domain = {
  name: 'Vouch',
  version: '1',
  chainId: 31337,
  verifyingContract: `0x${'6a'.repeat(20)}`,
}
const separator = agreementDomain({
  chainId: domain.chainId,
  verifyingContract: address(domain.verifyingContract),
})
const of = (type: string, name: string) => ({ type, name })
const common = [of('address', 'gateway'), of('address', 'lender')]
const until = of('uint64', 'validUntil')
const types = {
  LendKey: [
    ...common,
    of('address', 'payout'),
    of('bytes32', 'apiKeyHash'),
    of('bytes32', 'termsHash'),
    of('uint64', 'nonce'),
    until,
  ],
  WithdrawKey: [...common, of('string', 'contributorId'), of('uint64', 'nonce'), until],
  LenderQuery: [...common, until],
} as const

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((b) => `0x${Buffer.from(b).toString('hex')}`)
const account = hex(20).map(address)
const order = fc.record({
  gateway: account,
  lender: account,
  payout: account,
  apiKeyHash: hex(32).map(bytes32),
  terms: fc.string({ unit: 'grapheme' }),
  contributorId: fc.string(),
  nonce: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  validUntil: fc.nat({ max: 2 ** 40 }).map(unixSeconds),
})

test("an independent encoder makes the same digests of a lender's orders", () => {
  let compared = 0
  fc.assert(
    fc.property(order, (values) => {
      const all = { ...values, termsHash: keccak256Utf8(values.terms) }
      const expected = (name: keyof typeof types) => {
        const value = Object.fromEntries(
          types[name].map((member) => [member.name, all[member.name as keyof typeof all]]),
        )
        return TypedDataEncoder.hash(domain, { [name]: [...types[name]] }, value)
      }
      expect(lendKeyDigest(separator, values)).toBe(expected('LendKey'))
      expect(withdrawKeyDigest(separator, values)).toBe(expected('WithdrawKey'))
      expect(lenderQueryDigest(separator, values)).toBe(expected('LenderQuery'))
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
