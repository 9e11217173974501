/*
 * Brings closed batches to the chain, in their order, and follows them until they are there for good. What is anchored is
 * read from the contract each time, never remembered: another replica, or a process that died, may have done it, and a
 * reorganisation may have undone it. The contract takes each batch number once, so that asking twice does no harm.
 */
import type { GatewayLog } from '../base/log.ts'
import { ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { readInclusion } from '../chain/inclusion.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import {
  type AnchoredChain,
  readAnchoredChain,
  readRootAnchoredAt,
  receiptAnchorAt,
} from '../chain/receipt-anchor.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { LogAnchor } from '../domain/log-documents.ts'
import type { LogHead } from '../domain/log-head.ts'
import type { Address } from '../domain/units.ts'
import type { LogBatch, LogStore } from '../store/log-store.ts'
import { findAnchoring } from './find-anchoring.ts'
import type { TimestampRoot } from './timestamp-root.ts'

export type AnchoringTerms = {
  readonly store: LogStore
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly receiptAnchor: Address
  /** Its account is the one whose batches the contract folds. */
  readonly sender: Sender
  /** Blocks, its own included, after which a transaction is final. */
  readonly confirmations: number
  /** Another witness of each root; undefined where none is configured. */
  readonly timestamp?: TimestampRoot | undefined
  readonly log: GatewayLog
}

/** How the log and the chain agree. */
export type ChainStanding =
  /** The chain has the first `anchored` of our batches and nothing else. */
  | { readonly state: 'even'; readonly anchored: number }
  /** The account has anchored what is not in this log: with another log nothing may be signed or promised on. */
  | { readonly state: 'forked'; readonly detail: string }
  | { readonly state: 'unread'; readonly failure: ChainFailure }

type Seen = { readonly attempt: number; readonly blockNumber: number }

/** Batches that one look follows. */
const followedAtOnceMax = 64

export class BatchAnchorer {
  readonly #terms: AnchoringTerms
  /** Where this process last saw each batch that is not settled. */
  readonly #seen = new Map<number, Seen>()

  constructor(terms: AnchoringTerms) {
    this.#terms = terms
  }

  /** Compares the log with the chain, and follows what is there until it is final. Throws StoreFailure. */
  async look(): Promise<ChainStanding> {
    const { store } = this.#terms
    const chain = await this.#readChain()
    if (!chain.ok) return { state: 'unread', failure: chain.error }
    const fork = await this.#forkOf(chain.value)
    if (fork !== undefined) return { state: 'forked', detail: fork }
    const anchored = chain.value.batches
    const { settled } = await store.length()
    // What was final is gone, or another account anchors now: it is followed again.
    if (settled > anchored) await store.settle(anchored)
    const followed = await this.#follow({ from: Math.min(settled, anchored), to: anchored })
    return followed.ok ? { state: 'even', anchored } : { state: 'unread', failure: followed.error }
  }

  /**
   * What the account has anchored that this log has not, as a sentence; undefined where they agree. Changes nothing. Throws
   * StoreFailure.
   */
  async findFork(): Promise<Result<string | undefined, ChainFailure>> {
    const chain = await this.#readChain()
    return chain.ok ? ok(await this.#forkOf(chain.value)) : chain
  }

  /** Anchors the batch with this number, which is the next. Answers whether a block has it. */
  async anchor(batch: number): Promise<boolean> {
    const { chainId, receiptAnchor, sender, store, log } = this.#terms
    const [next] = await store.batches({ from: batch, limit: 1 })
    if (next?.signature === undefined) return false
    const attempt = await this.#attemptAt(batch)
    const { root, count } = next.head
    const contract = receiptAnchorAt(receiptAnchor)
    const call = { contract, functionName: 'anchor', args: [root, count, batch] }
    const intentId = `anchor:${chainId}:${receiptAnchor}:${sender.address}:${batch}:${attempt}`
    const sent = await sendCall(sender, call, { intentId, kind: 'anchor' })
    if (sent.ok) {
      this.#seen.set(batch, { attempt, blockNumber: sent.value.blockNumber })
      log.info('batch_anchored', { batch, count, ...sent.value })
    } else {
      log.error('anchor_waits', { batch, detail: describeChainFailure(sent.error) })
    }
    return sent.ok
  }

  /**
   * An intent is done once it is final. Where the chain has lost what was final, or never counted it, only another intent is
   * sent again; before that the outbox itself brings back what a reorganisation took.
   */
  async #attemptAt(batch: number): Promise<number> {
    const { rpc, confirmations } = this.#terms
    const seen = this.#seen.get(batch)
    if (seen === undefined) return 0
    const tip = await readHead(rpc)
    const isFinal = tip.ok && tip.value.number - seen.blockNumber >= confirmations
    return isFinal ? seen.attempt + 1 : seen.attempt
  }

  #readChain(): Promise<Result<AnchoredChain, ChainFailure>> {
    const { rpc, receiptAnchor, sender } = this.#terms
    return readAnchoredChain(rpc, { receiptAnchor, sender: sender.address })
  }

  async #forkOf({ head, batches: anchored }: AnchoredChain): Promise<string | undefined> {
    const { store, sender } = this.#terms
    if (anchored === 0) return undefined
    const { batches } = await store.length()
    if (anchored > batches) {
      return `${sender.address} has anchored ${anchored} batches, this log has ${batches}`
    }
    const [newest] = await store.batches({ from: anchored - 1, limit: 1 })
    if (newest?.head.head === head) return undefined
    return `batch ${anchored - 1} is another one on the chain than in this log`
  }

  async #follow(range: {
    readonly from: number
    readonly to: number
  }): Promise<Result<void, ChainFailure>> {
    const { rpc, store, confirmations } = this.#terms
    if (range.from === range.to) return ok(undefined)
    const tip = await readHead(rpc)
    if (!tip.ok) return tip
    const limit = Math.min(followedAtOnceMax, range.to - range.from)
    let settled = range.from
    let isInOrder = true
    for (const batch of await store.batches({ from: range.from, limit })) {
      const anchor = await this.#whereItIs(batch, tip.value.number)
      if (!anchor.ok) return anchor
      if (anchor.value === undefined) break
      const isTimestamped = await this.#timestamp(batch.head)
      const isFinal = tip.value.number - anchor.value.blockNumber + 1 >= confirmations
      isInOrder &&= isFinal && isTimestamped
      if (isInOrder) settled = batch.head.batch + 1
    }
    if (settled > range.from) await store.settle(settled)
    for (const batch of this.#seen.keys()) if (batch < settled) this.#seen.delete(batch)
    return ok(undefined)
  }

  /** The block that has the batch, noted; undefined while the node has no event of it. */
  async #whereItIs(
    { head, anchor }: LogBatch,
    tip: number,
  ): Promise<Result<LogAnchor | undefined, ChainFailure>> {
    const { rpc, receiptAnchor, sender, store, log } = this.#terms
    const isOurs = anchor?.sender === sender.address && anchor.contract === receiptAnchor
    if (anchor !== undefined && isOurs) {
      const inclusion = await readInclusion(rpc, anchor.transactionHash)
      if (!inclusion.ok) return inclusion
      if (inclusion.value?.blockNumber === anchor.blockNumber) return ok(anchor)
      log.error('anchor_reorganised', { batch: head.batch })
    }
    const place = { receiptAnchor, sender: sender.address, root: head.root }
    const event = await findAnchoring(rpc, { ...place, batch: head.batch, tip })
    if (!event.ok) return event
    const anchoredAt = await readRootAnchoredAt(rpc, receiptAnchor, head.root)
    if (!anchoredAt.ok) return anchoredAt
    const found =
      event.value === undefined || anchoredAt.value === undefined
        ? undefined
        : {
            contract: receiptAnchor,
            sender: sender.address,
            transactionHash: event.value.transactionHash,
            blockNumber: event.value.blockNumber,
            anchoredAt: anchoredAt.value,
          }
    if (found !== undefined || anchor !== undefined) await store.noteAnchor(head.batch, found)
    return ok(found)
  }

  async #timestamp({ batch, root }: LogHead): Promise<boolean> {
    const { timestamp, log } = this.#terms
    if (timestamp === undefined) return true
    const done = await timestamp(root)
    if (!done.ok) log.error('timestamp_waits', { batch, detail: describeChainFailure(done.error) })
    return done.ok
  }
}
