import type { ChannelConfig } from '../domain/channel.ts'
import type { Address, AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  domainSeparator,
  hashWord,
  type TypeHash,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

/** One row of a ClaimBatch: how much of a voucher is claimed, all amounts cumulative. */
export type ClaimEntry = {
  readonly channelId: Bytes32
  readonly maxClaimableAmount: AtomicAmount
  readonly totalClaimed: AtomicAmount
}

/** What an ERC-3009 authorization says, whichever of its two types it is. */
export type TokenAuthorization = {
  readonly from: Address
  readonly to: Address
  readonly value: AtomicAmount
  /** Exclusive. */
  readonly validAfter: UnixSeconds
  /** Exclusive. */
  readonly validBefore: UnixSeconds
  readonly nonce: Bytes32
}

type Place = { readonly chainId: number; readonly verifyingContract: Address }

const channelConfigTypeHash = typeHash(
  'ChannelConfig(address payer,address payerAuthorizer,address receiver,' +
    'address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)',
)
const voucherTypeHash = typeHash('Voucher(bytes32 channelId,uint128 maxClaimableAmount)')
const claimEntryType =
  'ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)'
const claimEntryTypeHash = typeHash(claimEntryType)
const claimBatchTypeHash = typeHash(`ClaimBatch(ClaimEntry[] claims)${claimEntryType}`)
const receiveWithAuthorizationTypeHash = typeHash(
  'ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,' +
    'uint256 validBefore,bytes32 nonce)',
)

/** x402 batch-settlement's domain. `verifyingContract` holds the channels. */
export const channelDomain = (place: Place): DomainSeparator =>
  domainSeparator({ name: 'x402 Batch Settlement', version: '1', ...place })

/** The channel's id is its config's digest: it binds the terms to one chain and one contract. */
export const channelIdOf = (domain: DomainSeparator, config: ChannelConfig): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      channelConfigTypeHash +
        addressWord(config.payer) +
        addressWord(config.payerAuthorizer) +
        addressWord(config.receiver) +
        addressWord(config.receiverAuthorizer) +
        addressWord(config.token) +
        uintWord(config.withdrawDelay, 40) +
        hashWord(config.salt),
    ),
  )

/** What the payer's session key signs. */
export const voucherDigest = (
  domain: DomainSeparator,
  voucher: { readonly channelId: Bytes32; readonly maxClaimableAmount: AtomicAmount },
): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      voucherTypeHash + hashWord(voucher.channelId) + uintWord(voucher.maxClaimableAmount, 128),
    ),
  )

/** What the `receiverAuthorizer` signs so that anyone may send the claim. */
export const claimBatchDigest = (
  domain: DomainSeparator,
  entries: readonly ClaimEntry[],
): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      claimBatchTypeHash +
        hashWord(keccak256Hex(entries.map((entry) => hashWord(hashClaimEntry(entry))).join(''))),
    ),
  )

/** What a wallet signs so that a collector may take a deposit. `domain` is the token's own. */
export const receiveWithAuthorizationDigest = (
  domain: DomainSeparator,
  authorization: TokenAuthorization,
): Bytes32 => authorizationDigest(receiveWithAuthorizationTypeHash, domain, authorization)

/** The type says whether anyone may send it, or `to` alone. */
export const authorizationDigest = (
  authorizationTypeHash: TypeHash,
  domain: DomainSeparator,
  authorization: TokenAuthorization,
): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      authorizationTypeHash +
        addressWord(authorization.from) +
        addressWord(authorization.to) +
        uintWord(authorization.value, 256) +
        uintWord(authorization.validAfter, 256) +
        uintWord(authorization.validBefore, 256) +
        hashWord(authorization.nonce),
    ),
  )

/** The nonce that Eip3009Collector demands: it ties the authorization to one channel, `salt` to one deposit of it. */
export const depositNonce = (deposit: {
  readonly channelId: Bytes32
  readonly salt: Bytes32
}): Bytes32 => keccak256Hex(hashWord(deposit.channelId) + hashWord(deposit.salt))

/** The struct hash of one row: what the digest of its batch is made of. */
export const hashClaimEntry = (entry: ClaimEntry): Bytes32 =>
  keccak256Hex(
    claimEntryTypeHash +
      hashWord(entry.channelId) +
      uintWord(entry.maxClaimableAmount, 128) +
      uintWord(entry.totalClaimed, 128),
  )
