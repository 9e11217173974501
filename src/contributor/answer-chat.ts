import type { ServerResponse } from 'node:http'
import { InvariantViolation } from '../base/assert.ts'
import { answerStreamed } from './answer-streamed.ts'
import { answerWhole } from './answer-whole.ts'
import { type Answering, usageOf } from './answering.ts'
import { planChatWork } from './chat-work.ts'
import type { Engine } from './engine.ts'
import { readPrompt } from './generate.ts'
import type { RequestHeaders } from './job-headers.ts'
import { busyRetryAfterS, prefillTokensMax } from './limits.ts'
import {
  engineBusy,
  errorBody,
  internalError,
  jobAlreadySigned,
  type OpenAiRefusal,
} from './openai-refusal.ts'
import { sendRefusal } from './send-json.ts'

/**
 * What became of a request, for its log line: counts and reasons, never a word of prompt or answer.
 */
export type ChatOutcome = {
  readonly outcome: 'complete' | 'client_gone' | 'failed' | 'refused'
  /** The code of the refusal. */
  readonly code?: string
  readonly stream?: boolean
  readonly promptTokens?: number
  readonly cachedPromptTokens?: number
  readonly completionTokens?: number
  /** What broke: an invariant in its own words, anything else by its kind. */
  readonly failure?: string
}

/**
 * Answers POST /v1/chat/completions. Never throws: a fault of ours is answered 500, or in band once
 * bytes have left.
 */
export async function answerChat(
  engine: Engine,
  asked: { readonly headers: RequestHeaders; readonly body: Buffer },
  response: ServerResponse,
): Promise<ChatOutcome> {
  const refuse = (refusal: OpenAiRefusal): ChatOutcome => {
    sendRefusal(response, refusal)
    return { outcome: 'refused', code: refusal.code }
  }
  const planned = planChatWork(engine, asked)
  if (!planned.ok) return refuse(planned.error)
  const work = planned.value
  const { job } = work
  if (job !== undefined && !engine.workSigner?.beginJob(job.jobId)) {
    return refuse(jobAlreadySigned(job.jobId))
  }
  const signal = closedSignal(response)
  try {
    const turn = await engine.turns.take(signal)
    if (!turn.ok && turn.error === 'queue_full') return refuse(engineBusy(busyRetryAfterS))
    if (!turn.ok) return { outcome: 'client_gone' }
    try {
      return await answerInTurn({ engine, work, response, signal })
    } finally {
      turn.value.giveBack()
    }
  } catch (error) {
    sendFailure(response)
    return { outcome: 'failed', failure: failureOf(error) }
  } finally {
    // Does nothing to a job that was signed.
    if (job !== undefined) engine.workSigner?.abandonJob(job.jobId)
  }
}

async function answerInTurn(asked: Omit<Answering, 'prompt'>): Promise<ChatOutcome> {
  const { engine, work, signal } = asked
  const prompt = await readPrompt({
    model: engine.model,
    prefixCache: engine.prefixCache,
    tokens: work.promptTokens,
    blockTokens: prefillTokensMax,
    signal,
  })
  if (prompt === undefined) return { outcome: 'client_gone' }
  const answer = work.request.stream ? answerStreamed : answerWhole
  const { finished, completionTokens } = await answer({ ...asked, prompt })
  return {
    outcome: finished ? 'complete' : 'client_gone',
    stream: work.request.stream,
    ...usageOf({ work, prompt }, completionTokens),
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
