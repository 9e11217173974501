/*
 * Takes one job as far as it goes now: judged, answered as often as must agree, delivered. Each step reads what is so from the
 * record and the chain, so that another process goes on at any line where this one ends.
 */
import type { Cancellation } from '../base/cancellation.ts'
import type { GatewayLog } from '../base/log.ts'
import type { Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Payer, UnpaidRequest } from '../domain/request.ts'
import type { Address } from '../domain/units.ts'
import { type ContractJob, type ContractJobStore, isOpenJob } from '../store/contract-job-store.ts'
import { answersMissing, isKept } from './agreed-answers.ts'
import { type AnswerDeps, askAnswer, dropAnswer, keepAnswer } from './ask-answer.ts'
import type { HeldJob, JobChange } from './held-job.ts'
import type { DeliveryDesk, DeliveryOutcome } from './job-delivery.ts'
import { endChange, endOf, type JobEnd, logEnd } from './job-end.ts'
import type { JobReason } from './job-reason.ts'
import type { JobSource } from './job-source.ts'
import { type JobCandidate, type JobVerdict, judgeJob, judgeTerms } from './judge-job.ts'
import {
  inputPauseLeastMs,
  inputPauseMs,
  jobFailuresMax,
  jobPauseFirstMs,
  jobPauseLastMs,
} from './limits.ts'
import { isPermanent, outages, reasonOfInput } from './refused-input.ts'

export type JobDeps = AnswerDeps & {
  readonly store: ContractJobStore
  /** This gateway's operator. */
  readonly gateway: Address
  readonly candidates: (request: UnpaidRequest) => readonly JobCandidate[]
  readonly tiersOf: (candidate: JobCandidate) => number
  /** What the bytes of a job ask for; the same bytes go to the contributor. */
  readonly readInput: (
    job: Pick<ContractJob, 'jobId' | 'source' | 'ask' | 'input'>,
  ) => Promise<Result<UnpaidRequest, Refusal>>
  /** Undefined where the account that pays is not there, or not to be used. */
  readonly payerOf: (job: ContractJob) => Promise<Payer | undefined>
  /** Whether a request of an earlier process may still be charged. */
  readonly isHeld: (requestId: string) => Promise<boolean>
  readonly log: GatewayLog
}

/** One job in the hands of this process. */
export type JobTask = {
  readonly held: HeldJob
  readonly source: JobSource
  readonly delivery: DeliveryDesk
  readonly cancellation: Cancellation
  /** Resolves when this process is to end. */
  readonly stopping: Promise<void>
}

/** Throws StoreFailure. */
export async function advanceJob(deps: JobDeps, task: JobTask): Promise<void> {
  const { held, cancellation } = task
  while (isOpenJob(held.job) && !held.isLost && !cancellation.cancelled) {
    if (!(await step(deps, task))) return
  }
}

/** False: nothing more can be done now. */
function step(deps: JobDeps, task: JobTask): Promise<boolean> {
  switch (task.held.job.state) {
    case 'running':
      return answer(deps, task)
    case 'answered':
    case 'delivering':
      return deliver(deps, task)
    default:
      return judge(deps, task)
  }
}

async function judge(deps: JobDeps, task: JobTask): Promise<boolean> {
  const { held, source, delivery } = task
  const { job } = held
  const standing = await source.standing(job)
  if (!standing.ok) return wait(deps, held, 'chain_unreachable')
  const ended = endOf(job, standing.value)
  if (ended !== undefined) return end(deps, held, ended)
  const { chainNowS } = standing.value
  const byTerms = judgeTerms(job.ask, { gateway: deps.gateway, chainNowS })
  if (byTerms !== undefined) return refuse(deps, held, byTerms)
  if (job.input === undefined) {
    const leftMs = Math.max(inputPauseLeastMs, (job.ask.deadlineS - chainNowS) * 1_000)
    const pauseMs = Math.min(inputPauseMs, leftMs)
    return wait(deps, held, 'input_missing', { notBeforeMs: deps.nowMs() + pauseMs })
  }
  const fee = await delivery.judge(source, job)
  if (fee.kind === 'never') return refuse(deps, held, fee)
  if (fee.kind === 'wait') {
    return wait(deps, held, fee.reason, { notBeforeMs: fee.untilMs, detail: fee.detail })
  }
  const read = await readAndJudge(deps, job, chainNowS)
  if (!('request' in read)) {
    const { verdict } = read
    return verdict.kind === 'never' ? refuse(deps, held, verdict) : wait(deps, held, verdict.reason)
  }
  const { modelName, endpoint } = read.request
  return held.change(() => ({
    ...{ state: 'running', modelName, endpoint, reason: undefined, detail: undefined },
  }))
}

type ReadJob =
  | { readonly verdict: Exclude<JobVerdict, { readonly kind: 'take' }> }
  | {
      readonly verdict: Extract<JobVerdict, { readonly kind: 'take' }>
      readonly request: UnpaidRequest
      readonly payer: Payer
    }

async function readAndJudge(deps: JobDeps, job: ContractJob, chainNowS: number): Promise<ReadJob> {
  const read = await deps.readInput(job)
  if (!read.ok) return { verdict: { kind: 'never', ...reasonOfInput(read.error) } }
  const request = read.value
  const { gateway, tiersOf } = deps
  const judged = { gateway, chainNowS, tiersOf, candidates: deps.candidates(request) }
  const verdict = judgeJob(job.ask, request, judged)
  if (verdict.kind !== 'take') return { verdict }
  const payer = await deps.payerOf(job)
  if (payer === undefined) return { verdict: { kind: 'never', reason: 'account_unusable' } }
  return { verdict, request, payer }
}

/** Asks for all answers that are missing, each of others, at the same time. */
async function answer(deps: JobDeps, task: JobTask): Promise<boolean> {
  const { held, source, cancellation } = task
  if (!(await recoverAnswers(deps, held))) return wait(deps, held, 'charge_open')
  const standing = await source.standing(held.job)
  if (!standing.ok) return wait(deps, held, 'chain_unreachable')
  const ended = endOf(held.job, standing.value)
  if (ended !== undefined) return end(deps, held, ended)
  const missing = answersMissing(held.job)
  if (missing === 'no_agreement') return end(deps, held, { state: 'failed', reason: missing })
  if (missing === 0) return answered(deps, held)
  const read = await readAndJudge(deps, held.job, standing.value.chainNowS)
  // It was judged good once: whoever could answer it then may be back before the deadline.
  if (!('request' in read)) return failAgain(deps, held, read.verdict.reason)
  const groups = groupsOf(held.job, read.verdict.eligible, missing)
  if (groups === undefined) return failAgain(deps, held, 'no_contributor_now')
  const { request, payer } = read
  const failures = await Promise.all(
    groups.map((only) => askAnswer(deps, held, { request, payer, only, cancellation })),
  )
  const failure = failures.find((one) => one !== undefined)
  if (held.isLost || cancellation.cancelled) return false
  if (failure === undefined) return true
  if (isPermanent(failure.reason)) {
    return end(deps, held, { state: 'failed', reason: 'not_answered', detail: failure.reason })
  }
  const detail = failure.reason
  if (outages.has(detail)) return wait(deps, held, 'no_contributor_now', { detail })
  const reason = failure.reason === 'answer_unusable' ? failure.reason : 'no_contributor_now'
  return failAgain(deps, held, reason, detail)
}

/** What an earlier process, or an outage of the books, left in between. False: its charge may still come. */
async function recoverAnswers(deps: JobDeps, held: HeldJob): Promise<boolean> {
  for (const { requestId, state } of held.job.answers) {
    if (state === 'kept') continue
    if (await deps.isHeld(requestId)) return false
    if (state === 'charging') await keepAnswer(deps, held, requestId)
    else await dropAnswer(held, requestId)
  }
  return true
}

/** Contributors for each missing answer: no operator twice, and none that has answered. Undefined: too few. */
function groupsOf(
  { answers }: ContractJob,
  eligible: readonly JobCandidate[],
  missing: number,
): readonly (readonly string[])[] | undefined {
  const before = new Set(answers.filter(isKept).map(({ contributor }) => contributor))
  const others = eligible.filter(({ contributor }) => !before.has(contributor.identity?.operator))
  const operators = [...new Set(others.map(({ contributor }) => contributor.identity?.operator))]
  if (operators.length < missing) return undefined
  return Array.from({ length: missing }, (_, slot) => {
    const own = new Set(operators.filter((__, index) => index % missing === slot))
    return others
      .filter(({ contributor }) => own.has(contributor.identity?.operator))
      .map(({ contributor }) => contributor.contributorId)
  })
}

async function answered(deps: JobDeps, held: HeldJob): Promise<boolean> {
  const { job } = held
  const done = await held.change(() => ({ state: 'answered', failures: 0, reason: undefined }))
  if (done) {
    const { jobId, modelName, answers } = job
    deps.log.info('job_answered', { jobId, modelName: modelName ?? '', answers: answers.length })
  }
  return done
}

async function deliver(deps: JobDeps, task: JobTask): Promise<boolean> {
  const { held, source, delivery, stopping } = task
  if (held.job.state === 'answered') {
    const { jobId, ask } = held.job
    const intent = { intentId: `delivery:${jobId}`, fee: ask.terms.deliveryFee }
    return held.change((job) => ({ state: 'delivering', delivery: job.delivery ?? intent }))
  }
  // What the outbox has goes on by itself, here or in the next process.
  const outcome = await Promise.race([delivery.deliver(source, held.job), stopping])
  if (outcome === undefined) return false
  if (outcome.kind === 'wait') {
    return wait(deps, held, outcome.reason, {
      notBeforeMs: outcome.untilMs,
      detail: outcome.detail,
    })
  }
  return end(deps, held, await endOfDelivery(task, outcome))
}

async function endOfDelivery(
  { held: { job }, source }: JobTask,
  outcome: Exclude<DeliveryOutcome, { readonly kind: 'wait' }>,
): Promise<JobEnd> {
  const delivery = job.delivery ?? { intentId: `delivery:${job.jobId}` }
  if (outcome.kind === 'delivered') {
    const { transactionHash } = outcome
    return { state: 'delivered', delivery: { ...delivery, transactionHash } }
  }
  const { reason, detail } = outcome
  if (reason === 'delivered_by_another') {
    const standing = await source.standing(job)
    const isOurs = standing.ok && standing.value.deliveryFeeIsOurs === true
    return isOurs ? { state: 'delivered', delivery } : { state: 'lost', reason }
  }
  if (reason === 'deadline_passed') return { state: 'expired', reason }
  if (reason === 'reorganised') return { state: 'gone', reason }
  return { state: 'failed', reason, detail }
}

async function end(deps: JobDeps, held: HeldJob, ended: JobEnd): Promise<false> {
  if (await held.change((job) => endChange(job, ended, deps.nowMs()))) {
    logEnd(deps.log, held.job, ended)
  }
  return false
}

const refuse = (
  deps: JobDeps,
  held: HeldJob,
  verdict: {
    readonly kind: string
    readonly reason?: JobReason
    readonly detail?: string | undefined
  },
): Promise<false> =>
  end(deps, held, { state: 'refused', reason: verdict.reason, detail: verdict.detail })

/** Looked at again later, by whoever has time then. */
async function wait(
  deps: JobDeps,
  held: HeldJob,
  reason: JobReason,
  more: JobChange = {},
): Promise<false> {
  const pauseMs = Math.min(jobPauseFirstMs * 2 ** held.job.failures, jobPauseLastMs)
  await held.change(({ state }) => ({
    state: state === 'found' ? 'waiting' : state,
    reason,
    detail: undefined,
    notBeforeMs: deps.nowMs() + pauseMs,
    ...more,
  }))
  return false
}

async function failAgain(
  deps: JobDeps,
  held: HeldJob,
  reason: JobReason,
  detail?: string,
): Promise<false> {
  const failures = held.job.failures + 1
  if (failures > jobFailuresMax) {
    return end(deps, held, { state: 'failed', reason: 'not_answered', detail })
  }
  return wait(deps, held, reason, { failures, detail })
}
