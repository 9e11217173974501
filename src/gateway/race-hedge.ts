/*
 * Two contributors at work for one request, until one begins to answer. Only the one that does is given on: the other is
 * cancelled at once, does not count for or against its contributor, and nothing that it signed is looked at.
 *
 *   ALONE --begins or fails--> OVER
 *   ALONE --silent for the patience of its model--> RACING   (while the budget lasts and somebody else has room)
 *                                                   RACING --one begins, or the caller is at fault--> OVER
 *                                                   RACING --one fails--> ALONE (the other, without another hedge)
 *   any --the caller leaves--> OVER (both are cancelled)
 */
import { Cancellation } from '../base/cancellation.ts'
import type { Result } from '../base/result.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import type { AttemptRecord } from '../domain/request-record.ts'
import type { Attempt } from '../routing/attempt.ts'
import type { RequestHedge } from '../routing/request-hedge.ts'
import { mayTryAnother } from '../upstream/retry-rules.ts'
import type { Gateway } from './gateway.ts'
import {
  type AnswerJob,
  type BegunAttempt,
  type FailedAttempt,
  isSolvent,
  openAttempt,
} from './open-attempt.ts'

/** What became of asking one contributor, or two. */
export type Tried = (
  | { readonly begun: BegunAttempt }
  | { readonly begun: undefined; readonly refusal: UpstreamRefusal }
) & {
  /** Attempts that ended, in that order. */
  readonly others: readonly AttemptRecord[]
}

type Opened = Result<BegunAttempt, FailedAttempt>

type Runner = {
  readonly attempt: Attempt
  readonly cancellation: Cancellation
  readonly startedAtMs: number
  /** Who came to its end, and how. */
  readonly finished: Promise<{ readonly runner: Runner; readonly opened: Opened }>
}

export async function raceHedge(
  gateway: Gateway,
  job: AnswerJob,
  terms: { readonly first: Attempt; readonly hedge: RequestHedge },
): Promise<Tried> {
  const race = new Race(gateway, job, terms.hedge)
  job.client.cancellation.onCancel(() => race.cancel())
  try {
    return await race.run(terms.first)
  } catch (error) {
    race.cancel()
    throw error
  }
}

class Race {
  readonly #gateway: Gateway
  readonly #job: AnswerJob
  readonly #hedge: RequestHedge
  readonly #others: AttemptRecord[] = []
  #runners: readonly Runner[] = []
  #firstOver: Opened | undefined

  constructor(gateway: Gateway, job: AnswerJob, hedge: RequestHedge) {
    this.#gateway = gateway
    this.#job = job
    this.#hedge = hedge
  }

  cancel(): void {
    for (const { cancellation } of this.#runners) cancellation.cancel()
  }

  async run(first: Attempt): Promise<Tried> {
    const { client, request } = this.#job
    const startedAtMs = this.#gateway.nowMs()
    this.#start(first)
    await this.#startSecondWhenSlow()
    for (;;) {
      const { runner, opened } = await Promise.race(this.#runners.map((one) => one.finished))
      this.#runners = this.#runners.filter((one) => one !== runner)
      if (opened.ok) {
        this.#hedge.began(this.#gateway.nowMs() - startedAtMs)
        client.cancellation.onCancel(() => runner.cancellation.cancel())
        this.#dropAll()
        return { begun: opened.value, others: this.#others }
      }
      const { refusal, record } = opened.error
      this.#others.push(record)
      this.#gateway.payouts.release(request.requestId, record.contributorId)
      if (!mayTryAnother(refusal)) this.#dropAll()
      if (this.#runners.length === 0) return { begun: undefined, refusal, others: this.#others }
    }
  }

  #start(attempt: Attempt): void {
    const cancellation = new Cancellation()
    const startedAtMs = this.#gateway.nowMs()
    const opening = openAttempt(this.#gateway, this.#job, { attempt, cancellation })
    const finished = opening.then((opened) => {
      this.#firstOver ??= opened
      return { runner, opened }
    })
    const runner: Runner = { attempt, cancellation, startedAtMs, finished }
    // A bug that ends a runner nobody waits for any more has given its room back; it must not end the process.
    finished.catch(() => {})
    this.#runners = [...this.#runners, runner]
  }

  /** Resolves when the first is over, or another one is asked too, or cannot be. */
  async #startSecondWhenSlow(): Promise<void> {
    const [first] = this.#runners
    const slow = Promise.withResolvers<'slow'>()
    const callOff = this.#hedge.whenSlow(() => slow.resolve('slow'))
    const seen = await Promise.race([slow.promise, first?.finished])
    callOff()
    if (seen !== 'slow') return
    const second = await this.#hedge.next(this.#gateway.nowMs())
    if (second === undefined) return
    if (this.#isSecondWanted() && isSolvent(this.#gateway, this.#job, second, true))
      this.#start(second)
    else this.#hedge.giveBack(second, this.#gateway.nowMs())
  }

  /** Whoever began meanwhile needs no other; of one that failed, the other is the next attempt. */
  #isSecondWanted(): boolean {
    const over = this.#firstOver
    if (this.#job.client.cancellation.cancelled) return false
    return over === undefined || (!over.ok && mayTryAnother(over.error.refusal))
  }

  /** Nobody waits for those who are still at work. */
  #dropAll(): void {
    const { client, request } = this.#job
    for (const { attempt, cancellation, startedAtMs, finished } of this.#runners) {
      const { contributorId } = attempt.candidate.contributor
      cancellation.cancel()
      this.#gateway.payouts.release(request.requestId, contributorId)
      this.#others.push({
        contributorId,
        outcome: client.cancellation.cancelled ? 'client_gone' : 'hedge_lost',
        durationMs: this.#gateway.nowMs() - startedAtMs,
      })
      finished.then(
        ({ opened }) => {
          if (opened.ok) endUnwanted(opened.value, this.#gateway.nowMs())
        },
        () => {},
      )
    }
    this.#runners = []
  }
}

/** An answer that began a moment too late: it used none of its contributor's tokens that we were told of. */
function endUnwanted({ attempt, body }: BegunAttempt, nowMs: number): void {
  if (body.kind === 'stream') body.relay.abort()
  attempt.ended({ kind: 'neutral' }, { usedTokens: 0 }, nowMs)
}
