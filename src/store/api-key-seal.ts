/*
 * API keys of contributors as they lie on a disk (byte-seal.ts), in base64url. Record id and URL are authenticated with each,
 * so that a ciphertext that somebody moves to another record, to have the key sent to another place, is worth nothing.
 */
import type { SealSecret } from '../domain/seal-secret.ts'
import { createByteSeal } from './byte-seal.ts'

/** What a key is sealed for. */
type SealPlace = { readonly contributorId: string; readonly baseUrl: string }

export type ApiKeySeal = {
  readonly seal: (apiKey: string, place: SealPlace) => string
  /** Undefined for what was sealed for another place, with a secret that is gone, or was changed since. */
  readonly open: (sealed: string, place: SealPlace) => string | undefined
  /** False for what an older secret sealed: it should be sealed again, so that the older one can go. */
  readonly isNewest: (sealed: string) => boolean
}

/** `secrets` are told apart by their versions; the highest is the newest. */
export function createApiKeySeal(secrets: readonly SealSecret[]): ApiKeySeal {
  const bytes = createByteSeal(secrets, 'vouch contributor keys')
  return {
    seal: (apiKey, place) => bytes.seal(Buffer.from(apiKey), placeOf(place)).toString('base64url'),
    open: (sealed, place) =>
      bytes.open(Buffer.from(sealed, 'base64url'), placeOf(place))?.toString('utf8'),
    isNewest: (sealed) => bytes.isNewest(Buffer.from(sealed, 'base64url')),
  }
}

const placeOf = ({ contributorId, baseUrl }: SealPlace): readonly string[] => [
  contributorId,
  baseUrl,
]
