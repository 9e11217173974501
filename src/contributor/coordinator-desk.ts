/*
 * The coordinators whose jobs are answered here, as our own nodes show them. One that was found good for our key stays good: its
 * code and what it was deployed with never change. That a job is payable is believed for seconds, and that it is not, not at all.
 */
import { err, ok, type Result } from '../base/result.ts'
import { readIsPayable } from '../chain/inference-coordinator.ts'
import { readQuantity } from '../chain/quantity.ts'
import type { ContractAsk } from '../domain/contract-job.ts'
import { type CoordinatorPlace, writeAskedAt } from '../domain/contract-job-headers.ts'
import {
  type AcceptedCoordinator,
  type CoordinatorFault,
  checkCoordinator,
  describeCoordinatorFault,
  type PaidSigner,
} from './check-coordinator.ts'
import { coordinatorNotAccepted, jobNotCheckable, jobNotPayable } from './contract-job-refusal.ts'
import { coordinatorLookMs, payableAgeMaxMs, payableQuestionsMax } from './limits.ts'
import type { OpenAiRefusal } from './openai-refusal.ts'

export type CoordinatorEvent = {
  readonly event: 'coordinator_accepted' | 'coordinator_refused'
  /** `eip155:<chainId>:<coordinator>` */
  readonly place: string
  readonly why?: string
}

type Verdict = {
  readonly found: Promise<Result<void, CoordinatorFault>>
  readonly askedAtMs: number
}

/** What a job is payable as: other terms or another input are another question. */
type PayableQuestion = Pick<
  ContractAsk,
  'chainId' | 'coordinator' | 'jobId' | 'terms' | 'inputHash'
>

/** As of which block. */
type Payable = { readonly atBlock: number }

export class CoordinatorDesk {
  readonly #coordinators: ReadonlyMap<string, AcceptedCoordinator>
  readonly #signer: () => PaidSigner
  readonly #onEvent: (event: CoordinatorEvent) => void
  readonly #nowMs: () => number
  readonly #verdicts = new Map<string, Verdict>()
  /** What was said to be payable, and when; the oldest first. */
  readonly #payable = new Map<string, Payable & { readonly saidAtMs: number }>()
  #questions = 0

  constructor(terms: {
    readonly coordinators: readonly AcceptedCoordinator[]
    /** As it is now: keys are rotated. */
    readonly signer: () => PaidSigner
    readonly onEvent: (event: CoordinatorEvent) => void
    readonly nowMs: () => number
  }) {
    const named = terms.coordinators.map((one) => [writeAskedAt(one), one] as const)
    this.#coordinators = new Map(named)
    this.#signer = terms.signer
    this.#onEvent = terms.onEvent
    this.#nowMs = terms.nowMs
  }

  get coordinators(): readonly AcceptedCoordinator[] {
    return [...this.#coordinators.values()]
  }

  isNamed(place: CoordinatorPlace): boolean {
    return this.#coordinators.has(writeAskedAt(place))
  }

  /** Whether an answer that is delivered now would be paid, as our own node says. Within seconds, whatever the node does. */
  async findPayable(question: PayableQuestion): Promise<Result<Payable, OpenAiRefusal>> {
    const name = JSON.stringify(question, (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    const said = this.#payable.get(name)
    const ageMs = this.#nowMs() - (said?.saidAtMs ?? Number.NEGATIVE_INFINITY)
    if (said !== undefined && ageMs >= 0 && ageMs <= payableAgeMaxMs) return ok(said)
    if (this.#questions >= payableQuestionsMax) return err(jobNotCheckable)
    this.#questions += 1
    try {
      return await this.#ask(question, name)
    } finally {
      this.#questions -= 1
    }
  }

  /** Looks at all of them, and tells of each what it found. */
  async look(): Promise<void> {
    await Promise.all(this.coordinators.map((one) => this.#check(one)))
  }

  async #ask(question: PayableQuestion, name: string): Promise<Result<Payable, OpenAiRefusal>> {
    const coordinator = this.#coordinators.get(writeAskedAt(question))
    if (coordinator === undefined)
      return err(coordinatorNotAccepted(question, 'nobody named it here'))
    const checked = await this.#check(coordinator)
    if (!checked.ok) {
      return err(
        checked.error.reason === 'chain'
          ? jobNotCheckable
          : coordinatorNotAccepted(question, describeCoordinatorFault(checked.error)),
      )
    }
    const { rpc } = coordinator
    const [payable, head] = await Promise.all([
      readIsPayable(rpc, question),
      readQuantity(rpc, 'eth_blockNumber', []),
    ])
    if (!payable.ok || !head.ok) return err(jobNotCheckable)
    if (!payable.value) return err(jobNotPayable('its coordinator says that it is not payable'))
    const said = { atBlock: Number(head.value) }
    this.#remember(name, said)
    return ok(said)
  }

  /** Once for all who ask at the same time, and again where it was not found good. */
  #check(coordinator: AcceptedCoordinator): Promise<Result<void, CoordinatorFault>> {
    const place = writeAskedAt(coordinator)
    const signer = this.#signer()
    const name = `${place} ${signer.signingAddress}`
    const known = this.#verdicts.get(name)
    const nowMs = this.#nowMs()
    if (known !== undefined && nowMs - known.askedAtMs < coordinatorLookMs) return known.found
    const found = checkCoordinator(coordinator, signer, nowMs)
    const verdict = { found, askedAtMs: nowMs }
    this.#verdicts.set(name, verdict)
    void found.then((result) => {
      if (result.ok) {
        this.#verdicts.set(name, { found, askedAtMs: Number.POSITIVE_INFINITY })
        this.#onEvent({ event: 'coordinator_accepted', place })
      } else {
        const why = describeCoordinatorFault(result.error)
        this.#onEvent({ event: 'coordinator_refused', place, why })
      }
    })
    return found
  }

  #remember(name: string, said: Payable): void {
    this.#payable.delete(name)
    this.#payable.set(name, { ...said, saidAtMs: this.#nowMs() })
    const [oldest] = this.#payable.keys()
    if (this.#payable.size > payableQuestionsMax && oldest !== undefined) {
      this.#payable.delete(oldest)
    }
  }
}
