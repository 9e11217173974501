/*
 * What the owner of a channel signs and sends, as bodies for the billing routes (docs/api-billing.md). Pure: keys, random
 * bytes and the time come in.
 */
import { toHex } from '../base/hex.ts'
import {
  apiKeyGrantDigest,
  apiKeyRevokeDigest,
  billingQueryDigest,
  refundOrderDigest,
  sortedScope,
} from '../chain/billing-typed-data.ts'
import { channelDomain, voucherDigest } from '../chain/channel-typed-data.ts'
import { depositDigest } from '../chain/deposit-authorization.ts'
import { agreementDomain } from '../chain/fx-typed-data.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { signDigest } from '../chain/signatures.ts'
import { type DomainSeparator, domainSeparator } from '../chain/typed-data.ts'
import type { KeyOrder } from '../domain/api-key.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import {
  type Address,
  type AtomicAmount,
  type Bytes32,
  bytes32,
  noSignature,
  type UnixSeconds,
  unixSeconds,
} from '../domain/units.ts'
import { soonS, vouchHeader } from './signed-order.ts'

/** Where a channel is: all that binds a signature to it. */
export type ChannelPlace = {
  readonly channelId: Bytes32
  readonly config: ChannelConfig
  readonly chainId: number
  readonly settlement: Address
  readonly collector: Address
  readonly asset: {
    readonly address: Address
    readonly decimals: number
    readonly name: string
    readonly version: string
  }
  /** Domain of orders to the gateway: its registry. */
  readonly registry: { readonly chainId: number; readonly verifyingContract: Address }
}

type JsonObject = Readonly<Record<string, unknown>>

export function voucherBody(
  place: ChannelPlace,
  maxClaimableAmount: AtomicAmount,
  sessionKey: PrivateKey,
): JsonObject {
  const { chainId, settlement, channelId, config } = place
  const domain = channelDomain({ chainId, verifyingContract: settlement })
  return {
    channelConfig: config,
    maxClaimableAmount: String(maxClaimableAmount),
    signature: signDigest(voucherDigest(domain, { channelId, maxClaimableAmount }), sessionKey),
  }
}

/** An ERC-3009 authorization for the collector, bound to this channel by its nonce; only the payer's own key can sign it. */
export function depositBody(
  place: ChannelPlace,
  deposit: {
    readonly amount: AtomicAmount
    readonly validBefore: UnixSeconds
    /** 32 random bytes: another one for each deposit. */
    readonly salt: Uint8Array
  },
  payerKey: PrivateKey,
): JsonObject {
  const { asset, chainId, channelId, config, collector } = place
  const { name, version, address: verifyingContract } = asset
  const { amount, validBefore } = deposit
  const salt = bytes32(toHex(deposit.salt))
  const validAfter = unixSeconds(0)
  const authorization = {
    kind: 'eip3009',
    validAfter,
    validBefore,
    salt,
    signature: noSignature,
  } as const
  const digest = depositDigest(domainSeparator({ name, version, chainId, verifyingContract }), {
    channelId,
    payer: config.payer,
    collector,
    amount,
    authorization,
  })
  return {
    channelConfig: config,
    amount: String(amount),
    validAfter,
    validBefore,
    salt,
    signature: signDigest(digest, payerKey),
  }
}

export type KeyLimits = {
  /** Atomic units; zero for no cap. */
  readonly spendCap: AtomicAmount
  /** Zero for no end. */
  readonly expiresAt: UnixSeconds
  readonly models: readonly string[] | undefined
  readonly label: string
}

export function grantBody(
  place: Pick<ChannelPlace, 'registry'>,
  order: KeyOrder & KeyLimits,
  ownerKey: PrivateKey,
): JsonObject {
  const { channelId, keyHash, nonce, spendCap, expiresAt, label } = order
  const models = order.models && sortedScope(order.models)
  const digest = apiKeyGrantDigest(orderDomain(place), { ...order, modelScope: models })
  return {
    channelId,
    keyHash: `0x${keyHash}`,
    spendCap: String(spendCap),
    expiresAt,
    ...(models === undefined ? {} : { models }),
    nonce,
    label,
    signature: signDigest(digest, ownerKey),
  }
}

export function revokeBody(
  place: Pick<ChannelPlace, 'registry'>,
  order: KeyOrder,
  ownerKey: PrivateKey,
): JsonObject {
  const signature = signDigest(apiKeyRevokeDigest(orderDomain(place), order), ownerKey)
  const { channelId, keyHash, nonce } = order
  return { channelId, keyHash: `0x${keyHash}`, nonce, signature }
}

export function refundBody(
  place: Pick<ChannelPlace, 'registry' | 'channelId'>,
  nowMs: number,
  ownerKey: PrivateKey,
): JsonObject {
  const order = { channelId: place.channelId, validUntil: soonS(nowMs) }
  return { ...order, signature: signDigest(refundOrderDigest(orderDomain(place), order), ownerKey) }
}

/** The header by which an owner reads the books of its channel without an API key. */
export function ownerAuthorization(
  place: Pick<ChannelPlace, 'registry' | 'channelId'>,
  nowMs: number,
  ownerKey: PrivateKey,
): string {
  const query = { channelId: place.channelId, validUntil: soonS(nowMs) }
  const signature = signDigest(billingQueryDigest(orderDomain(place), query), ownerKey)
  return vouchHeader({ ...query, signature })
}

const orderDomain = ({ registry }: Pick<ChannelPlace, 'registry'>): DomainSeparator =>
  agreementDomain(registry)
