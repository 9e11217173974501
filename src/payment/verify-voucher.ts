import { err, ok, type Result } from '../base/result.ts'
import { parseSignature } from '../chain/signatures.ts'
import type { Channel, Voucher } from '../domain/channel.ts'
import type { VoucherRefusal } from '../domain/refusal.ts'
import { type Address, zeroAddress } from '../domain/units.ts'

/**
 * Whether the contract would accept this voucher, checks in order of cost. The stored form is canonical (low s, v 27/28),
 * so that a signature which is good here never fails in a claim.
 */
export function verifyVoucher(
  channel: Channel,
  voucher: Voucher,
  recoverSigner: (voucher: Voucher) => Address | undefined,
): Result<Voucher, VoucherRefusal> {
  if (voucher.channelId !== channel.channelId) return err({ reason: 'voucher_channel_mismatch' })
  if (channel.closing) return err({ reason: 'channel_closing' })
  if (voucher.maxClaimableAmount > channel.balance) {
    return err({ reason: 'voucher_above_balance', balance: channel.balance })
  }
  const signature = parseSignature(voucher.signature)
  if (!signature.ok) return err({ reason: 'voucher_signature_invalid' })
  const canonical = { ...voucher, signature: signature.value }
  const { payer, payerAuthorizer } = channel.config
  const expected = payerAuthorizer === zeroAddress ? payer : payerAuthorizer
  if (recoverSigner(canonical) !== expected) return err({ reason: 'voucher_signature_invalid' })
  return ok(canonical)
}
