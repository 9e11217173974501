/*
 * What of an anchored batch the gateway must open, computed from the chain and the log without believing the gateway: the
 * root that its account anchored, the block that has the event, the randomness of a later one, and entries that hash to that root.
 */
import { err, ok, type Result } from '../base/result.ts'
import { readBlockRandomness } from '../chain/block-randomness.ts'
import { readHead } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { leafOfDigest } from '../chain/log-head-typed-data.ts'
import { readAnchoredBatches, readReceiptAnchorOf } from '../chain/receipt-anchor.ts'
import { receiptVerifierAt } from '../chain/receipt-verifier.ts'
import { sampleIndices } from '../chain/sample-indices.ts'
import { merkleTree, rootOf } from '../chain/sorted-merkle-tree.ts'
import { signerOfHead } from '../client/check-inclusion.ts'
import { auditDelayBlocks } from '../domain/audit.ts'
import type { LogHeadDocument } from '../domain/log-documents.ts'
import { entriesHashOf, parseLogEntries } from '../domain/log-entries.ts'
import type { Address, Bytes32 } from '../domain/units.ts'

export type BatchToDraw = {
  readonly head: LogHeadDocument
  /** The lines of the batch, as they were served. */
  readonly entries: string
}

export type DrawTerms = {
  readonly rpc: JsonRpc
  readonly gateway: Address
  /** The ReceiptVerifier that the auditor trusts: it names the ReceiptAnchor. */
  readonly verifier: Address
  /**
   * The account that anchors this log, from the first batch on: the contract takes each batch of an account once. Of several
   * accounts a gateway could take the one whose block chooses best.
   */
  readonly sender: Address
  /** Blocks on top of the one that chooses, before it is believed to stay. */
  readonly confirmations: number
  readonly ratePpm: number
}

export type DrawnReceipt = {
  readonly index: number
  readonly gatewaySeq: number
  readonly digest: Bytes32
}

/** `later`: nothing is wrong, but the chain is not that far. `false`: the gateway says what is not so. */
export type DrawFault = { readonly kind: 'later' | 'false' | 'chain'; readonly detail: string }

export async function drawnReceipts(
  terms: DrawTerms,
  batch: BatchToDraw,
): Promise<Result<readonly DrawnReceipt[], DrawFault>> {
  const { head } = batch.head
  const digests = digestsOf(terms, batch)
  if (!digests.ok) return digests
  const block = await anchoringBlock(terms, batch.head)
  if (!block.ok) return block
  const randomness = await randomnessAfter(terms, block.value)
  if (!randomness.ok) return randomness
  const { root, count, firstSeq } = head
  const { ratePpm } = terms
  const indices = sampleIndices({ root, count, randomness: randomness.value, ratePpm })
  return ok(
    indices.flatMap((index) => {
      const digest = digests.value[index]
      return digest === undefined ? [] : { index, gatewaySeq: firstSeq + index, digest }
    }),
  )
}

const isFalse = (detail: string) => err({ kind: 'false', detail } as const)
const chainFault = (failure: ChainFailure) =>
  err({ kind: 'chain', detail: describeChainFailure(failure) } as const)

/** The digests of the batch, if the signed head is over them. */
function digestsOf(
  { gateway, verifier }: DrawTerms,
  { head: document, entries }: BatchToDraw,
): Result<readonly Bytes32[], DrawFault> {
  const { head, domain } = document
  if (head.gateway !== gateway) return isFalse("the batch's head is another gateway's")
  if (domain.verifyingContract !== verifier)
    return isFalse('the head is signed for another verifier')
  if (signerOfHead(document).kind !== 'key') return isFalse("the batch's head is not signed")
  if (entriesHashOf(entries) !== head.entriesHash) {
    return isFalse('the entries are not those that the head was signed over')
  }
  const parsed = parseLogEntries(entries)
  if (!parsed.ok) return isFalse(parsed.error)
  const { firstSeq, digests } = parsed.value
  if (firstSeq !== head.firstSeq || digests.length !== head.count) {
    return isFalse('the entries are other receipts than the head counts')
  }
  return rootOf(merkleTree(digests.map(leafOfDigest))) === head.root
    ? ok(digests)
    : isFalse('the entries do not have the root that was signed')
}

/** The block with the event that anchored the root. The gateway says where to look, the chain what is there. */
async function anchoringBlock(
  { rpc, verifier, sender }: DrawTerms,
  { head, anchor }: LogHeadDocument,
): Promise<Result<number, DrawFault>> {
  if (anchor === null) return err({ kind: 'later', detail: 'the batch is not anchored yet' })
  const { blockNumber } = anchor
  if (anchor.sender !== sender) return isFalse(`${anchor.sender} anchored it, not ${sender}`)
  const receiptAnchor = await readReceiptAnchorOf(rpc, receiptVerifierAt(verifier))
  if (!receiptAnchor.ok) return chainFault(receiptAnchor.error)
  const place = { receiptAnchor: receiptAnchor.value, sender, root: head.root }
  const events = await readAnchoredBatches(rpc, place, { from: blockNumber, to: blockNumber })
  if (!events.ok) return chainFault(events.error)
  const isThere = events.value.some(
    (event) => event.head === head.head && event.count === head.count && event.batch === head.batch,
  )
  if (!isThere) {
    return isFalse(`block ${blockNumber} has no event that anchors the root of batch ${head.batch}`)
  }
  return ok(blockNumber)
}

async function randomnessAfter(
  { rpc, confirmations }: DrawTerms,
  anchoredBlock: number,
): Promise<Result<Bytes32, DrawFault>> {
  const drawnBlock = anchoredBlock + auditDelayBlocks
  const tip = await readHead(rpc)
  if (!tip.ok) return chainFault(tip.error)
  const randomness = await readBlockRandomness(rpc, drawnBlock)
  if (!randomness.ok) return chainFault(randomness.error)
  if (randomness.value === undefined || tip.value.number < drawnBlock + confirmations) {
    return err({ kind: 'later', detail: `block ${drawnBlock} chooses, and is not buried yet` })
  }
  return ok(randomness.value)
}
