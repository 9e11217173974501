/*
 * Puts durable receipts into batches and signs them. A batch is written, boundaries and entries, before its head is signed,
 * and the store takes each batch from one process alone; the signature follows from what was written. A crash anywhere
 * therefore leaves a batch that the next look signs as this one would have, and no process ever signs a second head for it.
 */
import { setImmediate } from 'node:timers/promises'
import { logHeadDigest } from '../chain/log-head-typed-data.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { signDigest } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import { type Address, type Bytes32, unixSecondsOf } from '../domain/units.ts'
import type { LogBatch, LogStore } from '../store/log-store.ts'
import { formBatch } from './form-batch.ts'
import { type BatchPolicy, PendingReceipts } from './pending-receipts.ts'

/** Digests of receipts in the order of `gatewaySeq`, durable and without a gap from the one after `afterSeq`. */
export type DigestsAfter = (range: {
  readonly afterSeq: number
  readonly limit: number
}) => Promise<readonly Bytes32[]>

type LogSigner = {
  readonly gateway: Address
  readonly domain: DomainSeparator
  readonly privateKey: PrivateKey
}

export type ClosingTerms = {
  readonly store: LogStore
  readonly digestsAfter: DigestsAfter
  readonly signer: LogSigner
  readonly policy: BatchPolicy
  readonly nowMs: () => number
}

/** What is read of the ledger at once, in half a millisecond: nothing else is answered meanwhile. */
const digestsAtOnceMax = 128

export class BatchCloser {
  readonly #terms: ClosingTerms
  readonly #pending = new PendingReceipts()

  constructor(terms: ClosingTerms) {
    this.#terms = terms
  }

  /** Since when a receipt that was seen waits for a batch. */
  get waitingSinceMs(): number | undefined {
    return this.#pending.sinceMs
  }

  /** Closes and signs what is due, or whatever waits; answers the newest batch. Throws StoreFailure. */
  async look(what: 'due' | 'all' = 'due'): Promise<LogBatch | undefined> {
    const { policy, nowMs } = this.#terms
    for (;;) {
      const newest = await this.#newestSigned()
      this.#pending.dropLogged(newest?.head)
      await this.#read()
      const isDue = what === 'all' ? this.#pending.sinceMs !== undefined : undefined
      if (!(isDue ?? this.#pending.isDue(policy, nowMs()))) return newest
      await this.#close(newest)
      // A long backlog is no reason to answer nobody.
      await setImmediate()
    }
  }

  /** A process that died may have left it unsigned. */
  async #newestSigned(): Promise<LogBatch | undefined> {
    const { store } = this.#terms
    const { batches } = await store.length()
    const [newest] = await store.batches({ from: Math.max(0, batches - 1), limit: 1 })
    if (newest === undefined || newest.signature !== undefined) return newest
    await this.#sign(newest)
    return newest
  }

  async #read(): Promise<void> {
    const { digestsAfter, policy, nowMs } = this.#terms
    const pending = this.#pending
    for (;;) {
      const limit = Math.min(digestsAtOnceMax, policy.receiptsMax - pending.digests.length)
      if (limit <= 0) return
      const digests = await digestsAfter({ afterSeq: pending.lastSeq, limit })
      pending.add(digests, nowMs())
      if (digests.length < limit) return
      await setImmediate()
    }
  }

  async #close(newest: LogBatch | undefined): Promise<void> {
    const { store, signer, policy, nowMs } = this.#terms
    const digests = this.#pending.digests.slice(0, policy.receiptsMax)
    const closedAt = unixSecondsOf(nowMs())
    const head = formBatch({ gateway: signer.gateway, before: newest?.head, digests, closedAt })
    // Where another process was faster, its batch stands, and the next look begins behind it.
    const isOurs = await store.addBatch(head, digests)
    if (isOurs) await this.#sign({ head })
  }

  async #sign({ head }: Pick<LogBatch, 'head'>): Promise<void> {
    const { store, signer } = this.#terms
    const digest = logHeadDigest(signer.domain, head)
    await store.sign(head.batch, signDigest(digest, signer.privateKey))
  }
}
