import { describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, recoverSigner, signDigest } from '../../../src/chain/signatures.ts'
import type { Channel, Voucher } from '../../../src/domain/channel.ts'
import { openChannel } from '../../../src/domain/channel-ledger.ts'
import { atomic, bytes32, signature, unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import { verifyVoucher } from '../../../src/payment/verify-voucher.ts'
import { channelConfig, channelIdOf, onChain } from '../../support/channels.ts'

const digest = bytes32(`0x${'12'.repeat(32)}`)
const key = randomPrivateKey()
const signer = addressOfPrivateKey(key)
const channel = openChannel({
  chainId: 31337,
  channelId: channelIdOf(0),
  config: { ...channelConfig, payerAuthorizer: signer },
  onChain: onChain(1_000n),
})
const voucher: Voucher = {
  channelId: channelIdOf(0),
  maxClaimableAmount: atomic(10n),
  signature: signDigest(digest, key),
}
const verify = (over: Partial<Voucher> = {}, of: Partial<Channel> = {}) =>
  verifyVoucher({ ...channel, ...of }, { ...voucher, ...over }, (one) =>
    recoverSigner(digest, one.signature),
  )

describe('verifyVoucher', () => {
  test("takes the session key's signature, in the form that the contract takes", () => {
    expect(verify()).toEqual({ ok: true, value: voucher })
    // v as 0 and 1 is the same signature, and is kept as 27 and 28.
    const v = Number.parseInt(voucher.signature.slice(-2), 16)
    const short = signature(`${voucher.signature.slice(0, -2)}0${v - 27}`)
    const verified = verify({ signature: short })
    if (verified.ok) expect(verified.value.signature).toBe(voucher.signature)
  })

  test('without a session key the payer itself signs', () => {
    const config = { ...channel.config, payer: signer, payerAuthorizer: zeroAddress }
    expect(verify({}, { config }).ok).toBe(true)
    expect(verify({}, { config: { ...config, payer: channelConfig.payer } }).ok).toBe(false)
  })

  test.each<[string, Partial<Voucher>, Partial<Channel>, string]>([
    ['another channel', { channelId: channelIdOf(1) }, {}, 'voucher_channel_mismatch'],
    ['a closing channel', {}, { closing: true }, 'channel_closing'],
    ['more than the balance', { maxClaimableAmount: atomic(1_001n) }, {}, 'voucher_above_balance'],
    ['no signature', { signature: signature('0x') }, {}, 'voucher_signature_invalid'],
    ['a short signature', { signature: signature('0x12') }, {}, 'voucher_signature_invalid'],
    ['zeros', { signature: signature(`0x${'00'.repeat(65)}`) }, {}, 'voucher_signature_invalid'],
    [
      'another key',
      { signature: signDigest(digest, randomPrivateKey()) },
      {},
      'voucher_signature_invalid',
    ],
  ])('refuses %s', (_name, over, of, reason) => {
    expect(verify(over, of)).toMatchObject({ ok: false, error: { reason } })
  })

  test('looks at the signature last: it costs most', () => {
    const never = () => {
      throw new Error('the signature was looked at')
    }
    const closing = { ...channel, closing: true, withdrawFinalAtS: unixSeconds(1) }
    expect(verifyVoucher(closing, voucher, never).ok).toBe(false)
    const above = { ...voucher, maxClaimableAmount: atomic(2_000n) }
    expect(verifyVoucher(channel, above, never).ok).toBe(false)
  })
})
