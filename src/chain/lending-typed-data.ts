/*
 * What the lender of an API key signs for a gateway, in the domain of fx-typed-data.ts: {name:"Vouch", version:"1", chainId,
 * verifyingContract: GatewayRegistry}. Each order names the gateway's operator besides, because one registry serves many
 * gateways, and is good for a few minutes.
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

/** What binds an order to one gateway, one lender and a few minutes. */
type LenderOrder = {
  /** Operator address of the gateway that is meant. */
  readonly gateway: Address
  readonly lender: Address
  /** Tells two orders apart that say the same; each is taken once. Below 2^53. */
  readonly nonce: number
  readonly validUntil: UnixSeconds
}

/** Lends a key. The order carries its hash, so that whoever sees the order does not have the key. */
export type LendKeyOrder = LenderOrder & {
  /** Where what it earns goes. */
  readonly payout: Address
  /** sha256 of the key's text. */
  readonly apiKeyHash: Bytes32
  /** JSON of what is lent, on which terms; the very text that is sent. */
  readonly terms: string
}

/** Ends what was lent: the gateway forgets the key. */
export type WithdrawKeyOrder = LenderOrder & { readonly contributorId: string }

/** Lets its bearer see what became of a lender's keys. */
export type LenderQuery = Omit<LenderOrder, 'nonce'>

const lendTypeHash = typeHash(
  'LendKey(address gateway,address lender,address payout,bytes32 apiKeyHash,bytes32 termsHash,' +
    'uint64 nonce,uint64 validUntil)',
)
const withdrawTypeHash = typeHash(
  'WithdrawKey(address gateway,address lender,string contributorId,uint64 nonce,uint64 validUntil)',
)
const queryTypeHash = typeHash('LenderQuery(address gateway,address lender,uint64 validUntil)')

/** `termsHash` is keccak256 of the terms' UTF-8 text: what was signed is what is read. */
export const lendKeyDigest = (domain: DomainSeparator, order: LendKeyOrder): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      lendTypeHash +
        addressWord(order.gateway) +
        addressWord(order.lender) +
        addressWord(order.payout) +
        hashWord(order.apiKeyHash) +
        hashWord(keccak256Utf8(order.terms)) +
        uintWord(order.nonce, 64) +
        uintWord(order.validUntil, 64),
    ),
  )

export const withdrawKeyDigest = (domain: DomainSeparator, order: WithdrawKeyOrder): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      withdrawTypeHash +
        addressWord(order.gateway) +
        addressWord(order.lender) +
        hashWord(keccak256Utf8(order.contributorId)) +
        uintWord(order.nonce, 64) +
        uintWord(order.validUntil, 64),
    ),
  )

export const lenderQueryDigest = (domain: DomainSeparator, query: LenderQuery): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      queryTypeHash +
        addressWord(query.gateway) +
        addressWord(query.lender) +
        uintWord(query.validUntil, 64),
    ),
  )
