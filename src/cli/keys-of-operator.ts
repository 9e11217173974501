/*
 * API keys as the operator of a gateway makes them, on its own machine and on its own word.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Bytes32, bytes32, isBytes32 } from '../domain/units.ts'
import { createApiKey } from '../payment/authenticate.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'
import { openRedisApiKeys } from '../store/api-key-store-redis.ts'
import { openSqliteApiKeys } from '../store/api-key-store-sqlite.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { CommandFailure, terminal } from './command.ts'
import { readConfig } from './read-config.ts'

const dayMs = 86_400_000

/** Where a gateway keeps its keys: as its configuration says, or in a data folder. */
export type KeyPlace = { readonly config: string } | { readonly dataFolder: string }

export async function withKeys(
  place: KeyPlace,
  act: (keys: ApiKeyStore) => Promise<number>,
): Promise<number> {
  try {
    const keys = await openKeys(place)
    try {
      return await act(keys)
    } finally {
      await keys.close()
    }
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

function openKeys(place: KeyPlace): ApiKeyStore | Promise<ApiKeyStore> {
  const { dataFolder, store } =
    'config' in place ? readConfig(place.config) : { ...place, store: undefined }
  if (store !== undefined) {
    return openRedisApiKeys({ url: store.redisUrl, keyPrefix: store.keyPrefix })
  }
  const path = join(dataFolder, 'keys.db')
  if (!existsSync(path)) {
    throw new CommandFailure(`${dataFolder} is no data folder of a gateway: it has no keys.db`)
  }
  return openSqliteApiKeys(path)
}

export type KeyTerms = {
  readonly channelId: Bytes32
  readonly label: string
  readonly days: number | undefined
}

export function parseTerms(values: {
  readonly channel?: string | undefined
  readonly label: string
  readonly days?: string | undefined
}): KeyTerms {
  const { channel, label, days } = values
  if (!isBytes32(channel)) {
    throw new CommandFailure('--channel needs 0x and 64 hex digits; vouch dev prints its own', 2)
  }
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) {
    throw new CommandFailure('--days needs a whole number from 1 to 99999', 2)
  }
  return { channelId: bytes32(channel), label, days: days === undefined ? undefined : Number(days) }
}

export async function createKey(keys: ApiKeyStore, terms: KeyTerms): Promise<number> {
  const nowMs = Date.now()
  const { secret, apiKey } = createApiKey({
    label: terms.label,
    channelId: terms.channelId,
    nowMs,
    expiresAtMs: terms.days === undefined ? undefined : nowMs + terms.days * dayMs,
  })
  await keys.insert(apiKey)
  terminal.print(`${apiKey.apiKeyId}  ${secret}`)
  terminal.printError('This is the only time that the key is shown.')
  return 0
}

export async function listKeys(keys: ApiKeyStore): Promise<number> {
  for (const key of await keys.list()) {
    const until = key.expiresAtMs === undefined ? 'never' : new Date(key.expiresAtMs).toISOString()
    const state = key.revokedAtMs === undefined ? `expires ${until}` : 'revoked'
    terminal.print(`${key.apiKeyId}  ${key.channelId}  ${state}  ${key.label}`)
  }
  return 0
}

export async function revokeKey(keys: ApiKeyStore, keyId: string): Promise<number> {
  if (!(await keys.revoke(keyId, Date.now()))) {
    throw new CommandFailure(`${keyId} is not a live key of this gateway`)
  }
  terminal.print(`${keyId} is revoked`)
  return 0
}
