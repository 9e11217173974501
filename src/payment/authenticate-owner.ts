import { billingQueryAheadSMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { billingQueryDigest, type TimedOrder } from '../chain/billing-typed-data.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { AuthenticationRefusal, HoldRefusal, KeyOrderRefusal } from '../domain/refusal.ts'
import { type Bytes32, bytes32, isBytes32, isHex, signature, unixSeconds } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { provenOwner, type SignedByOwner } from './proven-owner.ts'

const vouchPattern = /^Vouch +([\w-]{1,1024})$/i

/** Whether this `Authorization` header is an owner's, whom `authenticateOwner` judges, and no API key. */
export const isOwnersAuthorization = (authorization: string | undefined): boolean =>
  authorization !== undefined && /^Vouch(?: |$)/i.test(authorization)

/**
 * The channel whose owner sent `Authorization: Vouch <base64url(JSON)>`, JSON = `{channelId, validUntil, signature}`: a
 * BillingQuery for the next few minutes, signed by payer or session key. It lets its bearer read, and nothing else.
 */
export async function authenticateOwner(
  deps: { readonly ledger: Pick<LedgerStore, 'channel'>; readonly domain: DomainSeparator },
  authorization: string,
  nowMs: number,
): Promise<Result<Bytes32, AuthenticationRefusal | HoldRefusal | KeyOrderRefusal>> {
  const query = parseQuery(authorization)
  if (query === undefined) return err({ reason: 'billing_query_invalid' })
  const outdated = objectionToTime(query, nowMs)
  if (outdated !== undefined) return err(outdated)
  const digest = billingQueryDigest(deps.domain, query)
  const owner = await provenOwner(deps.ledger, { ...query, digest })
  // Whether a channel is known here is nobody's business but its owner's.
  return owner.ok ? ok(query.channelId) : err({ reason: 'billing_query_invalid' })
}

/** Undefined while a timed order is good: not past, and not so far ahead that it would be a standing permit. */
export function objectionToTime(
  { validUntil }: TimedOrder,
  nowMs: number,
): { readonly reason: 'billing_query_invalid' } | undefined {
  const leftS = validUntil - nowMs / 1000
  return leftS > 0 && leftS <= billingQueryAheadSMax
    ? undefined
    : { reason: 'billing_query_invalid' }
}

function parseQuery(authorization: string): SignedByOwner<TimedOrder> | undefined {
  const [, encoded] = vouchPattern.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(encoded, 'base64url').toString())
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { channelId, validUntil, signature: text } = value as Readonly<Record<string, unknown>>
  if (!isBytes32(channelId) || !isHex(text)) return undefined
  if (typeof validUntil !== 'number' || !Number.isSafeInteger(validUntil) || validUntil < 0) {
    return undefined
  }
  return {
    channelId: bytes32(channelId),
    validUntil: unixSeconds(validUntil),
    signature: signature(text),
  }
}
