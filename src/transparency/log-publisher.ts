/*
 * Drives the log at its own pace: closes what is due, mirrors it, brings it to the chain, and judges whether the next
 * receipt may promise the same. Every look reads where the log stands, so that any number of replicas may run one.
 */
import type { GatewayLog } from '../base/log.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { LogStore } from '../store/log-store.ts'
import type { BatchAnchorer, ChainStanding } from './anchor-batches.ts'
import type { BatchCloser } from './close-batches.ts'
import { judgePromise, type PromiseVerdict } from './log-promise.ts'
import type { LogMirror } from './mirror-folder.ts'

export type PublisherTerms = {
  readonly store: LogStore
  readonly closer: BatchCloser
  readonly anchorer: BatchAnchorer
  /** Undefined keeps no copy. */
  readonly mirror?: LogMirror | undefined
  readonly everyMs: number
  readonly promiseMs: number
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/** For whoever reads metrics. */
export type PublisherReport = {
  readonly batches: number
  readonly anchored: number
  readonly verdict: PromiseVerdict
  /** How long the oldest receipt that is not anchored has waited. */
  readonly waitingMs: number
}

/** Between two looks at the ledger, at most; a quarter of what a batch may take where that is less. */
const lookEveryMsMax = 1_000
/** Between two looks at what is on its way to be final, and two attempts at what the chain does not take. */
const followEveryMs = 5_000

/** One after the other; none of them rejects. */
function inOrder(): (act: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return (act) => {
    last = last.then(act)
    return last
  }
}

export class LogPublisher {
  readonly #terms: PublisherTerms
  readonly #timer: NodeJS.Timeout
  #chain: ChainStanding | undefined
  /** Since when the oldest batch waits that the chain has not. */
  #unanchoredSinceMs: number | undefined
  #batches = 0
  /** Batches there were when the chain was last looked at. */
  #seenBatches = 0
  #restsUntilMs = 0
  #looking: Promise<void> | undefined
  #isAnchoring = false
  /** A chain that keeps one waiting for a minute holds up no batch. */
  readonly #closing = inOrder()
  readonly #anchoring = inOrder()
  #lastFailure = ''
  #lastVerdict: PromiseVerdict = 'starting'

  constructor(terms: PublisherTerms) {
    this.#terms = terms
    const lookEveryMs = Math.min(lookEveryMsMax, Math.max(50, terms.everyMs / 4))
    this.#timer = setInterval(() => void this.lookNow(), lookEveryMs)
    this.#timer.unref()
    void this.lookNow()
  }

  /** Seconds from when a receipt is issued until it is anchored; 0 promises nothing. */
  promiseS(): number {
    return this.#verdict() === 'promising' ? Math.floor(this.#terms.promiseMs / 1000) : 0
  }

  /**
   * Whether the chain has batches that this log has not. Then the ledger, too, may be an older copy, and each receipt that is
   * given anew may bear a number that another one bears: nothing may be served.
   */
  isForked(): boolean {
    return this.#chain?.state === 'forked'
  }

  report(): PublisherReport {
    const waitingSinceMs = this.#waitingSinceMs()
    return {
      batches: this.#batches,
      anchored: this.#chain?.state === 'even' ? this.#chain.anchored : 0,
      verdict: this.#verdict(),
      waitingMs: waitingSinceMs === undefined ? 0 : this.#terms.nowMs() - waitingSinceMs,
    }
  }

  /** Closes what is due and sees to it that it gets to the chain. Resolves when what is due is closed. Never rejects. */
  lookNow(): Promise<void> {
    this.#looking ??= this.#closing(() => this.#close('due')).finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Closes whatever waits and brings it to the chain, as far as that answers. Never rejects. */
  async publishNow(): Promise<void> {
    await this.#closing(() => this.#close('all'))
    await this.#anchoring(() => this.#anchorAll())
  }

  /** Starts no further look, publishes what waits so that promises hold while nobody is here, and ends. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.publishNow()
  }

  async #close(what: 'due' | 'all'): Promise<void> {
    const { store, closer, anchorer, mirror } = this.#terms
    await this.#guarded('log_not_written', async () => {
      // An older copy was put in place under us: what was seen of the chain says nothing of it.
      if ((await store.length()).batches < this.#batches) this.#chain = undefined
      // Whoever lost batches that it has anchored would sign others under their numbers: nothing is signed before the chain
      // was seen to agree, nor once it does not.
      if (this.#chain === undefined) this.#see(await anchorer.look())
      if (this.#chain?.state !== 'even') return
      const newest = await closer.look(what)
      this.#batches = newest === undefined ? 0 : newest.head.batch + 1
    })
    await this.#guarded('log_not_mirrored', async () => mirror?.catchUp())
    this.#tellVerdict()
    if (what === 'due') this.#startAnchoring()
  }

  /** Not more often than the chain has news, unless there is something new to anchor. */
  #startAnchoring(): void {
    const { nowMs } = this.#terms
    const isNew = this.#batches > this.#seenBatches
    if (this.#isAnchoring || !(isNew || nowMs() >= this.#restsUntilMs)) return
    this.#isAnchoring = true
    void this.#anchoring(async () => {
      await this.#anchorAll()
      this.#restsUntilMs = nowMs() + followEveryMs
      this.#isAnchoring = false
    })
  }

  /** As long as the chain takes batches. What it does not take now is tried again by a later look. */
  async #anchorAll(): Promise<void> {
    const { store, anchorer } = this.#terms
    await this.#guarded('log_not_anchored', async () => {
      for (let goesOn = true; goesOn; ) {
        const { batches, settled } = await store.length()
        this.#batches = batches
        this.#seenBatches = batches
        if (settled === batches && this.#chain?.state === 'even') {
          // Another process may have brought the last of them there.
          this.#chain = { state: 'even', anchored: batches }
          this.#unanchoredSinceMs = undefined
          return
        }
        this.#see(await anchorer.look())
        await this.#noteWaiting()
        const { anchored } = this.#chain?.state === 'even' ? this.#chain : { anchored: batches }
        goesOn = anchored < batches && (await anchorer.anchor(anchored))
      }
    })
    this.#tellVerdict()
  }

  #see(standing: ChainStanding): void {
    const detail =
      standing.state === 'forked'
        ? standing.detail
        : standing.state === 'unread'
          ? describeChainFailure(standing.failure)
          : ''
    this.#tellFailure(standing.state === 'forked' ? 'log_forked' : 'log_chain_not_read', detail)
    // What was seen stays so while the chain does not answer; that it is late shows by itself.
    if (standing.state !== 'unread' || this.#chain === undefined) {
      this.#chain = standing.state === 'unread' ? undefined : standing
    }
  }

  /** A batch's oldest receipt was issued as long before it was closed as a batch may take. */
  async #noteWaiting(): Promise<void> {
    const { store, everyMs } = this.#terms
    const anchored = this.#chain?.state === 'even' ? this.#chain.anchored : 0
    const [oldest] = await store.batches({ from: anchored, limit: 1 })
    this.#unanchoredSinceMs = oldest && oldest.head.closedAt * 1000 - everyMs
  }

  #waitingSinceMs(): number | undefined {
    return this.#unanchoredSinceMs ?? this.#terms.closer.waitingSinceMs
  }

  #verdict(): PromiseVerdict {
    const { promiseMs, nowMs } = this.#terms
    const standing = { chain: this.#chain, waitingSinceMs: this.#waitingSinceMs() }
    return judgePromise(standing, promiseMs, nowMs())
  }

  /** Once for each change: receipts without a promise are worth less to whoever relies on the log. */
  #tellVerdict(): void {
    const verdict = this.#verdict()
    if (verdict === this.#lastVerdict) return
    const { log } = this.#terms
    if (verdict === 'promising') log.info('log_promising')
    else log.error('log_promises_nothing', { why: verdict })
    this.#lastVerdict = verdict
  }

  /** A store that fails says so itself and takes the gateway out of service; a disk that is full mirrors nothing. The log must not die of it. */
  async #guarded(event: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#tellFailure(event, error instanceof Error ? error.name : 'unknown')
    }
  }

  #tellFailure(event: string, detail: string): void {
    if (detail !== '' && detail !== this.#lastFailure) this.#terms.log.error(event, { detail })
    this.#lastFailure = detail
  }
}
