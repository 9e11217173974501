import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '../base/sha256.ts'

export const adminTokenFile = (folder: string): string => join(folder, 'admin-token')

/** Where the gateway of a `vouch dev` was reached last. */
export const originFile = (folder: string): string => join(folder, 'gateway-origin')

export const writeOrigin = (folder: string, origin: string): void =>
  writeFileSync(originFile(folder), `${origin}\n`)

/** The development mode's admin token, the same at every start; `vouch contributors` finds it in the data folder. */
export function devAdminToken(folder: string): { readonly tokenHash: string } {
  const path = adminTokenFile(folder)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  }
  return { tokenHash: sha256Hex(readFileSync(path, 'utf8').trim()) }
}
