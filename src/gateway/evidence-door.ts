/*
 * What anybody may ask about receipts after the fact, in the shapes that others read: the signature convention, attestation
 * reports, the keyset, ACI. Everything here is made of stored receipts and of keys, so each replica answers the same.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { SigningAlgo } from '../domain/signing-algo.ts'
import type { Bytes32 } from '../domain/units.ts'
import {
  type ConventionSignature,
  conventionSignature,
  type SignatureUnavailable,
} from '../evidence/convention-signature.ts'
import type { KeyRing } from '../evidence/key-ring.ts'
import type { FoundRequest } from './find-request.ts'

export type EvidenceDoor = {
  /** The convention's signature of an answer of this channel, by any of its names. */
  readonly signature: (
    channelId: Bytes32,
    asked: { readonly id: string; readonly algo: SigningAlgo },
  ) => Promise<Result<ConventionSignature | SignatureUnavailable, Refusal>>
}

export type EvidenceDeps = {
  readonly keys: KeyRing
  readonly find: (channelId: Bytes32, id: string) => Promise<Result<FoundRequest, Refusal>>
}

export function createEvidenceDoor(deps: EvidenceDeps): EvidenceDoor {
  const { keys, find } = deps
  return {
    signature: async (channelId, { id, algo }) => {
      const found = await find(channelId, id)
      if (!found.ok) return found
      const { receipt, record } = found.value
      if (receipt === undefined) return err({ reason: 'receipt_not_found' })
      const { work, requestHash, responseHash } = receipt.document.receipt
      const answer = { requestHash, responseHash, status: work.status, stream: record.stream }
      return ok(conventionSignature(keys, answer, algo))
    },
  }
}
