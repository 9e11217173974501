/*
 * A contributor signs once more, for a proof, what it signed one by one: consecutive receipts of one channel whose Works are its
 * own. It is asked for by whoever paid, who has the receipts; nothing is signed of what the contributor cannot tell to be so.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { receiptDigest, receiptDomain, workDigest } from '../chain/receipt-typed-data.ts'
import { addressOfPrivateKey, recoverSigner } from '../chain/signatures.ts'
import { conclude } from '../client/check-line.ts'
import { anyReceipt } from '../client/check-policy.ts'
import type { ParsedReceipt, ReceiptPlace } from '../client/parse-receipt-document.ts'
import { type ChainLink, takeLink } from '../client/receipt-chain.ts'
import { noTrustAnchors, type TrustAnchors } from '../client/trust-anchors.ts'
import { verifyReceipt } from '../client/verify-receipt.ts'
import { tier } from '../domain/receipt.ts'
import { type Address, type Bytes32, bytes32, unixSeconds } from '../domain/units.ts'
import { type BatchStatement, batchReceiptsMax } from '../proofs/batch-statement.ts'
import {
  type BatchEntry,
  type BatchFault,
  batchMessage,
  batchSums,
  findBatchFault,
  type SignedBatch,
} from '../proofs/signed-batch.ts'
import { openUsageSigner } from './usage-key.ts'

/** Who signs, and whom it worked for. */
export type BatchSigner = {
  readonly contributor: Address
  /** Signs the batch, and endorses the key that it is signed with. */
  readonly signingKey: PrivateKey
  /** Other keys of the contributor, whose Works are its own, too: such as one that was rotated away. */
  readonly formerKeys: readonly Address[]
  readonly place: ReceiptPlace
  readonly gateway: Address
  readonly gatewayKeys: readonly Address[]
}

/** Why nothing is signed; `seq` is the receipt's number on its channel. */
export type BatchRefusal =
  | { readonly reason: 'wrong_count'; readonly count: number }
  /** Not a Work of this contributor, or not by a key of its own. */
  | { readonly reason: 'foreign_work'; readonly seq: number }
  | { readonly reason: 'receipt_fails'; readonly seq: number; readonly detail: string }
  | { readonly reason: 'other_channel'; readonly seq: number }
  | { readonly reason: 'other_price_sheet'; readonly seq: number }
  /** The same Work, or the same receipt, stands twice. */
  | { readonly reason: 'duplicate'; readonly seq: number }
  | { readonly reason: 'not_consecutive'; readonly seq: number }
  /** It contradicts its neighbour: sum, digest or number of the gateway. */
  | { readonly reason: 'chain_broken'; readonly seq: number; readonly detail: string }
  /** Numbers or prices beyond what the circuit has room for. */
  | { readonly reason: 'unprovable'; readonly fault: BatchFault }

/** Takes the receipts in any order. */
export function signBatch(
  signer: BatchSigner,
  receipts: readonly ParsedReceipt[],
  nowMs: number,
): Result<SignedBatch, BatchRefusal> {
  const inOrder = receipts.toSorted((a, b) => a.receipt.channelSeq - b.receipt.channelSeq)
  const [first] = inOrder
  if (first === undefined || inOrder.length > batchReceiptsMax) {
    return err({ reason: 'wrong_count', count: inOrder.length })
  }
  const refusal =
    firstOf(inOrder, (one) => refusalOf(signer, one, nowMs)) ??
    firstOf(inOrder, (one) => differenceFrom(first, one)) ??
    findRepeatedWork(inOrder) ??
    findBreak(inOrder)
  if (refusal !== undefined) return err(refusal)
  const usage = openUsageSigner(signer.signingKey)
  const statement = statementOf(inOrder, usage.usageKey)
  const entries = inOrder.map(entryOf)
  const fault = findBatchFault(statement, entries)
  if (fault !== undefined) return err({ reason: 'unprovable', fault })
  return ok({
    object: 'vouch.signed-batch',
    statement,
    entries,
    key: usage.key,
    signature: usage.sign(batchMessage(statement, entries)),
    endorsement: usage.endorse(receiptDomain(signer.place), signer.contributor),
  })
}

const firstOf = (
  receipts: readonly ParsedReceipt[],
  refuse: (receipt: ParsedReceipt) => BatchRefusal | undefined,
): BatchRefusal | undefined => {
  for (const receipt of receipts) {
    const refusal = refuse(receipt)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** What a receipt says by itself: a Work of ours, by a key of ours, in a receipt of our gateway that holds. */
function refusalOf(
  signer: BatchSigner,
  parsed: ParsedReceipt,
  nowMs: number,
): BatchRefusal | undefined {
  const { receipt, contributorSignature, domain } = parsed
  const seq = receipt.channelSeq
  const ownKeys = ownKeysOf(signer)
  const claimsOurs = (receipt.tiers & tier.contributorSigned) !== 0
  const signedBy = recoverSigner(
    workDigest(receiptDomain(domain), receipt.work),
    contributorSignature,
  )
  const isOurs =
    claimsOurs &&
    receipt.work.contributor === signer.contributor &&
    signedBy !== undefined &&
    ownKeys.includes(signedBy)
  if (!isOurs) return { reason: 'foreign_work', seq }
  const evidence = { content: [], request: undefined, response: undefined }
  const lines = verifyReceipt({
    receipt: parsed,
    evidence,
    anchors: anchorsOf(signer),
    policy: { ...anyReceipt, gateway: signer.gateway },
    nowMs,
  })
  if (conclude(lines) === 'holds') return undefined
  const line = lines.find(({ verdict }) => verdict === 'fails')
  return { reason: 'receipt_fails', seq, detail: `${line?.check}: ${line?.detail}` }
}

const ownKeysOf = ({ signingKey, formerKeys }: BatchSigner): readonly Address[] => [
  addressOfPrivateKey(signingKey),
  ...formerKeys,
]

const anchorsOf = (signer: BatchSigner): TrustAnchors => ({
  ...noTrustAnchors,
  receiptVerifier: signer.place,
  gatewayKeys: signer.gatewayKeys.map((key) => ({ operator: signer.gateway, key })),
  contributorKeys: ownKeysOf(signer).map((key) => ({ operator: signer.contributor, key })),
})

function differenceFrom(
  { receipt: first }: ParsedReceipt,
  { receipt }: ParsedReceipt,
): BatchRefusal | undefined {
  const seq = receipt.channelSeq
  if (receipt.channelId !== first.channelId) return { reason: 'other_channel', seq }
  return receipt.priceHash === first.priceHash ? undefined : { reason: 'other_price_sheet', seq }
}

function findRepeatedWork(receipts: readonly ParsedReceipt[]): BatchRefusal | undefined {
  const jobs = new Set<Bytes32>()
  return firstOf(receipts, ({ receipt }) => {
    const { work, channelSeq: seq } = receipt
    if (jobs.has(work.jobId)) return { reason: 'duplicate', seq }
    jobs.add(work.jobId)
    return undefined
  })
}

/** Of receipts in the order of their numbers. */
function findBreak(receipts: readonly ParsedReceipt[]): BatchRefusal | undefined {
  let links: readonly ChainLink[] = []
  return firstOf(receipts, (parsed) => {
    const { receipt } = parsed
    const seq = receipt.channelSeq
    const before = links.at(-1)
    if (before !== undefined && seq > before.channelSeq + 1) {
      return { reason: 'not_consecutive', seq }
    }
    const linked = takeLink(links, { ...receipt, digest: digestOf(parsed) })
    if (!linked.ok) return { reason: 'chain_broken', seq, detail: linked.error }
    links = linked.value
    return undefined
  })
}

const digestOf = ({ receipt, domain }: ParsedReceipt): Bytes32 =>
  receiptDigest(receiptDomain(domain), receipt)

function entryOf(parsed: ParsedReceipt): BatchEntry {
  const { work, cost } = parsed.receipt
  return {
    receiptDigest: digestOf(parsed),
    promptTokens: work.promptTokens,
    cachedPromptTokens: work.cachedPromptTokens,
    completionTokens: work.completionTokens,
    cost,
  }
}

/** Of receipts that were checked, at least one. */
function statementOf(receipts: readonly ParsedReceipt[], usageKey: Bytes32): BatchStatement {
  const [first, last] = [receipts[0], receipts.at(-1)]
  assert(first !== undefined && last !== undefined, 'a batch has a receipt')
  const { receipt, domain, priceSheet } = first
  const finishedAt = receipts.map(({ receipt: one }) => one.work.finishedAt)
  return {
    domainSeparator: bytes32(`0x${receiptDomain(domain).slice(4)}`),
    channelId: receipt.channelId,
    gateway: receipt.work.gateway,
    contributor: receipt.work.contributor,
    priceSheet,
    firstSeq: receipt.channelSeq,
    ...batchSums({ priceSheet }, receipts.map(entryOf)),
    previousDigest: receipt.prevReceipt,
    lastDigest: digestOf(last),
    firstFinishedAt: unixSeconds(Math.min(...finishedAt)),
    lastFinishedAt: unixSeconds(Math.max(...finishedAt)),
    usageKey,
  }
}
