import type { ServerResponse } from 'node:http'
import { assert, InvariantViolation } from '../base/assert.ts'
import type { PayableJob } from '../contributor/contract-jobs.ts'
import { unpaidAmount } from '../contributor/credit-book.ts'
import type { Job } from '../contributor/job-headers.ts'
import {
  creditExhausted,
  engineBusy,
  errorBody,
  internalError,
  type OpenAiRefusal,
} from '../contributor/openai-refusal.ts'
import { readToldAsk } from '../contributor/read-contract-job.ts'
import { sendRefusal } from '../contributor/send-json.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
import { admitContract, answerAgain } from './answer-contract.ts'
import type { Engine } from './engine.ts'
import { busyRetryAfterS } from './limits.ts'
import type { Asked, PlanAnswer, PlannedAnswer, RequestOutcome } from './planned-answer.ts'

/** Never throws: a fault of ours is answered 500, or in band once bytes have left. */
export async function answerRequest(
  engine: Engine,
  asked: Asked & { readonly plan: PlanAnswer },
  response: ServerResponse,
): Promise<RequestOutcome> {
  try {
    return await answerOrRefuse(engine, asked, response)
  } catch (error) {
    sendFailure(response)
    return { outcome: 'failed', failure: failureOf(error) }
  }
}

async function answerOrRefuse(
  engine: Engine,
  asked: Asked & { readonly plan: PlanAnswer },
  response: ServerResponse,
): Promise<RequestOutcome> {
  const again = await answerAgain(engine, asked, response)
  if (!again.ok) return refuse(response, again.error)
  if (again.value !== undefined) return again.value
  const planned = asked.plan(engine, asked)
  if (!planned.ok) return refuse(response, planned.error)
  const told = readToldAsk(asked.headers)
  if (!told.ok) return refuse(response, told.error)
  const { job } = planned.value
  if (told.value !== undefined && job !== undefined) {
    const payable = await admitContract(engine, told.value, { ...planned.value, job })
    if (!payable.ok) return refuse(response, payable.error)
    return answerJob(engine, { ...planned.value, job, payable: payable.value }, response)
  }
  const { credit } = engine
  if (credit !== undefined) {
    const admitted = await credit.admit(single(asked.headers[voucherHeader]))
    if (credit.shown !== undefined) response.setHeader(voucherHeader, credit.shown)
    if (!admitted) return refuse(response, creditExhausted(unpaidAmount(credit.book)))
  }
  return job === undefined
    ? answerInOrder(engine, planned.value, response)
    : answerJob(engine, { ...planned.value, job, payable: undefined }, response)
}

async function answerJob(
  engine: Engine,
  planned: PlannedAnswer & { readonly job: Job; readonly payable: PayableJob | undefined },
  response: ServerResponse,
): Promise<RequestOutcome> {
  const { workSigner, contractJobs } = engine
  assert(workSigner !== undefined, 'a job is read only where it can be signed')
  const begun = await workSigner.beginJob(planned, contractJobs)
  if (!begun.ok) return refuse(response, begun.error)
  try {
    return await answerInOrder(engine, planned, response)
  } finally {
    // One that was signed does not begin again.
    workSigner.endJob(planned.job)
  }
}

const single = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0]

function refuse(response: ServerResponse, refusal: OpenAiRefusal): RequestOutcome {
  sendRefusal(response, refusal)
  return { outcome: 'refused', code: refusal.code }
}

/** Waits for its turn, and gives it back whatever happens. */
async function answerInOrder(
  engine: Engine,
  { slots, answer }: PlannedAnswer,
  response: ServerResponse,
): Promise<RequestOutcome> {
  const signal = closedSignal(response)
  const turn = await engine.turns.take(slots, signal)
  if (!turn.ok) {
    if (turn.error === 'queue_full') return refuse(response, engineBusy(busyRetryAfterS))
    return { outcome: 'client_gone' }
  }
  try {
    return await answer(response, signal)
  } finally {
    turn.value.giveBack()
  }
}

/** Aborted when the connection closes before the answer was handed to it whole. */
function closedSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  if (response.destroyed) controller.abort()
  else response.once('close', () => controller.abort())
  return controller.signal
}

/**
 * Once a part of an answer has left, only an error event tells the client that the rest is missing:
 * no [DONE] follows.
 */
function sendFailure(response: ServerResponse): void {
  if (!response.headersSent) sendRefusal(response, internalError)
  else if (!response.writableEnded) response.end(`data: ${errorBody(internalError)}\n\n`)
}

/**
 * Messages of foreign errors may quote what they were given, and what they are given is a prompt.
 */
const failureOf = (error: unknown): string => {
  if (error instanceof InvariantViolation) return error.message
  return error instanceof Error ? error.name : 'unknown'
}
