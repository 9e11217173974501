import { keyNonceAheadMsMax } from '../base/limits.ts'
import { err, type Result } from '../base/result.ts'
import { apiKeyGrantDigest, type KeyGrantTerms, sortedScope } from '../chain/billing-typed-data.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ApiKey, KeyOrder } from '../domain/api-key.ts'
import type { HoldRefusal, KeyOrderRefusal, RequestRefusal } from '../domain/refusal.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import type { LedgerStore } from '../store/ledger-store.ts'
import { apiKeyOf } from './authenticate.ts'
import { provenOwner, type SignedByOwner } from './proven-owner.ts'

export type KeyRegister = {
  readonly ledger: Pick<LedgerStore, 'channel'>
  readonly keys: Pick<ApiKeyStore, 'grant' | 'revokeByOwner'>
  /** Of what owners sign: chain/billing-typed-data.ts. */
  readonly domain: DomainSeparator
}

export type KeyOrderResult = Result<ApiKey, RequestRefusal | HoldRefusal | KeyOrderRefusal>

/** Executes an owner's grant. The owner made the key; only its hash came here. Durable when it resolves. */
export async function grantApiKey(
  register: KeyRegister,
  grant: SignedByOwner<KeyGrantTerms> & {
    /** Not signed: a name for lists. */
    readonly label: string
  },
  nowMs: number,
): Promise<KeyOrderResult> {
  const { channelId, spendCap, expiresAt, modelScope, nonce, signature } = grant
  const objection = objectionToNonce(grant, nowMs)
  if (objection !== undefined) return err(objection)
  if (expiresAt !== 0 && expiresAt * 1000 <= nowMs) {
    return err({ reason: 'invalid_value', param: 'expiresAt', expected: 'a time to come, or 0' })
  }
  const digest = apiKeyGrantDigest(register.domain, grant)
  const owner = await provenOwner(register.ledger, { channelId, digest, signature })
  if (!owner.ok) return owner
  const key = apiKeyOf(grant.keyHash, {
    channelId,
    nowMs,
    label: grant.label,
    spendCapAmount: spendCap === 0n ? undefined : spendCap,
    expiresAtMs: expiresAt === 0 ? undefined : expiresAt * 1000,
    modelScope: modelScope && sortedScope(modelScope),
  })
  return register.keys.grant(key, nonce)
}

/**
 * Nonces are free to choose but not to burn: whoever got hold of a session key could otherwise use up all of them and leave
 * the owner without a way to revoke.
 */
export function objectionToNonce(order: KeyOrder, nowMs: number): RequestRefusal | undefined {
  if (order.nonce <= nowMs + keyNonceAheadMsMax) return undefined
  const expected = 'at most a day ahead of the Unix time in milliseconds'
  return { reason: 'invalid_value', param: 'nonce', expected }
}
