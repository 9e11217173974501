/*
 * Secrets of others as they lie on a disk: AES-256-GCM with a key derived (HKDF-SHA256, RFC 5869) from a secret that lies
 * elsewhere. What the bytes are kept for is authenticated with them, so that a ciphertext that somebody moves to another
 * place is worth nothing there.
 *
 *   sealed = version(1) ‖ nonce(12) ‖ ciphertext ‖ tag(16)
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { assert } from '../base/assert.ts'
import type { SealSecret } from '../domain/seal-secret.ts'

export type ByteSeal = {
  readonly seal: (bytes: Uint8Array, place: readonly string[]) => Buffer
  /** Undefined for what was sealed for another place, with a secret that is gone, or was changed since. */
  readonly open: (sealed: Uint8Array, place: readonly string[]) => Buffer | undefined
  /** False for what an older secret sealed: it should be sealed again, so that the older one can go. */
  readonly isNewest: (sealed: Uint8Array) => boolean
}

const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
/** What a sealed text is longer by. */
const sealBytes = 1 + nonceBytes + tagBytes

/**
 * `secrets` are told apart by their versions; the highest is the newest. `purpose` is HKDF's `info`: what is sealed for one
 * purpose does not open for another, though the secret is the same.
 */
export function createByteSeal(secrets: readonly SealSecret[], purpose: string): ByteSeal {
  const keys = new Map(secrets.map(({ version, secret }) => [version, derivedKey(secret, purpose)]))
  const newest = Math.max(...keys.keys())
  const newestKey = keys.get(newest)
  assert(newestKey !== undefined, 'there is a secret to seal with')
  return {
    seal: (bytes, place) => {
      const nonce = randomBytes(nonceBytes)
      const sealing = createCipheriv(cipher, newestKey, nonce, { authTagLength: tagBytes })
      sealing.setAAD(boundTo(place, newest))
      const text = [sealing.update(bytes), sealing.final()]
      return Buffer.concat([Uint8Array.of(newest), nonce, ...text, sealing.getAuthTag()])
    },
    open: (sealed, place) => {
      const version = versionOf(sealed)
      const key = keys.get(version)
      if (key === undefined || sealed.length < sealBytes) return undefined
      const nonce = sealed.subarray(1, 1 + nonceBytes)
      const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
      opening.setAAD(boundTo(place, version))
      opening.setAuthTag(sealed.subarray(-tagBytes))
      try {
        const text = opening.update(sealed.subarray(1 + nonceBytes, -tagBytes))
        return Buffer.concat([text, opening.final()])
      } catch {
        return undefined
      }
    },
    isNewest: (sealed) => versionOf(sealed) === newest,
  }
}

const versionOf = (sealed: Uint8Array): number => sealed[0] ?? 0

const derivedKey = (secret: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), purpose, 32))

const boundTo = (place: readonly string[], version: number): Buffer =>
  Buffer.from(JSON.stringify([version, ...place]))
