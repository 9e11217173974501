/*
 * What every order is held to that comes from somebody outside, whoever signs it.
 */
import {
  contributorTermsBytesMax,
  lenderOrderAheadSMax,
  lentApiKeyLengthMax,
} from '../base/limits.ts'
import { err, type Result } from '../base/result.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { GatewayRefusal, OwnerRefusal, RequestRefusal } from '../domain/refusal.ts'
import type { Address, Signature, UnixSeconds } from '../domain/units.ts'
import { StoreFailure } from '../store/ledger-store.ts'

export type Signed<T> = T & { readonly signature: Signature }

/** What orders are held to. */
export type OrderTerms = {
  readonly gateway: Address
  readonly domain: DomainSeparator
  readonly nowMs: () => number
}

export type OrderOutdated = Extract<OwnerRefusal, { readonly reason: 'order_outdated' }>

/** Undefined while an order is good: not past, and not so far ahead that it would be a standing permit. */
export function objectionToAge(validUntil: UnixSeconds, nowMs: number): OrderOutdated | undefined {
  const leftS = validUntil - nowMs / 1000
  return leftS > 0 && leftS <= lenderOrderAheadSMax ? undefined : { reason: 'order_outdated' }
}

export function objectionToApiKey(apiKey: unknown): RequestRefusal | undefined {
  const isKey =
    typeof apiKey === 'string' && /^[!-~]+$/.test(apiKey) && apiKey.length <= lentApiKeyLengthMax
  if (isKey) return undefined
  const expected = `an API key of at most ${lentApiKeyLengthMax} printable characters`
  return { reason: 'invalid_value', param: 'apiKey', expected }
}

export function objectionToSize(terms: string): RequestRefusal | undefined {
  if (Buffer.byteLength(terms) <= contributorTermsBytesMax) return undefined
  const expected = `at most ${contributorTermsBytesMax} bytes`
  return { reason: 'invalid_value', param: 'terms', expected }
}

/** A store that failed is a refusal to whoever asked. */
export async function orStoreRefusal<T, E>(
  act: () => Promise<Result<T, E>>,
): Promise<Result<T, E | Extract<GatewayRefusal, { readonly reason: 'store_unavailable' }>>> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}
