/*
 * API keys of contributors as they lie on a disk: AES-256-GCM with a key derived (HKDF-SHA256, RFC 5869) from a secret that
 * lies elsewhere. Record id and URL are authenticated with each, so that a ciphertext that somebody moves to another record,
 * to have the key sent to another place, is worth nothing.
 *
 *   sealed = base64url(version(1) ‖ nonce(12) ‖ ciphertext ‖ tag(16))
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { assert } from '../base/assert.ts'
import type { SealSecret } from '../domain/seal-secret.ts'

/** What a key is sealed for. */
type SealPlace = { readonly contributorId: string; readonly baseUrl: string }

export type ApiKeySeal = {
  readonly seal: (apiKey: string, place: SealPlace) => string
  /** Undefined for what was sealed for another place, with a secret that is gone, or was changed since. */
  readonly open: (sealed: string, place: SealPlace) => string | undefined
  /** False for what an older secret sealed: it should be sealed again, so that the older one can go. */
  readonly isNewest: (sealed: string) => boolean
}

const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** `secrets` are told apart by their versions; the highest is the newest. */
export function createApiKeySeal(secrets: readonly SealSecret[]): ApiKeySeal {
  const keys = new Map(secrets.map(({ version, secret }) => [version, derivedKey(secret)]))
  const newest = Math.max(...keys.keys())
  const newestKey = keys.get(newest)
  assert(newestKey !== undefined, 'there is a secret to seal with')
  return {
    seal: (apiKey, place) => {
      const nonce = randomBytes(nonceBytes)
      const sealing = createCipheriv(cipher, newestKey, nonce, { authTagLength: tagBytes })
      sealing.setAAD(boundTo(place, newest))
      const text = Buffer.concat([sealing.update(apiKey, 'utf8'), sealing.final()])
      return Buffer.concat([Uint8Array.of(newest), nonce, text, sealing.getAuthTag()]).toString(
        'base64url',
      )
    },
    open: (sealed, place) => {
      const bytes = Buffer.from(sealed, 'base64url')
      const version = versionOf(bytes)
      const key = keys.get(version)
      if (key === undefined || bytes.length < 1 + nonceBytes + tagBytes) return undefined
      const nonce = bytes.subarray(1, 1 + nonceBytes)
      const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
      opening.setAAD(boundTo(place, version))
      opening.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const text = opening.update(bytes.subarray(1 + nonceBytes, -tagBytes))
        return Buffer.concat([text, opening.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
    isNewest: (sealed) => versionOf(Buffer.from(sealed, 'base64url')) === newest,
  }
}

const versionOf = (sealed: Uint8Array): number => sealed[0] ?? 0

const derivedKey = (secret: Uint8Array): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), 'vouch contributor keys', 32))

const boundTo = ({ contributorId, baseUrl }: SealPlace, version: number): Buffer =>
  Buffer.from(JSON.stringify([version, contributorId, baseUrl]))
