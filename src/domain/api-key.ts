import type { AtomicAmount, Bytes32 } from './units.ts'

/** An API key as it is kept: never the key itself, only its sha256. */
export type ApiKey = {
  /** sha256 of the key's text, lower-case hex without prefix. */
  readonly keyHash: string
  /** Short public name, for lists and logs; also the budget that its spending is booked under. */
  readonly apiKeyId: string
  readonly label: string
  readonly channelId: Bytes32
  /** What it may spend in all; undefined leaves it to the channel. */
  readonly spendCapAmount: AtomicAmount | undefined
  /** Public names of the models that it may ask for, sorted; undefined allows all. */
  readonly modelScope: readonly string[] | undefined
  readonly createdAtMs: number
  readonly expiresAtMs: number | undefined
  readonly revokedAtMs: number | undefined
}

/** What an owner orders of its keys, once the signature is proven. Orders of one channel have rising nonces. */
export type KeyOrder = {
  readonly channelId: Bytes32
  readonly keyHash: string
  /** Below 2^53: JSON and Lua keep it exact. */
  readonly nonce: number
}
