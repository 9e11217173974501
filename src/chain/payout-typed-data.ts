import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  domainSeparator,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

/** Where a contributor wants to be paid, and by what terms at least. EIP-712 order, as the ContributorRegistry reads it. */
export type PayoutRegistration = {
  readonly contributor: Address
  readonly payoutChainId: number
  readonly payoutToken: Address
  readonly payoutReceiver: Address
  readonly minWithdrawDelay: number
  readonly validUntil: UnixSeconds
  readonly nonce: number
}

/** A contributor's question for its newest voucher. It shows who asks; the answer is worth nothing to anybody else. */
export type VoucherQuery = {
  readonly contributor: Address
  /** Operator of the gateway that is asked: no other can pass the question on. */
  readonly gateway: Address
  /** A few minutes ahead: no standing permit. */
  readonly validUntil: UnixSeconds
}

const registrationTypeHash = typeHash(
  'PayoutRegistration(address contributor,uint256 payoutChainId,address payoutToken,' +
    'address payoutReceiver,uint40 minWithdrawDelay,uint64 validUntil,uint64 nonce)',
)
const voucherQueryTypeHash = typeHash(
  'VoucherQuery(address contributor,address gateway,uint64 validUntil)',
)

/** What contributors agree to. `verifyingContract` is the ContributorRegistry. */
export const contributorDomain = (place: {
  readonly chainId: number
  readonly verifyingContract: Address
}): DomainSeparator => domainSeparator({ name: 'Vouch', version: '1', ...place })

/** What a contributor's operator account signs so that anyone may register its payout. */
export const payoutRegistrationDigest = (
  domain: DomainSeparator,
  registration: PayoutRegistration,
): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      registrationTypeHash +
        addressWord(registration.contributor) +
        uintWord(registration.payoutChainId, 256) +
        addressWord(registration.payoutToken) +
        addressWord(registration.payoutReceiver) +
        uintWord(registration.minWithdrawDelay, 40) +
        uintWord(registration.validUntil, 64) +
        uintWord(registration.nonce, 64),
    ),
  )

/** What one of a contributor's signing keys signs. */
export const voucherQueryDigest = (domain: DomainSeparator, query: VoucherQuery): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      voucherQueryTypeHash +
        addressWord(query.contributor) +
        addressWord(query.gateway) +
        uintWord(query.validUntil, 64),
    ),
  )
