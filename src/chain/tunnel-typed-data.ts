import type { Address, Bytes32 } from '../domain/units.ts'
import { keccak256Hex } from './keccak.ts'
import {
  addressWord,
  type DomainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
} from './typed-data.ts'

/**
 * Who talks to whom over one connection. Each side brings a number that it never used before, so that neither can be shown
 * what was said on another one; the domain (`contributorDomain`) binds chain and registry.
 */
export type TunnelGreeting = {
  readonly gateway: Address
  readonly contributor: Address
  readonly contributorNonce: Bytes32
  readonly gatewayNonce: Bytes32
}

const members =
  '(address gateway,address contributor,bytes32 contributorNonce,bytes32 gatewayNonce)'
const offerTypeHash = typeHash(`TunnelOffer${members}`)
const acceptanceTypeHash = typeHash(`TunnelAcceptance${members}`)

/** What the gateway signs: I am the one that you dialled. */
export const tunnelOfferDigest = (domain: DomainSeparator, greeting: TunnelGreeting): Bytes32 =>
  typedDataDigest(domain, structHash(offerTypeHash, greeting))

/** What the contributor signs: I am the one that you know. Another type, so that the offer cannot be sent back for it. */
export const tunnelAcceptanceDigest = (
  domain: DomainSeparator,
  greeting: TunnelGreeting,
): Bytes32 => typedDataDigest(domain, structHash(acceptanceTypeHash, greeting))

const structHash = (type: string, greeting: TunnelGreeting): Bytes32 =>
  keccak256Hex(
    type +
      addressWord(greeting.gateway) +
      addressWord(greeting.contributor) +
      hashWord(greeting.contributorNonce) +
      hashWord(greeting.gatewayNonce),
  )
