import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeOfferedVoucher,
  decodeShownVoucher,
  encodeVoucher,
} from '../../../src/domain/payout-voucher.ts'
import { signature } from '../../../src/domain/units.ts'
import { anyAddress, anyAmount, anyBytes32 } from '../../support/arbitraries.ts'

const anySignature = fc
  .uint8Array({ minLength: 65, maxLength: 65 })
  .map((bytes) => signature(`0x${Buffer.from(bytes).toString('hex')}`))
const anyConfig = fc.record({
  payer: anyAddress,
  payerAuthorizer: anyAddress,
  receiver: anyAddress,
  receiverAuthorizer: anyAddress,
  token: anyAddress,
  withdrawDelay: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
  salt: anyBytes32,
})
// 38 decimal digits: what the wire takes.
const anyWireAmount = anyAmount.filter((amount) => amount < 10n ** 38n)

test('what is encoded is decoded, in both directions', () => {
  const anyOffered = fc.record({
    chainId: fc.maxSafeNat(),
    config: anyConfig,
    maxClaimableAmount: anyWireAmount,
    signature: anySignature,
  })
  const anyShown = fc.record({
    channelId: anyBytes32,
    maxClaimableAmount: anyWireAmount,
    signature: anySignature,
  })
  let compared = 0
  fc.assert(
    fc.property(anyOffered, anyShown, (offered, shown) => {
      expect(decodeOfferedVoucher(encodeVoucher(offered))).toEqual(offered)
      expect(decodeShownVoucher(encodeVoucher(shown))).toEqual(shown)
      expect(decodeOfferedVoucher(encodeVoucher(shown))).toBeUndefined()
      expect(encodeVoucher(offered)).toMatch(/^[\w-]+$/)
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})

test('anything else is no voucher, and never an exception', () => {
  let refused = 0
  const anyText = fc.oneof(
    fc.string(),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc
      .record({
        chainId: fc.anything(),
        config: fc.anything(),
        channelId: fc.anything(),
        maxClaimableAmount: fc.oneof(
          fc.anything(),
          fc.constantFrom('1', '-1', '1e3', '9'.repeat(40)),
        ),
        signature: fc.oneof(fc.anything(), fc.constantFrom('0x', '0x0', '0xzz')),
      })
      .map((fields) => {
        try {
          return Buffer.from(JSON.stringify(fields)).toString('base64url')
        } catch {
          return ''
        }
      }),
  )
  fc.assert(
    fc.property(anyText, (text) => {
      expect(decodeOfferedVoucher(text)).toBeUndefined()
      expect(decodeShownVoucher(text)).toBeUndefined()
      refused += 1
    }),
  )
  expect(refused).toBeGreaterThan(0)
})
