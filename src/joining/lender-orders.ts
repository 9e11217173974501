/*
 * Who sent an order about lent keys, and whether it is for this gateway and for now.
 */
import { lenderOrderAheadSMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import {
  type LenderQuery,
  lenderQueryDigest,
  type WithdrawKeyOrder,
  withdrawKeyDigest,
} from '../chain/lending-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { LendingRefusal, OwnerRefusal } from '../domain/refusal.ts'
import {
  type Address,
  address,
  type Bytes32,
  isAddress,
  isHex,
  type Signature,
  signature,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'

export type Signed<T> = T & { readonly signature: Signature }

/** What orders are held to. */
export type OrderTerms = {
  readonly gateway: Address
  readonly domain: DomainSeparator
  readonly nowMs: () => number
}

type OrderRefusal = Extract<
  LendingRefusal | OwnerRefusal,
  { readonly reason: 'order_outdated' | 'lender_signature_invalid' | 'lender_query_invalid' }
>

/** Undefined while an order is good: not past, and not so far ahead that it would be a standing permit. */
export function objectionToAge(
  validUntil: UnixSeconds,
  nowMs: number,
): { readonly reason: 'order_outdated' } | undefined {
  const leftS = validUntil - nowMs / 1000
  return leftS > 0 && leftS <= lenderOrderAheadSMax ? undefined : { reason: 'order_outdated' }
}

export const isSignedBy = (
  lender: Address,
  signed: { readonly digest: Bytes32; readonly signature: Signature },
): boolean => recoverSigner(signed.digest, signed.signature) === lender

/** The wallet behind `Authorization: Vouch <base64url(JSON)>`, JSON = `{lender, validUntil, signature}` over a LenderQuery. */
export function askingLender(
  { gateway, domain, nowMs }: OrderTerms,
  authorization: string | undefined,
): Result<Address, OrderRefusal> {
  const fields = fieldsIn(authorization)
  const sender = fields && senderIn(fields)
  if (sender === undefined) return err({ reason: 'lender_query_invalid' })
  const query: LenderQuery = { gateway, ...sender }
  const isLate = objectionToAge(query.validUntil, nowMs()) !== undefined
  const digest = lenderQueryDigest(domain, query)
  const isGood = !isLate && isSignedBy(query.lender, { digest, signature: sender.signature })
  return isGood ? ok(query.lender) : err({ reason: 'lender_query_invalid' })
}

/** The same of `{lender, nonce, validUntil, signature}` over a WithdrawKey for one record. */
export function withdrawingLender(
  { gateway, domain, nowMs }: OrderTerms,
  asked: { readonly authorization: string | undefined; readonly contributorId: string },
): Result<{ readonly order: WithdrawKeyOrder; readonly digest: Bytes32 }, OrderRefusal> {
  const fields = fieldsIn(asked.authorization)
  const sender = fields && senderIn(fields)
  const nonce = fields?.['nonce']
  const isNumber = typeof nonce === 'number' && Number.isSafeInteger(nonce) && nonce >= 0
  if (sender === undefined || !isNumber) return err({ reason: 'lender_query_invalid' })
  const { lender, validUntil } = sender
  const order = { gateway, lender, validUntil, nonce, contributorId: asked.contributorId }
  const late = objectionToAge(validUntil, nowMs())
  if (late !== undefined) return err(late)
  const digest = withdrawKeyDigest(domain, order)
  return isSignedBy(lender, { digest, signature: sender.signature })
    ? ok({ order, digest })
    : err({ reason: 'lender_query_invalid' })
}

type Fields = Readonly<Record<string, unknown>>

function fieldsIn(authorization: string | undefined): Fields | undefined {
  const [, encoded] = /^Vouch +([\w-]{1,1024})$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

function senderIn(
  fields: Fields,
): Signed<{ readonly lender: Address; readonly validUntil: UnixSeconds }> | undefined {
  const { lender, validUntil, signature: text } = fields
  if (!isAddress(lender) || !isHex(text)) return undefined
  if (typeof validUntil !== 'number' || !Number.isSafeInteger(validUntil) || validUntil < 0) {
    return undefined
  }
  return {
    lender: address(lender),
    validUntil: unixSeconds(validUntil),
    signature: signature(text),
  }
}
