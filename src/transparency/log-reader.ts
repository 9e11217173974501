/*
 * What is told of the log: everything that anybody may ask, from what is closed and signed. Nothing here changes anything.
 */
import { setImmediate } from 'node:timers/promises'
import { err, ok, type Result } from '../base/result.ts'
import { type MerkleTree, siblingsOf } from '../chain/sorted-merkle-tree.ts'
import type {
  ConsistencyDocument,
  InclusionProofDocument,
  LogDomain,
  LogHeadDocument,
} from '../domain/log-documents.ts'
import { logEntriesText } from '../domain/log-entries.ts'
import { lastSeqOf } from '../domain/log-head.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { LogBatch, LogStore } from '../store/log-store.ts'
import { treeOf } from './form-batch.ts'

/** Batches that a consistency proof spans. */
export const consistencyBatchesMax = 1_000

/** Batches that a stranger may have looked through for a receipt whose number it does not tell. */
export const searchedBatchesMax = 16

/** The newest ones are asked for most. A tree of 4,096 takes 1.5 MB. */
const treesRemembered = 8

type LoadedBatch = { readonly digests: readonly Bytes32[]; readonly tree: MerkleTree }

export class LogReader {
  readonly #store: LogStore
  readonly #domain: LogDomain
  readonly #loaded = new Map<number, Promise<LoadedBatch | undefined>>()
  #loading: Promise<unknown> = Promise.resolve()

  constructor(store: LogStore, domain: LogDomain) {
    this.#store = store
    this.#domain = domain
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
  async entries(batch: number): Promise<string | undefined> {
    const document = await this.batch(batch)
    const digests = document && (await this.#store.digests(batch))
    return digests && logEntriesText(document.head.firstSeq, digests)
  }

  /** That the receipt with this number and digest is in the log; undefined where the log has no such one. */
  async proof(receipt: {
    readonly gatewaySeq: number
    readonly digest: Bytes32
  }): Promise<InclusionProofDocument | undefined> {
    const { gatewaySeq, digest } = receipt
    const log = await this.#batchOfSeq(gatewaySeq)
    const loaded = log && (await this.#load(log.head.batch))
    if (log === undefined || loaded === undefined) return undefined
    const index = gatewaySeq - log.head.firstSeq
    if (loaded.digests[index] !== digest) return undefined
    const siblings = siblingsOf(loaded.tree, index)
    return { object: 'vouch.inclusion_proof', digest, gatewaySeq, index, siblings, log }
  }

  /** The same for whoever has no number: batches are looked through, the newest first. */
  async search(
    digest: Bytes32,
    batchesMax: number = Number.MAX_SAFE_INTEGER,
  ): Promise<InclusionProofDocument | undefined> {
    const { batches } = await this.#store.length()
    const last = Math.max(0, batches - batchesMax)
    for (let batch = batches - 1; batch >= last; batch -= 1) {
      const index = (await this.#store.digests(batch))?.indexOf(digest) ?? -1
      const [found] = await this.#store.batches({ from: batch, limit: 1 })
      if (found !== undefined && index >= 0) {
        return this.proof({ gatewaySeq: found.head.firstSeq + index, digest })
      }
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

  #load(batch: number): Promise<LoadedBatch | undefined> {
    const known = this.#loaded.get(batch) ?? this.#loadNext(batch)
    this.#loaded.delete(batch)
    this.#loaded.set(batch, known)
    const [oldest] = this.#loaded.keys()
    if (this.#loaded.size > treesRemembered && oldest !== undefined) this.#loaded.delete(oldest)
    return known
  }

  /** One tree after the other, and everybody else in between: a tree of 4,096 takes 7 ms. */
  #loadNext(batch: number): Promise<LoadedBatch | undefined> {
    const loaded = this.#loading.then(async () => {
      await setImmediate()
      const digests = await this.#store.digests(batch)
      return digests && { digests, tree: treeOf(digests) }
    })
    this.#loading = loaded.catch(() => undefined)
    // What the store could not tell is asked again.
    loaded.catch(() => this.#loaded.delete(batch))
    return loaded
  }
}
