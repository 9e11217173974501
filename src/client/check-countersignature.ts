/*
 * Tier 128: that the payer accepted the charge. It signs the receipt's digest, with its account or with the session key that
 * the terms of its channel name; the hash of those terms is the channel's id, so they cannot be made up.
 */
import { channelDomain, channelIdOf } from '../chain/channel-typed-data.ts'
import { countersignatureDigest } from '../chain/countersignature-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { Countersignature } from '../domain/countersignature.ts'
import type { Receipt } from '../domain/receipt.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import type { Signers } from './recover-signers.ts'
import type { TrustAnchors } from './trust-anchors.ts'

export function checkCountersignature(
  { receipt, domain, countersignature }: ParsedReceipt,
  { receiptDigest }: Signers,
  anchors: Pick<TrustAnchors, 'channelSettlement'>,
): CheckLine {
  const check = 'countersignature'
  if (countersignature === undefined) return unknown(check, 'the document has none')
  const digest = countersignatureDigest(receiptDomain(domain), receiptDigest)
  const signer = recoverSigner(digest, countersignature.signature)
  if (signer === undefined || signer !== countersignature.signer) {
    return fails(check, `it is no signature of this receipt by ${countersignature.signer}`)
  }
  if (signer === receipt.client) return holds(check, `${signer}, who pays, accepts the charge`)
  return isSessionKey(receipt, countersignature, anchors)
    ? holds(check, `${signer}, the session key of ${receipt.client}'s channel, accepts the charge`)
    : fails(
        check,
        `${signer} is neither ${receipt.client}, who pays, nor a session key of its channel`,
      )
}

function isSessionKey(
  { client, channelId }: Receipt,
  { signer, channel }: Countersignature,
  { channelSettlement: verifyingContract }: Pick<TrustAnchors, 'channelSettlement'>,
): boolean {
  if (channel === undefined) return false
  const { chainId, config } = channel
  return (
    config.payer === client &&
    config.payerAuthorizer === signer &&
    channelIdOf(channelDomain({ chainId, verifyingContract }), config) === channelId
  )
}
