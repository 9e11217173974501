import type { Bytes32 } from '../domain/units.ts'

/** An API key as it is kept: never the key itself, only its sha256. */
export type ApiKey = {
  /** sha256 of the key's text, lower-case hex without prefix. */
  readonly keyHash: string
  /** Short public name, for lists and logs. */
  readonly apiKeyId: string
  readonly label: string
  readonly channelId: Bytes32
  readonly createdAtMs: number
  readonly expiresAtMs: number | undefined
  readonly revokedAtMs: number | undefined
}

/** Keys change rarely and are read for every request: a change by any process is seen by the next look-up. */
export type ApiKeyStore = {
  readonly find: (keyHash: string) => ApiKey | undefined
  readonly list: () => readonly ApiKey[]
  readonly insert: (key: ApiKey) => void
  /** False when no key has that id or it was revoked before. */
  readonly revoke: (apiKeyId: string, nowMs: number) => boolean
  readonly close: () => void
}
