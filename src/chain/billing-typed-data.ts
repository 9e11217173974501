/*
 * What the owner of a channel (its payer, or its session key `payerAuthorizer`) signs for a gateway. All types stand in the
 * domain of fx-typed-data.ts: {name:"Vouch", version:"1", chainId, verifyingContract: GatewayRegistry}; each names the
 * channel, whose id binds chain and settlement contract too.
 */
import type { KeyOrder } from '../domain/api-key.ts'
import type { AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.ts'
import { bytes32, zeroBytes32 } from '../domain/units.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'
import {
  type DomainSeparator,
  hashWord,
  type TypeHash,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

/** What an owner grants. Zero in a limit sets none: `spendCap` 0, `expiresAt` 0, scope of all models. */
export type KeyGrantTerms = KeyOrder & {
  /** Atomic units of the channel's asset, over the key's whole life. */
  readonly spendCap: AtomicAmount
  readonly expiresAt: UnixSeconds
  /** Public names of models; undefined allows all. */
  readonly modelScope: readonly string[] | undefined
}

const apiKeyGrantTypeHash = typeHash(
  'ApiKeyGrant(bytes32 channelId,bytes32 keyHash,uint128 spendCap,uint64 expiresAt,' +
    'bytes32 scopeHash,uint64 nonce)',
)
const apiKeyRevokeTypeHash = typeHash(
  'ApiKeyRevoke(bytes32 channelId,bytes32 keyHash,uint64 nonce)',
)
const billingQueryTypeHash = typeHash('BillingQuery(bytes32 channelId,uint64 validUntil)')
const refundOrderTypeHash = typeHash('RefundOrder(bytes32 channelId,uint64 validUntil)')

/**
 * `ApiKeyGrant.scopeHash`: zero for all models, else keccak256 of the JSON array (RFC 8785) of the models' names, each once,
 * sorted by UTF-16 code units. An array of strings has one RFC 8785 form, and it is what JSON.stringify writes.
 */
export const scopeHash = (models: readonly string[] | undefined): Bytes32 =>
  models === undefined ? zeroBytes32 : keccak256Utf8(JSON.stringify(sortedScope(models)))

/** A scope as it is hashed and stored. */
export const sortedScope = (models: readonly string[]): readonly string[] =>
  [...new Set(models)].sort()

/** Lets whoever holds the secret behind `keyHash` (sha256) spend from the channel. */
export const apiKeyGrantDigest = (domain: DomainSeparator, grant: KeyGrantTerms): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      apiKeyGrantTypeHash +
        hashWord(grant.channelId) +
        hashWord(bytes32(`0x${grant.keyHash}`)) +
        uintWord(grant.spendCap, 128) +
        uintWord(grant.expiresAt, 64) +
        hashWord(scopeHash(grant.modelScope)) +
        uintWord(grant.nonce, 64),
    ),
  )

/** Ends a key for ever. */
export const apiKeyRevokeDigest = (domain: DomainSeparator, order: KeyOrder): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      apiKeyRevokeTypeHash +
        hashWord(order.channelId) +
        hashWord(bytes32(`0x${order.keyHash}`)) +
        uintWord(order.nonce, 64),
    ),
  )

/** A statement about a channel that is good for a few minutes. */
export type TimedOrder = { readonly channelId: Bytes32; readonly validUntil: UnixSeconds }

/** Lets its bearer read the books of a channel. */
export const billingQueryDigest = (domain: DomainSeparator, query: TimedOrder): Bytes32 =>
  timedDigest(billingQueryTypeHash, domain, query)

/** Asks for everything of the channel that was not charged, to its payer. */
export const refundOrderDigest = (domain: DomainSeparator, order: TimedOrder): Bytes32 =>
  timedDigest(refundOrderTypeHash, domain, order)

const timedDigest = (
  type: TypeHash,
  domain: DomainSeparator,
  { channelId, validUntil }: TimedOrder,
): Bytes32 =>
  typedDataDigest(domain, keccak256Hex(type + hashWord(channelId) + uintWord(validUntil, 64)))
