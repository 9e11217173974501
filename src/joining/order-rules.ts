/*
 * What every order is held to that comes from somebody outside, whoever signs it.
 */
import { contributorTermsBytesMax, lentApiKeyLengthMax } from '../base/limits.ts'
import { err, type Result } from '../base/result.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { OrderOutdated } from '../domain/order-age.ts'
import type {
  AdminRefusal,
  GatewayRefusal,
  LendingRefusal,
  RequestRefusal,
} from '../domain/refusal.ts'
import type { Address, Bytes32, Signature, UnixSeconds } from '../domain/units.ts'
import type { ApiKeySeal } from '../store/api-key-seal.ts'
import type { ContributorStore } from '../store/contributor-store.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import type { ContributorRoster } from './contributor-roster.ts'

export type Signed<T> = T & { readonly signature: Signature }

/** What orders are held to. */
export type OrderTerms = {
  readonly gateway: Address
  readonly domain: DomainSeparator
  readonly nowMs: () => number
}

/** What an order of whoever comes by itself is taken with. */
export type OrderDeps = OrderTerms & {
  readonly roster: Pick<ContributorRoster, 'change' | 'current'>
  readonly store: Pick<ContributorStore, 'takeOrder'>
  /** Undefined where there is nothing to encrypt a key with. */
  readonly seal: ApiKeySeal | undefined
}

/** Why an order may be refused, whatever it is about. */
export type OrderFailure =
  | RequestRefusal
  | OrderOutdated
  | Extract<LendingRefusal, { readonly reason: 'order_replayed' }>
  | Extract<AdminRefusal, { readonly reason: 'key_secret_missing' }>
  | GatewayRefusal

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

/** Takes an order for good. Undefined where it was not taken before. */
export async function objectionToReplay(
  { store, nowMs }: Pick<OrderDeps, 'store' | 'nowMs'>,
  order: { readonly digest: Bytes32; readonly validUntil: UnixSeconds },
): Promise<Extract<OrderFailure, { readonly reason: 'order_replayed' }> | undefined> {
  const time = { untilMs: order.validUntil * 1000, nowMs: nowMs() }
  return (await store.takeOrder(order.digest, time)) ? undefined : { reason: 'order_replayed' }
}

/** Lets so many be under way at a time: each makes the gateway ask others, and the next is to come later. */
export function atMostAtOnce(max: number) {
  let underWay = 0
  return async <T, E>(
    act: () => Promise<Result<T, E>>,
  ): Promise<Result<T, E | { readonly reason: 'overloaded' }>> => {
    if (underWay >= max) return err({ reason: 'overloaded' })
    underWay += 1
    try {
      return await act()
    } finally {
      underWay -= 1
    }
  }
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
