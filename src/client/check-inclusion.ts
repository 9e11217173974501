/*
 * Whether a receipt is in the transparency log where it must be. Offline: that the gateway signed a head over a tree with
 * this receipt in it, at the place that its number gives it. On chain: since when the root is there. Who the signer is, is
 * answered, not judged: whether that key is the gateway's is asked of the registry or of the trust file, as for a receipt.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { leafOfDigest, logHeadDigest } from '../chain/log-head-typed-data.ts'
import { readReceiptAnchorOf, readRootAnchoredAt } from '../chain/receipt-anchor.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { receiptVerifierAt } from '../chain/receipt-verifier.ts'
import { rootFrom } from '../chain/sorted-merkle-tree.ts'
import type { InclusionProofDocument, LogHeadDocument } from '../domain/log-documents.ts'
import { lastSeqOf } from '../domain/log-head.ts'
import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { readSigner, type Signer } from './recover-signers.ts'

/** A tree of the largest batch has twelve levels; what is deeper is no batch of a log. */
const siblingsMax = 12

export type ShownInclusion = {
  readonly batch: number
  readonly root: Bytes32
  readonly closedAt: UnixSeconds
  /** Who signed the head. */
  readonly signer: Signer
}

/** The error is one sentence for a person. */
export function checkInclusion(
  { receipt, domain }: Pick<ParsedReceipt, 'receipt' | 'domain'>,
  proof: InclusionProofDocument,
): Result<ShownInclusion, string> {
  const { head } = proof.log
  if (receiptDigest(receiptDomain(domain), receipt) !== proof.digest) {
    return err('the proof is of another receipt')
  }
  if (!isSameDomain(domain, proof.log.domain)) return err('the head is signed in another domain')
  if (head.gateway !== receipt.work.gateway) return err("the head is another gateway's")
  if (proof.gatewaySeq !== receipt.gatewaySeq) {
    return err(`the proof is for gatewaySeq ${proof.gatewaySeq}, not ${receipt.gatewaySeq}`)
  }
  if (receipt.gatewaySeq < head.firstSeq || receipt.gatewaySeq > lastSeqOf(head)) {
    return err(
      `gatewaySeq ${receipt.gatewaySeq} is not in batch ${head.batch}, which has ` +
        `${head.firstSeq} to ${lastSeqOf(head)}`,
    )
  }
  if (proof.siblings.length > siblingsMax) return err('the path is longer than any batch has')
  if (rootFrom(leafOfDigest(proof.digest), proof.siblings) !== head.root) {
    return err(`the path does not lead to the root of batch ${head.batch}`)
  }
  const signer = signerOfHead(proof.log)
  if (signer.kind === 'invalid') return err(`the head's signature: ${signer.fault}`)
  if (signer.kind === 'absent') return err('the head is not signed')
  return ok({ batch: head.batch, root: head.root, closedAt: head.closedAt, signer })
}

/** Whether a head speaks of the receipts of this one's gateway, under the same contracts. */
export const isOfGateway = (
  { receipt, domain }: Pick<ParsedReceipt, 'receipt' | 'domain'>,
  log: LogHeadDocument,
): boolean => isSameDomain(domain, log.domain) && log.head.gateway === receipt.work.gateway

/** Whose signature a head has, in the domain that it names. */
export const signerOfHead = ({ head, signature, domain }: LogHeadDocument): Signer =>
  readSigner(logHeadDigest(receiptDomain(domain), head), signature)

/** When the root came to the chain, by the contract that the receipt's verifier names; undefined: never. */
export async function readAnchoring(
  rpc: JsonRpc,
  verifier: Address,
  root: Bytes32,
): Promise<Result<UnixSeconds | undefined, ChainFailure>> {
  const receiptAnchor = await readReceiptAnchorOf(rpc, receiptVerifierAt(verifier))
  return receiptAnchor.ok ? readRootAnchoredAt(rpc, receiptAnchor.value, root) : receiptAnchor
}

type Domain = ParsedReceipt['domain']

const isSameDomain = (a: Domain, b: Domain): boolean =>
  a.name === b.name &&
  a.version === b.version &&
  a.chainId === b.chainId &&
  a.verifyingContract === b.verifyingContract
