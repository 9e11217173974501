/*
 * What the lender of a key signs and sends, as bodies and headers for the lending routes (docs/lent-keys.md). Pure: keys and
 * the time come in.
 */
import { sha256Hex } from '../base/sha256.ts'
import { agreementDomain } from '../chain/fx-typed-data.ts'
import { lenderQueryDigest, lendKeyDigest, withdrawKeyDigest } from '../chain/lending-typed-data.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../chain/signatures.ts'
import { type Address, bytes32 } from '../domain/units.ts'
import { soonS, vouchHeader } from './signed-order.ts'

/** The gateway that is meant, as `GET /v1/contributors/terms` names it. */
export type LendingPlace = {
  readonly gateway: Address
  readonly chainId: number
  readonly registry: Address
}

type JsonObject = Readonly<Record<string, unknown>>

const domainOf = ({ chainId, registry }: LendingPlace) =>
  agreementDomain({ chainId, verifyingContract: registry })

/** Body of `POST /v1/contributors/keys`. `nonce` tells orders apart: rising with the time it needs no counter. */
export function lendKeyBody(
  place: LendingPlace,
  lent: { readonly terms: string; readonly apiKey: string; readonly payout: Address },
  sender: { readonly walletKey: PrivateKey; readonly nowMs: number },
): JsonObject {
  const { terms, apiKey, payout } = lent
  const order = {
    terms,
    payout,
    lender: addressOfPrivateKey(sender.walletKey),
    nonce: Math.floor(sender.nowMs),
    validUntil: soonS(sender.nowMs),
  }
  const apiKeyHash = bytes32(`0x${sha256Hex(apiKey)}`)
  const signed = { ...order, gateway: place.gateway, apiKeyHash }
  const digest = lendKeyDigest(domainOf(place), signed)
  return { ...order, apiKey, signature: signDigest(digest, sender.walletKey) }
}

/** `Authorization` of `GET /v1/contributors/keys`. */
export function lenderAuthorization(
  place: LendingPlace,
  sender: { readonly walletKey: PrivateKey; readonly nowMs: number },
): string {
  const query = { lender: addressOfPrivateKey(sender.walletKey), validUntil: soonS(sender.nowMs) }
  const digest = lenderQueryDigest(domainOf(place), { ...query, gateway: place.gateway })
  return vouchHeader({ ...query, signature: signDigest(digest, sender.walletKey) })
}

/** `Authorization` of `DELETE /v1/contributors/keys/{id}`. */
export function withdrawAuthorization(
  place: LendingPlace,
  contributorId: string,
  sender: { readonly walletKey: PrivateKey; readonly nowMs: number },
): string {
  const order = {
    lender: addressOfPrivateKey(sender.walletKey),
    nonce: Math.floor(sender.nowMs),
    validUntil: soonS(sender.nowMs),
  }
  const signed = { ...order, gateway: place.gateway, contributorId }
  const digest = withdrawKeyDigest(domainOf(place), signed)
  return vouchHeader({ ...order, signature: signDigest(digest, sender.walletKey) })
}
