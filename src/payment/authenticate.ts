import { hash, randomBytes } from 'node:crypto'
import { err, ok, type Result } from '../base/result.ts'
import { type Soon, whenThere } from '../base/soon.ts'
import { type ApiKey, apiKeyPattern, apiKeySecretOf, hashApiKey } from '../domain/api-key.ts'
import type { AuthenticationRefusal, GatewayRefusal } from '../domain/refusal.ts'
import type { Payer } from '../domain/request.ts'
import type { AtomicAmount, Bytes32 } from '../domain/units.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import { refuseWithoutStore } from './refuse-without-store.ts'

const bearerPattern = /^Bearer +([!-~]{1,256})$/i

/**
 * Who pays for a request that came with this `Authorization` header. The key is looked up by its sha256: how long that
 * takes says nothing about any key, because nobody can choose the hash of a guess.
 */
export function authenticate(
  keys: Pick<ApiKeyStore, 'find'>,
  authorization: string | undefined,
  nowMs: number,
): Soon<Judged> {
  if (authorization === undefined || authorization === '') return err({ reason: 'missing_api_key' })
  const [, secret] = bearerPattern.exec(authorization) ?? []
  if (secret === undefined) return err({ reason: 'missing_api_key' })
  if (!apiKeyPattern.test(secret)) return err({ reason: 'invalid_api_key' })
  try {
    const judged = whenThere(keys.find(hashApiKey(secret)), (key) => judge(key, nowMs))
    return judged instanceof Promise ? judged.catch(refuseWithoutStore) : judged
  } catch (error) {
    return refuseWithoutStore(error)
  }
}

type Judged = Result<Payer, AuthenticationRefusal | GatewayRefusal>

const judge = (key: ApiKey | undefined, nowMs: number): Judged =>
  key !== undefined && isLive(key, nowMs) ? ok(payerOf(key)) : err({ reason: 'invalid_api_key' })

/** The same for a key that somebody else names, who has it in no request: the operator, in the configuration. */
export async function payerNamed(
  keys: Pick<ApiKeyStore, 'named'>,
  apiKeyId: string,
  nowMs: number,
): Promise<Judged> {
  try {
    return judge(await keys.named(apiKeyId), nowMs)
  } catch (error) {
    return refuseWithoutStore(error)
  }
}

const isLive = (key: ApiKey, nowMs: number): boolean =>
  key.revokedAtMs === undefined && (key.expiresAtMs === undefined || nowMs < key.expiresAtMs)

function payerOf({ apiKeyId, channelId, spendCapAmount, modelScope }: ApiKey): Payer {
  const spendCap =
    spendCapAmount === undefined ? undefined : { budgetId: apiKeyId, capAmount: spendCapAmount }
  return { kind: 'api-key', apiKeyId, channelId, spendCap, modelScope }
}

/**
 * The public name of a key. It hashes the channel along, so that nobody can choose a hash whose name is that of another
 * channel's key.
 */
const nameApiKey = (key: Pick<ApiKey, 'channelId' | 'keyHash'>): string =>
  `key_${hash('sha256', key.channelId + key.keyHash).slice(0, 24)}`

type KeyTerms = {
  readonly label: string
  readonly channelId: Bytes32
  readonly nowMs: number
  readonly expiresAtMs?: number | undefined
  readonly spendCapAmount?: AtomicAmount | undefined
  readonly modelScope?: readonly string[] | undefined
}

/** A new key with 256 random bits. The secret is shown once and kept nowhere. */
export function createApiKey(terms: KeyTerms): {
  readonly secret: string
  readonly apiKey: ApiKey
} {
  const secret = apiKeySecretOf(randomBytes(32))
  return { secret, apiKey: apiKeyOf(hashApiKey(secret), terms) }
}

/** A key that somebody else made, of whom only its hash is known. */
export const apiKeyOf = (keyHash: string, terms: KeyTerms): ApiKey => ({
  keyHash,
  apiKeyId: nameApiKey({ channelId: terms.channelId, keyHash }),
  label: terms.label,
  channelId: terms.channelId,
  spendCapAmount: terms.spendCapAmount,
  modelScope: terms.modelScope,
  createdAtMs: terms.nowMs,
  expiresAtMs: terms.expiresAtMs,
  revokedAtMs: undefined,
})
