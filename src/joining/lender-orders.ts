/*
 * Who sent an order about lent keys, and whether it is for this gateway and for now.
 */
import { err, ok, type Result } from '../base/result.ts'
import {
  type LenderQuery,
  lenderQueryDigest,
  type WithdrawKeyOrder,
  withdrawKeyDigest,
} from '../chain/lending-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import { type OrderOutdated, objectionToAge } from '../domain/order-age.ts'
import type { LendingRefusal } from '../domain/refusal.ts'
import { readSignedHeader } from '../domain/signed-header.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import type { OrderTerms } from './order-rules.ts'

type OrderRefusal =
  | OrderOutdated
  | Extract<
      LendingRefusal,
      { readonly reason: 'lender_signature_invalid' | 'lender_query_invalid' }
    >

export const isSignedBy = (
  lender: Address,
  signed: { readonly digest: Bytes32; readonly signature: Signature },
): boolean => recoverSigner(signed.digest, signed.signature) === lender

/** The wallet behind `Authorization: Vouch <base64url(JSON)>`, JSON = `{lender, validUntil, signature}` over a LenderQuery. */
export function askingLender(
  { gateway, domain, nowMs }: OrderTerms,
  authorization: string | undefined,
): Result<Address, OrderRefusal> {
  const header = readSignedHeader(authorization, 'lender')
  if (header === undefined) return err({ reason: 'lender_query_invalid' })
  const { sender: lender, validUntil, signature } = header
  const query: LenderQuery = { gateway, lender, validUntil }
  const isLate = objectionToAge(validUntil, nowMs()) !== undefined
  const digest = lenderQueryDigest(domain, query)
  const isGood = !isLate && isSignedBy(lender, { digest, signature })
  return isGood ? ok(lender) : err({ reason: 'lender_query_invalid' })
}

/** The same of `{lender, nonce, validUntil, signature}` over a WithdrawKey for one record. */
export function withdrawingLender(
  { gateway, domain, nowMs }: OrderTerms,
  asked: { readonly authorization: string | undefined; readonly contributorId: string },
): Result<{ readonly order: WithdrawKeyOrder; readonly digest: Bytes32 }, OrderRefusal> {
  const header = readSignedHeader(asked.authorization, 'lender')
  if (header?.nonce === undefined) return err({ reason: 'lender_query_invalid' })
  const { sender: lender, validUntil, nonce, signature } = header
  const order = { gateway, lender, validUntil, nonce, contributorId: asked.contributorId }
  const late = objectionToAge(validUntil, nowMs())
  if (late !== undefined) return err(late)
  const digest = withdrawKeyDigest(domain, order)
  return isSignedBy(lender, { digest, signature })
    ? ok({ order, digest })
    : err({ reason: 'lender_query_invalid' })
}
