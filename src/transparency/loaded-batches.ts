import { setTimeout as wait } from 'node:timers/promises'
import { err, ok, type Result } from '../base/result.ts'
import type { MerkleTree } from '../chain/sorted-merkle-tree.ts'
import { logEntriesText } from '../domain/log-entries.ts'
import type { LogHead } from '../domain/log-head.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { LogStore } from '../store/log-store.ts'
import { treeOf } from './form-batch.ts'

export type LoadedBatch = {
  readonly digests: readonly Bytes32[]
  readonly tree: MerkleTree
  /** As it is served. */
  readonly entries: string
}

/** A full batch takes 2 MB. The newest ones are asked for most. */
const rememberedMax = 8
/** Batches that may wait to be loaded: strangers ask for them. */
const waitingMax = 32
/** After each: loading a full batch takes some 20 ms of everybody's time. */
const restMs = 20

/**
 * Batches with their trees, for whoever asks. What is not remembered is loaded one after the other, with a rest in between:
 * questions without a key must not slow down those with one.
 */
export class LoadedBatches {
  readonly #store: LogStore
  readonly #known = new Map<number, Promise<LoadedBatch | undefined>>()
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(store: LogStore) {
    this.#store = store
  }

  /** Undefined for a batch that is not there; `busy` where too many others wait. Rejects with StoreFailure. */
  async load(
    head: Pick<LogHead, 'batch' | 'firstSeq'>,
  ): Promise<Result<LoadedBatch | undefined, 'busy'>> {
    const { batch } = head
    const known = this.#known.get(batch)
    if (known === undefined && this.#waiting >= waitingMax) return err('busy')
    const loaded = known ?? this.#loadNext(head)
    // The least recently asked is forgotten first.
    this.#known.delete(batch)
    this.#known.set(batch, loaded)
    const [oldest] = this.#known.keys()
    if (this.#known.size > rememberedMax && oldest !== undefined) this.#known.delete(oldest)
    return ok(await loaded)
  }

  #loadNext(head: Pick<LogHead, 'batch' | 'firstSeq'>): Promise<LoadedBatch | undefined> {
    this.#waiting += 1
    const loaded = this.#last.then(async () => {
      const digests = await this.#store.digests(head.batch)
      if (digests === undefined) return undefined
      return { digests, tree: treeOf(digests), entries: logEntriesText(head.firstSeq, digests) }
    })
    const settled = loaded.then(
      () => undefined,
      // What the store could not tell is asked again.
      () => void this.#known.delete(head.batch),
    )
    this.#last = settled.then(() => wait(restMs, undefined, { ref: false }))
    void settled.then(() => {
      this.#waiting -= 1
    })
    return loaded
  }
}
