import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GatewayConfig } from '../config.ts'
import { parseSealSecrets, type SealSecret, sealSecretLine } from '../domain/seal-secret.ts'
import { type ApiKeySeal, createApiKeySeal } from '../store/api-key-seal.ts'
import { CommandFailure } from './command.ts'

export const sealSecretFile = (dataFolder: string): string => join(dataFolder, 'contributor-secret')

/**
 * What keys of contributors are encrypted with: the configured secrets, or those of the data folder, where one is made at the
 * first start. Undefined where several gateways share a store and were given none: each would make its own.
 */
export function openSeal(config: GatewayConfig): ApiKeySeal | undefined {
  const configured = config.lending?.sealSecrets
  if (configured !== undefined) return createApiKeySeal(configured)
  if (config.store !== undefined) return undefined
  const path = sealSecretFile(config.dataFolder)
  if (!existsSync(path)) writeFileSync(path, sealSecretText(newSealSecret([])), { mode: 0o600 })
  return createApiKeySeal(readSealSecrets(path))
}

/** Throws CommandFailure that names the file and quotes nothing of it. */
export function readSealSecrets(path: string): readonly SealSecret[] {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new CommandFailure(`${path} cannot be read (${code})`)
  }
  const secrets = parseSealSecrets(text)
  if (secrets !== undefined) return secrets
  throw new CommandFailure(`${path} has no secrets: expected lines of version:64 hex digits`)
}

/** The next version after all of these, of fresh random bytes, and with it every older one. */
export function newSealSecret(secrets: readonly SealSecret[]): readonly SealSecret[] {
  const version = Math.max(0, ...secrets.map((secret) => secret.version)) + 1
  return [...secrets, { version, secret: randomBytes(32) }]
}

export const sealSecretText = (secrets: readonly SealSecret[]): string =>
  secrets.map((secret) => `${sealSecretLine(secret)}\n`).join('')
