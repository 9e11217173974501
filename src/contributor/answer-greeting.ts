/*
 * A contributor's part of the first words over a tunnel: it serves nobody but the gateway that it chose, and proves its own key.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { parseSignature, recoverSigner, signDigest } from '../chain/signatures.ts'
import {
  type TunnelGreeting,
  tunnelAcceptanceDigest,
  tunnelOfferDigest,
} from '../chain/tunnel-typed-data.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
  type Signature,
} from '../domain/units.ts'

export type GreetingKeys = {
  readonly domain: DomainSeparator
  readonly gateway: Address
  /** Keys that the chosen gateway signs with. */
  readonly gatewayKeys: readonly Address[]
  readonly contributor: Address
  readonly signingKey: PrivateKey
}

/** Our signature for the gateway that is meant. `nonce` is the one that this connection was dialled with. */
export function answerGreeting(
  keys: GreetingKeys,
  nonce: Bytes32,
  text: string,
): Result<Signature, string> {
  const said = readGreeting(text)
  if (said === undefined) return err('the gateway did not greet')
  const { greeting, signature } = said
  if (greeting.gateway !== keys.gateway || greeting.contributor !== keys.contributor) {
    return err('the greeting is of another gateway, or for another contributor')
  }
  if (greeting.contributorNonce !== nonce) return err('the greeting is of another connection')
  const signer = recoverSigner(tunnelOfferDigest(keys.domain, greeting), signature)
  if (signer === undefined || !keys.gatewayKeys.includes(signer)) {
    return err("the greeting is not signed by the gateway's key")
  }
  return ok(signDigest(tunnelAcceptanceDigest(keys.domain, greeting), keys.signingKey))
}

function readGreeting(
  text: string,
): { readonly greeting: TunnelGreeting; readonly signature: Signature } | undefined {
  let fields: Readonly<Record<string, unknown>>
  try {
    fields = (JSON.parse(text) ?? {}) as typeof fields
  } catch {
    return undefined
  }
  const { gateway, contributor, contributorNonce, gatewayNonce } = fields as Record<string, unknown>
  const signature = parseSignature(String(fields['signature']))
  const isGreeting =
    isAddress(gateway) &&
    isAddress(contributor) &&
    isBytes32(contributorNonce) &&
    isBytes32(gatewayNonce)
  if (!isGreeting || !signature.ok) return undefined
  const greeting = {
    gateway: address(gateway),
    contributor: address(contributor),
    contributorNonce: bytes32(contributorNonce),
    gatewayNonce: bytes32(gatewayNonce),
  }
  return { greeting, signature: signature.value }
}
