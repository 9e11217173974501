import { hash, randomBytes } from 'node:crypto'
import { err, ok, type Result } from '../base/result.ts'
import type { AuthenticationRefusal } from '../domain/refusal.ts'
import type { Payer } from '../domain/request.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { ApiKey, ApiKeyStore } from '../store/api-key-store.ts'

const keyPrefix = 'sk-vouch-'
const bearerPattern = /^Bearer +([!-~]{1,256})$/i

/**
 * Who pays for a request that came with this `Authorization` header. The key is looked up by its sha256: how long that
 * takes says nothing about any key, because nobody can choose the hash of a guess.
 */
export function authenticate(
  keys: Pick<ApiKeyStore, 'find'>,
  authorization: string | undefined,
  nowMs: number,
): Result<Payer, AuthenticationRefusal> {
  if (authorization === undefined || authorization === '') return err({ reason: 'missing_api_key' })
  const [, secret] = bearerPattern.exec(authorization) ?? []
  if (secret === undefined) return err({ reason: 'missing_api_key' })
  const key = keys.find(hashApiKey(secret))
  if (key === undefined || !isLive(key, nowMs)) return err({ reason: 'invalid_api_key' })
  const { apiKeyId, channelId } = key
  return ok({ kind: 'api-key', apiKeyId, channelId, spendCap: undefined, modelScope: undefined })
}

const isLive = (key: ApiKey, nowMs: number): boolean =>
  key.revokedAtMs === undefined && (key.expiresAtMs === undefined || nowMs < key.expiresAtMs)

export const hashApiKey = (secret: string): string => hash('sha256', secret)

/** A new key with 256 random bits. The secret is shown once and kept nowhere. */
export function createApiKey(terms: {
  readonly label: string
  readonly channelId: Bytes32
  readonly nowMs: number
  readonly expiresAtMs?: number | undefined
}): { readonly secret: string; readonly apiKey: ApiKey } {
  const secret = `${keyPrefix}${randomBytes(32).toString('base64url')}`
  const keyHash = hashApiKey(secret)
  const apiKey: ApiKey = {
    keyHash,
    apiKeyId: `key_${keyHash.slice(0, 12)}`,
    label: terms.label,
    channelId: terms.channelId,
    createdAtMs: terms.nowMs,
    expiresAtMs: terms.expiresAtMs,
    revokedAtMs: undefined,
  }
  return { secret, apiKey }
}
