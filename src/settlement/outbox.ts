/*
 * A Sender that survives: what it is asked to do is durable before it is signed, and signed bytes are durable before they
 * are sent. A crash, a node that forgets, a reorganisation or a rise of fees delays a transaction; none doubles or loses it.
 * The rules are in outbox-lane.ts; here is what drives them and who waits for them.
 */
import { randomUUID } from 'node:crypto'
import { assert } from '../base/assert.ts'
import { confirmationTimeoutMs, receiptPollFirstMs, receiptPollLastMs } from '../base/limits.ts'
import { err, type Result } from '../base/result.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import {
  type MinedTransaction,
  minedOrReverted,
  type Purpose,
  type Sender,
  type Transaction,
  type TransactionKind,
} from '../chain/transactions.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { OutboxEntry, OutboxStore } from '../store/outbox-store.ts'
import { isEmptied } from './outbox-caps.ts'
import { advanceLane } from './outbox-lane.ts'
import { isUntried, newEntry } from './outbox-rules.ts'
import type { Lane } from './outbox-step.ts'

export type OutboxTerms = Omit<Lane, 'sender' | 'strangeSinceMs' | 'store'> & {
  readonly store: Pick<OutboxStore, 'put' | 'update' | 'open' | 'find'>
}

export type Outbox = {
  readonly sender: Sender
  /**
   * Resolves once the intent is durable, and waits for no block: for what may wait long, and is looked after by `find`. The
   * same intent again changes nothing, but that one which failed before anything was signed is tried again.
   */
  readonly submit: (transaction: Transaction, purpose: Purpose) => Promise<void>
  readonly find: (intentId: string) => Promise<OutboxEntry | undefined>
  /** Channels that an intent of this kind is still on its way for. */
  readonly pendingChannels: (kind: TransactionKind) => Promise<ReadonlySet<Bytes32>>
  /** Starts no further look and waits for the one that runs. What is open goes on with the next process. */
  readonly stop: () => Promise<void>
}

type Outcome = Result<MinedTransaction, ChainFailure>
type Waiter = {
  readonly intentId: string
  readonly sinceMs: number
  readonly outcome: PromiseWithResolvers<Outcome>
}

/** Continues with what an earlier process left open. */
export function openOutbox(terms: OutboxTerms): Outbox {
  return new DrivenOutbox(terms)
}

class DrivenOutbox implements Outbox {
  readonly sender: Sender
  readonly #lane: Lane
  readonly #store: OutboxTerms['store']
  readonly #waiters = new Set<Waiter>()
  #timer: NodeJS.Timeout | undefined
  #pauseMs = receiptPollFirstMs
  #looking: Promise<void> | undefined
  #lookAgain = false
  #stopped = false
  /** What was logged last, so that a chain that is gone for an hour is one line. */
  #lastFailure = ''

  constructor(terms: OutboxTerms) {
    const { store, ...rest } = terms
    const address = addressOfPrivateKey(terms.privateKey)
    this.#store = store
    this.#lane = { ...rest, store, sender: address, strangeSinceMs: new Map() }
    this.sender = {
      address,
      transact: (transaction, purpose) => this.#transact(transaction, purpose),
    }
    this.#wake()
  }

  async submit(transaction: Transaction, purpose: Purpose) {
    await this.#put(transaction, purpose)
    this.#wake()
  }

  find(intentId: string) {
    return this.#store.find(intentId)
  }

  async pendingChannels(kind: TransactionKind) {
    const entries = await this.#store.open(this.#lane)
    return new Set(
      entries.filter((entry) => entry.kind === kind).flatMap(({ channelIds }) => channelIds),
    )
  }

  async stop() {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#looking
    this.#endWaiters((waiter) => this.#unconfirmed(waiter, undefined))
  }

  async #transact(transaction: Transaction, purpose?: Purpose): Promise<Outcome> {
    const intent = purpose ?? { intentId: randomUUID(), kind: 'other' as const }
    const sinceMs = this.#lane.nowMs()
    await this.#put(transaction, intent)
    const outcome = Promise.withResolvers<Outcome>()
    this.#waiters.add({ intentId: intent.intentId, sinceMs, outcome })
    this.#wake()
    return outcome.promise
  }

  async #put(transaction: Transaction, purpose: Purpose): Promise<void> {
    const nowMs = this.#lane.nowMs()
    const entry = newEntry(this.#lane, { ...transaction, ...purpose, nowMs })
    if (!(await this.#store.put(entry))) await this.#join(entry)
  }

  /** The same intent again: whoever asks gets the outcome of the one that there is. */
  async #join(entry: OutboxEntry): Promise<void> {
    const known = await this.#store.find(entry.intentId)
    assert(
      known?.to === entry.to && known.data === entry.data,
      'an intent names one transaction for ever',
    )
    if (isUntried(known))
      await this.#store.update({ ...known, state: 'queued', failure: undefined })
  }

  /** Looks at once, and then again and again with growing pauses. */
  #wake(): void {
    this.#pauseMs = receiptPollFirstMs
    if (this.#looking !== undefined) this.#lookAgain = true
    else void this.#look()
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#stopped) return this.#endWaiters((waiter) => this.#unconfirmed(waiter, undefined))
    this.#lookAgain = false
    this.#looking = this.#lookOnce()
    await this.#looking
    this.#looking = undefined
    if (this.#stopped) return
    if (this.#lookAgain) return this.#look()
    this.#timer = setTimeout(() => void this.#look(), this.#pauseMs)
    // Someone who waits keeps the process alive; an idle outbox does not.
    if (this.#waiters.size === 0) this.#timer.unref()
    this.#pauseMs = Math.min(this.#pauseMs * 2, receiptPollLastMs)
  }

  async #lookOnce(): Promise<void> {
    // Who came while the lane was looked at may have been missed by this look.
    const waiters = [...this.#waiters]
    try {
      const failure = await advanceLane(this.#lane)
      this.#logFailure(failure === undefined ? '' : describeChainFailure(failure))
      for (const waiter of waiters) await this.#answer(waiter, failure)
    } catch (error) {
      // The store failed: nothing was sent that it does not have, and the next look goes on from what it has. Who asked is
      // told that the outcome is unknown.
      const name = error instanceof Error ? error.name : 'unknown'
      this.#logFailure(name, 'outbox_store_failed')
      for (const waiter of this.#waiters) waiter.outcome.reject(error)
      this.#waiters.clear()
    }
  }

  async #answer(waiter: Waiter, failure: ChainFailure | undefined): Promise<void> {
    const outcome = await this.#outcomeOf(waiter, failure)
    if (outcome === undefined) return
    this.#waiters.delete(waiter)
    waiter.outcome.resolve(outcome)
  }

  async #outcomeOf(
    waiter: Waiter,
    failure: ChainFailure | undefined,
  ): Promise<Outcome | undefined> {
    const entry = await this.#store.find(waiter.intentId)
    assert(entry !== undefined, 'an intent is stored before anyone waits for it')
    const { state, inclusion } = entry
    const wasEmptied = inclusion !== undefined && isEmptied(entry, inclusion.transactionHash)
    if (inclusion !== undefined && !wasEmptied && (inclusion.succeeded || state === 'failed')) {
      return minedOrReverted(inclusion)
    }
    if (state === 'failed') return err(refusalOf(entry))
    if (failure !== undefined) return err(failure)
    const waitedMs = this.#lane.nowMs() - waiter.sinceMs
    return waitedMs < confirmationTimeoutMs ? undefined : this.#unconfirmed(waiter, entry)
  }

  #unconfirmed(waiter: Waiter, entry: OutboxEntry | undefined): Outcome {
    const waitedMs = this.#lane.nowMs() - waiter.sinceMs
    const transactionHash = entry?.attempts.at(-1)?.transactionHash
    return err({ reason: 'transaction_unconfirmed', transactionHash, waitedMs })
  }

  #endWaiters(outcomeOf: (waiter: Waiter) => Outcome): void {
    for (const waiter of this.#waiters) waiter.outcome.resolve(outcomeOf(waiter))
    this.#waiters.clear()
  }

  #logFailure(detail: string, event = 'outbox_waits'): void {
    if (detail !== '' && detail !== this.#lastFailure) this.#lane.log.error(event, { detail })
    this.#lastFailure = detail
  }
}

/** What the node said when the transaction was tried out; nothing of it was sent. */
const refusalOf = ({ failure }: OutboxEntry): ChainFailure => ({
  reason: 'chain_error',
  method: 'eth_estimateGas',
  code: 3,
  message: failure?.message ?? 'refused',
  data: failure?.data,
})
