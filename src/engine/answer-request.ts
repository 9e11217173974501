import type { ServerResponse } from 'node:http'
import { InvariantViolation } from '../base/assert.ts'
import { unpaidAmount } from '../contributor/credit-book.ts'
import {
  creditExhausted,
  engineBusy,
  errorBody,
  internalError,
  jobAlreadySigned,
  type OpenAiRefusal,
} from '../contributor/openai-refusal.ts'
import { sendRefusal } from '../contributor/send-json.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
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
  const planned = asked.plan(engine, asked)
  if (!planned.ok) return refuse(response, planned.error)
  const { credit } = engine
  if (credit !== undefined) {
    const admitted = await credit.admit(single(asked.headers[voucherHeader]))
    if (credit.shown !== undefined) response.setHeader(voucherHeader, credit.shown)
    if (!admitted) return refuse(response, creditExhausted(unpaidAmount(credit.book)))
  }
  const { job } = planned.value
  if (job === undefined) return answerInOrder(engine, planned.value, response)
  if (!engine.workSigner?.beginJob(job)) {
    return refuse(response, jobAlreadySigned(job.jobId))
  }
  try {
    return await answerInOrder(engine, planned.value, response)
  } finally {
    // Does nothing to a job that was signed.
    engine.workSigner.abandonJob(job)
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
