import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashApiKey } from '../domain/api-key.ts'
import type { Bytes32 } from '../domain/units.ts'
import { createApiKey } from '../payment/authenticate.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'

/**
 * The development mode's API key, the same at every start so that what was pasted once keeps working. Only here does a key
 * lie on disk in clear, in a file of its owner; a revoked one is replaced.
 */
export async function devApiKey(terms: {
  readonly folder: string
  readonly apiKeys: ApiKeyStore
  readonly channelId: Bytes32
}): Promise<string> {
  const path = join(terms.folder, 'api-key')
  if (existsSync(path)) {
    const kept = readFileSync(path, 'utf8').trim()
    const known = await terms.apiKeys.find(hashApiKey(kept))
    if (known?.channelId === terms.channelId && known.revokedAtMs === undefined) return kept
  }
  const { secret, apiKey } = createApiKey({
    label: 'dev',
    channelId: terms.channelId,
    nowMs: Date.now(),
  })
  writeFileSync(path, `${secret}\n`, { mode: 0o600 })
  await terms.apiKeys.insert(apiKey)
  return secret
}
