import { err } from '../base/result.ts'
import { apiKeyRevokeDigest } from '../chain/billing-typed-data.ts'
import type { KeyOrder } from '../domain/api-key.ts'
import { type KeyOrderResult, type KeyRegister, objectionToNonce } from './grant-api-key.ts'
import { provenOwner, type SignedByOwner } from './proven-owner.ts'

/** Executes an owner's revocation: the next request with the key is refused. Durable when it resolves. */
export async function revokeApiKey(
  register: KeyRegister,
  order: SignedByOwner<KeyOrder>,
  nowMs: number,
): Promise<KeyOrderResult> {
  const objection = objectionToNonce(order, nowMs)
  if (objection !== undefined) return err(objection)
  const { channelId, signature } = order
  const digest = apiKeyRevokeDigest(register.domain, order)
  const owner = await provenOwner(register.ledger, { channelId, digest, signature })
  return owner.ok ? register.keys.revokeByOwner(order, nowMs) : owner
}
