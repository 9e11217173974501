import { canonicalJson } from '../base/canonical-json.ts'
import { checkpointsHash } from '../chain/checkpoint-typed-data.ts'
import { encodeReceipt } from '../chain/encode-receipt.ts'
import { type EvidenceItem, evidenceHash } from '../chain/evidence-hash.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ReceiptPosition, SealedReceipt } from '../domain/hold.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import { type Receipt, tier, type Work } from '../domain/receipt.ts'
import { packReceipt, packTerms } from '../domain/receipt-bytes.ts'
import {
  type ReceiptDocument,
  type ReceiptEvidence,
  receiptDocument,
} from '../domain/receipt-document.ts'
import {
  type Address,
  type AtomicAmount,
  address,
  atomic,
  type Bytes32,
  noSignature,
  type Signature,
  type UnixSeconds,
  unixSeconds,
  zeroBytes32,
} from '../domain/units.ts'
import type { UsageSource } from '../domain/usage.ts'
import type { SignTogether } from './sign-together.ts'

/** The gateway as it signs: who, with which key, for which verifier contract. */
export type GatewaySigner = {
  readonly operator: Address
  readonly privateKey: PrivateKey
  readonly domain: DomainSeparator
  readonly chainId: number
  readonly verifyingContract: Address
  /** Seconds from when a receipt is issued until it is anchored, as far as can be promised now; 0 promises nothing. */
  readonly promiseS?: (() => number) | undefined
  /** Signs receipts with the same key, those that are made durable together by one signature; undefined: each alone. */
  readonly signTogether?: SignTogether | undefined
}

/** What is known of a contributor besides this one answer, at the time when the answer ended. */
export type ContributorStanding = {
  /** A window of its answers of this model was audited, passed, and is not too old. */
  readonly isAudited: boolean
  /** The key that signed the Work was bound to a trusted execution environment by a quote on record. */
  readonly isKeyBound: boolean
}

/** Everything about one answer that is known before its place on the channel is. */
export type UnsealedReceipt = {
  readonly receiptId: Bytes32
  readonly work: Work
  /** `noSignature` when the upstream cannot sign. */
  readonly contributorSignature: Signature
  /** Beyond the two signatures, checked. */
  readonly evidence?: ReceiptEvidence | undefined
  /** Undefined where nobody audits, and no key is bound. */
  readonly standing?: ContributorStanding | undefined
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
  readonly sealedAt: UnixSeconds
  readonly answerId: string | undefined
}

/**
 * Places a receipt on its channel. It is signed when its body is asked for first, which a store does as it writes it. No
 * effect of its own: a store may call it again with another position.
 */
export function sealReceipt(
  signer: GatewaySigner,
  unsealed: UnsealedReceipt,
  position: ReceiptPosition,
): SealedReceipt {
  const { receiptId, record, sealedAt, answerId } = unsealed
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
    tiers: tiersOf(unsealed),
    evidenceHash: evidenceHash(evidenceItems(signer.domain, unsealed.evidence ?? {})),
    anchorBy: anchorBy(signer, sealedAt),
  }
  const { digest, words } = encodeReceipt(signer.domain, receipt)
  const sign = signer.signTogether?.(digest) ?? (() => signDigest(digest, signer.privateKey))
  const { contributorSignature, usageSource, prices, evidence } = unsealed
  let json: string | undefined
  const body = () => {
    if (json !== undefined) return json
    const gatewaySignature = sign()
    const signed = {
      receipt,
      contributorSignature,
      gatewaySignature,
      prices,
      evidence,
      usageSource,
    }
    json = JSON.stringify(receiptDocument({ ...signed, domain: signer }))
    return json
  }
  const packed = () => {
    const terms = termsOf(signer, prices)
    const gatewaySignature = sign()
    const signed = { digest, words, terms, usageSource, contributorSignature, gatewaySignature }
    return packReceipt({ ...signed, record })
  }
  return {
    receiptId,
    digest,
    body,
    packed: evidence === undefined ? packed : undefined,
    record,
    sealedAt,
    answerId,
  }
}

/** A price sheet is in every receipt of an offer and never changes. */
const terms = new WeakMap<
  PriceSheet,
  { readonly signer: GatewaySigner; readonly bytes: Uint8Array }
>()

function termsOf(signer: GatewaySigner, prices: PriceSheet): Uint8Array {
  const known = terms.get(prices)
  if (known?.signer === signer) return known.bytes
  const bytes = packTerms(prices, signer)
  terms.set(prices, { signer, bytes })
  return bytes
}

function anchorBy({ promiseS }: GatewaySigner, sealedAt: UnixSeconds): UnixSeconds {
  const promisedS = promiseS?.() ?? 0
  return unixSeconds(promisedS === 0 ? 0 : sealedAt + promisedS)
}

/**
 * The evidence that a receipt claims (domain/tier-claims.ts). Whatever is said of a contributor is said of its Work: without
 * its signature there is none; a proof stands by itself. A proof of what was metered, and a countersignature, come after the
 * receipt, beside it.
 */
export function tiersOf({
  work,
  contributorSignature,
  standing,
  evidence,
}: Pick<UnsealedReceipt, 'work' | 'contributorSignature' | 'standing' | 'evidence'>): number {
  const proven = evidence?.proof === undefined ? 0 : tier.zkInferred
  if (contributorSignature === noSignature) return tier.gatewaySigned | proven
  return (
    tier.gatewaySigned |
    proven |
    tier.contributorSigned |
    (work.commitment === zeroBytes32 ? 0 : tier.tokenCommitment) |
    (standing?.isAudited === true ? tier.audited : 0) |
    (standing?.isKeyBound === true ? tier.teeBoundKey : 0)
  )
}

function evidenceItems(domain: DomainSeparator, evidence: ReceiptEvidence): EvidenceItem[] {
  const { checkpoints, ...others } = evidence
  const items = Object.entries(others).flatMap(([kind, value]) =>
    value === undefined ? [] : [{ kind, hash: hashOf(value) }],
  )
  if (checkpoints === undefined) return items
  const signed = checkpoints.map(({ checkpoint }) => checkpoint)
  return [{ kind: 'checkpoints', hash: checkpointsHash(domain, signed) }, ...items]
}

/** What an upstream says of itself is the same object in thousands of receipts. */
const hashes = new WeakMap<object, Bytes32>()

function hashOf(value: NonNullable<ReceiptEvidence['upstreamReport' | 'proof']>): Bytes32 {
  const known = hashes.get(value)
  if (known !== undefined) return known
  const hash = keccak256Utf8(canonicalJson(value))
  hashes.set(value, hash)
  return hash
}

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
