import { assert } from '../base/assert.ts'
import { sha256Hex } from '../base/sha256.ts'
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

/**
 * A key as its holder has it: 256 random bits. Whoever makes one keeps to the form, because no other is looked up: a word
 * that a person chose could be guessed.
 */
export const apiKeyPattern: RegExp = /^sk-vouch-[\w-]{43}$/

export const apiKeySecretOf = (randomBytes: Uint8Array): string => {
  assert(randomBytes.length === 32, 'a key has 256 random bits')
  return `sk-vouch-${Buffer.from(randomBytes).toString('base64url')}`
}

/** What of a key travels and is kept. */
export const hashApiKey = (secret: string): string => sha256Hex(secret)

/** What an owner orders of its keys, once the signature is proven. Orders of one channel have rising nonces. */
export type KeyOrder = {
  readonly channelId: Bytes32
  readonly keyHash: string
  /** Below 2^53: JSON and Lua keep it exact. */
  readonly nonce: number
}
