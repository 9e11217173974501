import type { HoldRefusal, VoucherRefusal } from '../domain/refusal.ts'
import { badRequest, type Described, sdkMustNotRetry } from './described-error.ts'

/** The arms of openai-error.ts for money that cannot be set aside: 402 and not 429, because no SDK retries it. */
export function describeHoldRefusal(refusal: HoldRefusal): Described {
  switch (refusal.reason) {
    case 'insufficient_balance':
      return [
        [402, 'insufficient_quota', sdkMustNotRetry],
        `The channel's signed tranche has ${refusal.freeAmount} atomic units free; this request may cost up to ${refusal.requiredAmount}. Sign a higher voucher or lower max_completion_tokens.`,
        { code: 'insufficient_quota' },
      ]
    case 'channel_closing':
      return [
        [402, 'insufficient_quota', sdkMustNotRetry],
        'The payment channel is closing: a withdrawal was started or its balance shrank. Open a new channel.',
      ]
    case 'channel_frozen':
      return [
        [402, 'insufficient_quota', sdkMustNotRetry],
        'The payment channel is frozen while its deposit is in doubt on the chain.',
      ]
    case 'key_cap_reached':
      return [
        [402, 'insufficient_quota', sdkMustNotRetry],
        `This API key may spend ${refusal.freeAmount} atomic units more; this request may cost up to ${refusal.requiredAmount}.`,
      ]
    case 'channel_not_found':
      return [
        [402, 'insufficient_quota', sdkMustNotRetry],
        'The payment channel of this API key is not open at this gateway.',
      ]
  }
}

/** The same for vouchers. */
export function describeVoucherRefusal(
  refusal: Exclude<VoucherRefusal, { reason: 'channel_closing' }>,
): Described {
  switch (refusal.reason) {
    case 'voucher_channel_mismatch':
      return [badRequest, 'The voucher is for another channel.']
    case 'voucher_above_balance':
      return [
        badRequest,
        `The voucher promises more than the channel's balance of ${refusal.balance} atomic units.`,
      ]
    case 'voucher_signature_invalid':
      return [badRequest, "The voucher's signature is not the channel payer's."]
    case 'channel_terms_unacceptable':
      return [badRequest, `The channel cannot be used here: ${refusal.detail}.`]
  }
}
