import type { KeyOrderRefusal } from '../domain/refusal.ts'
import { badRequest, type Described } from './described-error.ts'

/** The arms of openai-error.ts for what the owner of a channel asks. */
export function describeOwnerRefusal(refusal: KeyOrderRefusal): Described {
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
  }
}
