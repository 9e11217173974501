import { err, ok, type Result } from '../base/result.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { Channel } from '../domain/channel.ts'
import type { HoldRefusal, KeyOrderRefusal } from '../domain/refusal.ts'
import type { Bytes32, Signature } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'

export type SignedByOwner<T> = T & { readonly signature: Signature }

/**
 * The channel whose payer or session key signed `digest`. Only the one canonical form of a signature counts, so that one
 * order is one text.
 */
export async function provenOwner(
  ledger: Pick<LedgerStore, 'channel'>,
  order: SignedByOwner<{ readonly channelId: Bytes32; readonly digest: Bytes32 }>,
): Promise<Result<Channel, HoldRefusal | KeyOrderRefusal>> {
  const channel = await ledger.channel(order.channelId)
  if (channel === undefined) return err({ reason: 'channel_not_found' })
  const signer = recoverSigner(order.digest, order.signature)
  const { payer, payerAuthorizer } = channel.config
  return signer !== undefined && (signer === payer || signer === payerAuthorizer)
    ? ok(channel)
    : err({ reason: 'owner_signature_invalid' })
}
