import type { KeyOrderRefusal, OwnerRefusal } from '../domain/refusal.ts'
import { badRequest, type Described } from './described-error.ts'

/** The arms of openai-error.ts for what the owner of a channel asks. */
export function describeOwnerRefusal(refusal: KeyOrderRefusal | OwnerRefusal): Described {
  switch (refusal.reason) {
    case 'api_key_exists':
      return [badRequest, 'A key with this hash was granted before. Each key is granted once.']
    case 'api_key_not_found':
      return [
        [404, 'invalid_request_error'],
        'No key of this channel has that hash.',
        { param: 'key_hash' },
      ]
    case 'key_nonce_stale':
      return [
        badRequest,
        `The nonce must be above ${refusal.lastNonce}, that of the channel's last order.`,
        { param: 'nonce' },
      ]
    case 'api_keys_exhausted':
      return [badRequest, `The channel has ${refusal.keysMax} keys, the most that it may have.`]
    case 'owner_signature_invalid':
      return [
        badRequest,
        "The signature is neither the channel payer's nor its session key's over this order.",
        { param: 'signature' },
      ]
    case 'order_outdated':
      return [
        badRequest,
        'The order is for a time that is past, or more than five minutes ahead.',
        { param: 'validUntil' },
      ]
    case 'requests_in_flight':
      return [
        [409, 'api_error', { 'retry-after': '5' }],
        `Requests in flight hold ${refusal.heldAmount} atomic units. Let them end first.`,
      ]
    case 'refunded_recently':
      return [
        [429, 'rate_limit_error', { 'retry-after': String(refusal.retryAfterS) }],
        'This channel was refunded lately. A withdrawal by yourself needs nobody.',
      ]
    case 'deposit_not_found':
      return [
        [404, 'invalid_request_error'],
        'This gateway sent no such deposit since it started. The channel shows what arrived.',
        { param: 'id' },
      ]
    case 'nothing_to_refund':
      return [badRequest, 'All that was deposited on the channel was charged or given back.']
    case 'refund_unconfirmed':
      return [
        [503, 'api_error', { 'retry-after': '15' }],
        'The refund is on its way and not confirmed yet. Ask again: it is sent once.',
      ]
  }
}
