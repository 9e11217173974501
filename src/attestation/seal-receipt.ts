import { checkpointsHash } from '../chain/checkpoint-typed-data.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { SignedCheckpoint } from '../domain/checkpoint.ts'
import type { ReceiptPosition, SealedReceipt } from '../domain/hold.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import { type Receipt, tier, type Work } from '../domain/receipt.ts'
import type { ReceiptDocument } from '../domain/receipt-document.ts'
import {
  type Address,
  type AtomicAmount,
  address,
  atomic,
  type Bytes32,
  noSignature,
  type Signature,
  unixSeconds,
  zeroBytes32,
} from '../domain/units.ts'
import type { UsageSource } from '../domain/usage.ts'

/** The gateway as it signs: who, with which key, for which verifier contract. */
export type GatewaySigner = {
  readonly operator: Address
  readonly privateKey: PrivateKey
  readonly domain: DomainSeparator
  readonly chainId: number
  readonly verifyingContract: Address
}

/** Everything about one answer that is known before its place on the channel is. */
export type UnsealedReceipt = {
  readonly receiptId: Bytes32
  readonly work: Work
  /** `noSignature` when the upstream cannot sign. */
  readonly contributorSignature: Signature
  /** What the contributor signed of a stream without a Work, checked. */
  readonly checkpoints?: readonly SignedCheckpoint[] | undefined
  readonly client: Address
  readonly requestHash: Bytes32
  readonly responseHash: Bytes32
  readonly channelId: Bytes32
  readonly cost: AtomicAmount
  readonly prices: PriceSheet
  readonly priceHash: Bytes32
  readonly usageSource: UsageSource
  /** Kept beside the receipt, and no part of it. */
  readonly record: string
}

/** Places a receipt on its channel and signs it. No effect of its own: a store may call it again with another position. */
export function sealReceipt(
  signer: GatewaySigner,
  unsealed: UnsealedReceipt,
  position: ReceiptPosition,
): SealedReceipt {
  const { contributorSignature, receiptId, record, checkpoints = [] } = unsealed
  const contributorSigned = contributorSignature !== noSignature
  const receipt: Receipt = {
    work: unsealed.work,
    receiptId,
    gatewaySeq: position.gatewaySeq,
    client: unsealed.client,
    requestHash: unsealed.requestHash,
    responseHash: unsealed.responseHash,
    channelId: unsealed.channelId,
    channelSeq: position.channelSeq,
    cost: unsealed.cost,
    cumulative: position.cumulative,
    priceHash: unsealed.priceHash,
    prevReceipt: position.prevReceipt,
    tiers: tier.gatewaySigned | (contributorSigned ? tier.contributorSigned : 0),
    evidenceHash: evidenceHashOf(signer.domain, checkpoints),
    // No transparency log runs yet, so no inclusion is promised.
    anchorBy: unixSeconds(0),
  }
  const digest = receiptDigest(signer.domain, receipt)
  const gatewaySignature = signDigest(digest, signer.privateKey)
  const body = JSON.stringify(document(signer, unsealed, receipt, gatewaySignature))
  return { receiptId, digest, body, record }
}

const evidenceHashOf = (
  domain: DomainSeparator,
  checkpoints: readonly SignedCheckpoint[],
): Bytes32 =>
  checkpoints.length === 0
    ? zeroBytes32
    : checkpointsHash(
        domain,
        checkpoints.map(({ checkpoint }) => checkpoint),
      )

/** What the gateway signed: the EIP-712 digest of a receipt that was sealed. */
export function digestOfDocument({ receipt, domain }: ReceiptDocument): Bytes32 {
  const amount = (text: string) => atomic(BigInt(text))
  const { chainId, verifyingContract } = domain
  return receiptDigest(receiptDomain({ chainId, verifyingContract: address(verifyingContract) }), {
    ...receipt,
    cost: amount(receipt.cost),
    cumulative: amount(receipt.cumulative),
  })
}

function document(
  signer: GatewaySigner,
  unsealed: UnsealedReceipt,
  receipt: Receipt,
  gatewaySignature: Signature,
): ReceiptDocument {
  const { prices, checkpoints = [] } = unsealed
  return {
    object: 'vouch.receipt',
    receipt: { ...receipt, cost: String(receipt.cost), cumulative: String(receipt.cumulative) },
    contributorSignature: unsealed.contributorSignature,
    gatewaySignature,
    domain: {
      name: 'Vouch Receipts',
      version: '1',
      chainId: signer.chainId,
      verifyingContract: signer.verifyingContract,
    },
    priceSheet: {
      ...prices,
      promptAtomicPerMtok: String(prices.promptAtomicPerMtok),
      cachedPromptAtomicPerMtok: String(prices.cachedPromptAtomicPerMtok),
      completionAtomicPerMtok: String(prices.completionAtomicPerMtok),
    },
    ...(checkpoints.length > 0 && { evidence: { checkpoints } }),
    usage: { source: unsealed.usageSource },
  }
}
