/*
 * What is told of the log: everything that anybody may ask, from what is closed and signed. Nothing here changes anything.
 */
import { setImmediate } from 'node:timers/promises'
import { err, ok, type Result } from '../base/result.ts'
import { siblingsOf } from '../chain/sorted-merkle-tree.ts'
import type {
  ConsistencyDocument,
  InclusionProofDocument,
  LogDomain,
  LogHeadDocument,
} from '../domain/log-documents.ts'
import { lastSeqOf } from '../domain/log-head.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { LogBatch, LogStore } from '../store/log-store.ts'
import { LoadedBatches } from './loaded-batches.ts'

/** Batches that a consistency proof spans. */
export const consistencyBatchesMax = 1_000

/** Batches that are looked through for a receipt whose number was not told: as many as are remembered. */
export const searchedBatchesMax = 8

/** Undefined: there is none; `busy`: too many ask for what is not at hand. */
type Asked<T> = Promise<Result<T | undefined, 'busy'>>

export class LogReader {
  readonly #store: LogStore
  readonly #domain: LogDomain
  readonly #loaded: LoadedBatches

  constructor(store: LogStore, domain: LogDomain) {
    this.#store = store
    this.#domain = domain
    this.#loaded = new LoadedBatches(store)
  }

  /** The newest one that is signed. */
  async newest(): Promise<LogHeadDocument | undefined> {
    const { batches } = await this.#store.length()
    return (await this.batch(batches - 1)) ?? this.batch(batches - 2)
  }

  async batch(batch: number): Promise<LogHeadDocument | undefined> {
    if (batch < 0) return undefined
    const [found] = await this.#store.batches({ from: batch, limit: 1 })
    return found && this.#documentOf(found)
  }

  /** JSON Lines; undefined where the batch is not signed yet. */
  async entries(batch: number): Asked<string> {
    const document = await this.batch(batch)
    if (document === undefined) return ok(undefined)
    const loaded = await this.#loaded.load(document.head)
    return loaded.ok ? ok(loaded.value?.entries) : loaded
  }

  /** That the receipt with this number and digest is in the log; undefined where the log has no such one. */
  async proof(receipt: {
    readonly gatewaySeq: number
    readonly digest: Bytes32
  }): Asked<InclusionProofDocument> {
    const { gatewaySeq, digest } = receipt
    const log = await this.#batchOfSeq(gatewaySeq)
    if (log === undefined) return ok(undefined)
    const loaded = await this.#loaded.load(log.head)
    if (!loaded.ok) return loaded
    const index = gatewaySeq - log.head.firstSeq
    if (loaded.value?.digests[index] !== digest) return ok(undefined)
    const siblings = siblingsOf(loaded.value.tree, index)
    return ok({ object: 'vouch.inclusion_proof', digest, gatewaySeq, index, siblings, log })
  }

  /** The same for whoever has no number: the newest batches are looked through. */
  async proofOfRecent(digest: Bytes32): Asked<InclusionProofDocument> {
    const { batches } = await this.#store.length()
    const from = Math.max(0, batches - searchedBatchesMax)
    const newest = await this.#store.batches({ from, limit: searchedBatchesMax })
    for (const { head } of newest.toReversed()) {
      const loaded = await this.#loaded.load(head)
      if (!loaded.ok) return loaded
      const index = loaded.value?.digests.indexOf(digest) ?? -1
      if (index >= 0) return this.proof({ gatewaySeq: head.firstSeq + index, digest })
    }
    return ok(undefined)
  }

  /** `gatewaySeq` of a receipt: the whole log is looked through, the newest first. For us, not for whoever asks. */
  async find(digest: Bytes32): Promise<number | undefined> {
    const { batches } = await this.#store.length()
    for (let batch = batches - 1; batch >= 0; batch -= 1) {
      const index = (await this.#store.digests(batch))?.indexOf(digest) ?? -1
      const [found] = await this.#store.batches({ from: batch, limit: 1 })
      if (found !== undefined && index >= 0) return found.head.firstSeq + index
      await setImmediate()
    }
    return undefined
  }

  /** The error says what to ask instead. */
  async consistency(range: {
    readonly from: number
    readonly to: number
  }): Promise<Result<ConsistencyDocument, string>> {
    const { from, to } = range
    if (from >= to) return err('from must be less than to')
    if (to - from > consistencyBatchesMax) {
      return err(`from and to must be at most ${consistencyBatchesMax} batches apart`)
    }
    const [first, last] = await Promise.all([this.batch(from), this.batch(to)])
    if (first === undefined || last === undefined) {
      return err('from and to must be batches of the log')
    }
    const between = await this.#store.batches({ from: from + 1, limit: to - from })
    const batches = between.map(({ head: { batch, root, count } }) => ({ batch, root, count }))
    return ok({ object: 'vouch.consistency_proof', from: first, to: last, batches })
  }

  #documentOf({ head, signature, anchor }: LogBatch): LogHeadDocument | undefined {
    if (signature === undefined) return undefined
    const domain = this.#domain
    return { object: 'vouch.log_head', head, signature, domain, anchor: anchor ?? null }
  }

  /** Batches have no common size, so it is sought by halves. */
  async #batchOfSeq(gatewaySeq: number): Promise<LogHeadDocument | undefined> {
    let { batches: high } = await this.#store.length()
    for (let low = 0; low < high; ) {
      const middle = Math.floor((low + high) / 2)
      const [found] = await this.#store.batches({ from: middle, limit: 1 })
      if (found === undefined) return undefined
      if (gatewaySeq < found.head.firstSeq) high = middle
      else if (gatewaySeq > lastSeqOf(found.head)) low = middle + 1
      else return this.#documentOf(found)
    }
    return undefined
  }
}
