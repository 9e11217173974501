/*
 * Answers whoever says on the chain that a receipt was not anchored as promised: with the proof, within the day that the
 * contract gives. What is not in the log in time cannot be answered; that is the fault that the challenge is for.
 */
import type { GatewayLog } from '../base/log.ts'
import { ok, type Result } from '../base/result.ts'
import { type WatchCursor, type Watched, watchBlocks } from '../chain/block-watcher.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import {
  inclusionChallengesAt,
  readInclusionChallenge,
} from '../chain/inclusion-challenges-contract.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { OutboxStore } from '../store/outbox-store.ts'
import type { LogReader } from './log-reader.ts'

export type ChallengeTerms = {
  readonly rpc: JsonRpc
  readonly chainId: number
  readonly contract: Address
  readonly gateway: Address
  readonly sender: Sender
  readonly reader: Pick<LogReader, 'find' | 'proof'>
  readonly notes: Pick<OutboxStore, 'note' | 'setNote'>
  readonly log: GatewayLog
  readonly nowMs: () => number
}

const looksAtOnceMax = 20

/** The digest is the first indexed member. */
const challengesAt = (contract: Address): Watched => ({
  address: contract,
  topics: [keccak256Utf8('InclusionChallenged(bytes32,address,address,uint64)')],
})

export class ChallengeWatch {
  readonly #terms: ChallengeTerms
  readonly #noteKey: string
  #cursor: WatchCursor | undefined
  /** Challenged and not answered yet; what the log cannot answer stays until its time is over. */
  readonly #open = new Set<Bytes32>()
  readonly #told = new Set<string>()

  constructor(terms: ChallengeTerms) {
    this.#terms = terms
    this.#noteKey = `cursor:${terms.chainId}:${terms.contract}:challenges`
  }

  /** Looks at the chain's new blocks and answers what is asked of us. Throws StoreFailure. */
  async look(): Promise<void> {
    const seen = await this.#see()
    if (!seen.ok) this.#tellOnce('challenges_not_read', describeChainFailure(seen.error))
    else this.#told.delete('challenges_not_read')
    for (const digest of this.#open) if (await this.#settle(digest)) this.#open.delete(digest)
  }

  async #see(): Promise<Result<void, ChainFailure>> {
    const { rpc, contract, notes } = this.#terms
    const note = await notes.note(this.#noteKey)
    this.#cursor ??= note === undefined ? undefined : (JSON.parse(note) as WatchCursor)
    for (let looks = 0; looks < looksAtOnceMax; looks += 1) {
      const look = await watchBlocks(rpc, challengesAt(contract), this.#cursor)
      if (!look.ok) return look
      for (const digest of look.value.touched) this.#open.add(digest)
      const isFirst = this.#cursor === undefined
      this.#cursor = look.value.cursor
      // A process that comes after this one begins where nothing was open: it sees again what is.
      if (isFirst || (look.value.touched.length > 0 && this.#open.size === 0)) {
        await notes.setNote(this.#noteKey, JSON.stringify(this.#cursor))
      }
      if (look.value.caughtUp) break
    }
    return ok(undefined)
  }

  /** True when nothing is left to do about it. */
  async #settle(digest: Bytes32): Promise<boolean> {
    const { rpc, chainId, contract: place, gateway, sender, reader, log, nowMs } = this.#terms
    const contract = inclusionChallengesAt(place)
    const challenge = await readInclusionChallenge(rpc, contract, digest)
    if (!challenge.ok) return false
    if (challenge.value?.gateway !== gateway) return true
    const { answerableUntilS } = challenge.value
    if (answerableUntilS === 0 || nowMs() / 1000 > answerableUntilS) return true
    const gatewaySeq = await reader.find(digest)
    const found = await reader.proof({ gatewaySeq: gatewaySeq ?? 0, digest })
    // Where too many ask, another look comes.
    if (!found.ok) return false
    const proof = found.value
    if (proof === undefined || proof.log.anchor === null) {
      this.#tellOnce('challenge_unanswerable', digest)
      return false
    }
    const args = [digest, proof.log.head.root, proof.siblings]
    const intentId = `inclusion-answer:${chainId}:${place}:${digest}`
    const purpose = { intentId, kind: 'inclusion-answer' } as const
    const sent = await sendCall(sender, { contract, functionName: 'answer', args }, purpose)
    if (sent.ok) log.info('challenge_answered', { digest, ...sent.value })
    else this.#tellOnce('challenge_answer_waits', describeChainFailure(sent.error))
    return sent.ok
  }

  /** What goes on for a day is one line. */
  #tellOnce(event: string, detail: string): void {
    const what = `${event} ${detail}`
    if (this.#told.has(what)) return
    this.#told.add(what)
    this.#terms.log.error(event, { detail })
  }
}

/** Between two looks: a challenge leaves a day. */
const lookEveryMs = 15_000

export function startChallengeWatch(
  watch: ChallengeWatch,
  log: GatewayLog,
): { readonly stop: () => Promise<void> } {
  let looking: Promise<void> | undefined
  const look = async () => {
    try {
      await watch.look()
    } catch (error) {
      // The store failed: it says so itself. The watch only must not die of it.
      log.error('challenge_watch_failed', {
        error: error instanceof Error ? error.name : 'unknown',
      })
    }
    looking = undefined
  }
  const timer = setInterval(() => {
    looking ??= look()
  }, lookEveryMs)
  timer.unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await looking
    },
  }
}
