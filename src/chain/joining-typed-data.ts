/*
 * What a registered contributor signs to be in a gateway's pool, in the domain of payout-typed-data.ts: {name:"Vouch",
 * version:"1", chainId, verifyingContract: ContributorRegistry}. One registry serves many gateways, so each order names the
 * gateway's operator besides, and is good for a few minutes.
 */
import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

/** Lets its bearer see how a contributor does at a gateway. */
export type StandingQuery = {
  /** Operator address of the gateway that is meant. */
  readonly gateway: Address
  /** The contributor's operator account. */
  readonly contributor: Address
  readonly validUntil: UnixSeconds
}

/** Ends the membership: the gateway asks no more, and forgets the terms. */
export type LeavePoolOrder = StandingQuery & {
  /** Tells two orders apart that say the same; each is taken once. Below 2^53. */
  readonly nonce: number
}

/** Joins, or puts other terms in the place of those that were joined on. */
export type JoinPoolOrder = LeavePoolOrder & {
  /** JSON of what is offered; the very text that is sent. */
  readonly terms: string
  /** sha256 of the key that the gateway is to show; zero where it needs none. The order does not have the key itself. */
  readonly apiKeyHash: Bytes32
}

const joinTypeHash = typeHash(
  'JoinPool(address gateway,address contributor,bytes32 termsHash,bytes32 apiKeyHash,' +
    'uint64 nonce,uint64 validUntil)',
)
const leaveTypeHash = typeHash(
  'LeavePool(address gateway,address contributor,uint64 nonce,uint64 validUntil)',
)
const queryTypeHash = typeHash(
  'StandingQuery(address gateway,address contributor,uint64 validUntil)',
)

/** `termsHash` is keccak256 of the terms' UTF-8 text: what was signed is what is read. */
export const joinPoolDigest = (domain: DomainSeparator, order: JoinPoolOrder): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      joinTypeHash +
        addressWord(order.gateway) +
        addressWord(order.contributor) +
        hashWord(keccak256Utf8(order.terms)) +
        hashWord(order.apiKeyHash) +
        uintWord(order.nonce, 64) +
        uintWord(order.validUntil, 64),
    ),
  )

export const leavePoolDigest = (domain: DomainSeparator, order: LeavePoolOrder): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      leaveTypeHash +
        addressWord(order.gateway) +
        addressWord(order.contributor) +
        uintWord(order.nonce, 64) +
        uintWord(order.validUntil, 64),
    ),
  )

export const standingQueryDigest = (domain: DomainSeparator, query: StandingQuery): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      queryTypeHash +
        addressWord(query.gateway) +
        addressWord(query.contributor) +
        uintWord(query.validUntil, 64),
    ),
  )
