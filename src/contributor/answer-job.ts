/*
 * One job from its first byte to its last: admitted, begun in the book of jobs, answered by the engine in its turn, signed.
 */
import { Cancellation } from '../base/cancellation.ts'
import { openAnswer } from '../upstream/open-answer.ts'
import { type AdmittedJob, admitJob, whyUntaken } from './admit-job.ts'
import { streamAwakeMs } from './agent-limits.ts'
import type { AgentParts } from './agent-parts.ts'
import type { AgentReply, AgentRequest } from './agent-request.ts'
import { answerInOnePiece } from './answer-in-one-piece.ts'
import { answerInPieces } from './answer-in-pieces.ts'
import { type AskedAnswer, bodyForEngine, type SignedEndpoint } from './asked-answer.ts'
import { beginJob } from './begin-job.ts'
import type { KeptAnswer } from './contract-jobs.ts'
import { refusalOfEngine } from './engine-refusal.ts'
import { headersOfKept, recallAnswer } from './recall-answer.ts'
import { replyJson } from './reply-json.ts'
import { failJob, type JobOutcome, type RunningJob, refuse, shownVoucher } from './running-job.ts'
import { StreamOpening } from './stream-opening.ts'
import { ToldTokens } from './told-tokens.ts'

type Asking = Omit<RunningJob, 'opened' | 'told'>

export async function answerJob(
  parts: AgentParts,
  asked: { readonly endpoint: SignedEndpoint; readonly request: AgentRequest },
  reply: AgentReply,
): Promise<JobOutcome> {
  const cancellation = new Cancellation()
  reply.onGone(() => cancellation.cancel())
  const receivedAtMs = parts.terms.nowMs()
  const kept = await recallAnswer(parts.terms.contractJobs, asked.request)
  if (!kept.ok) return refuse(parts, reply, kept.error)
  if (kept.value !== undefined) return giveAgain(parts, reply, kept.value)
  const admitted = await admitJob(parts, asked.endpoint, asked.request)
  if (!admitted.ok) return refuse(parts, reply, admitted.error)
  const untaken = whyUntaken(parts)
  if (untaken !== undefined) return refuse(parts, reply, untaken)
  const taken = await beginJob(parts.terms, admitted.value)
  if (!taken.ok) return refuse(parts, reply, taken.error)
  const begun = taken.value
  const opening = openingOf(parts, reply, admitted.value)
  try {
    if (!(await parts.slots.take(cancellation))) return { outcome: 'client_gone' }
    try {
      const running = { parts, admitted: admitted.value, begun, reply, opening }
      return await askEngine({ ...running, cancellation, receivedAtMs })
    } finally {
      parts.slots.giveBack()
    }
  } finally {
    opening.settle()
    begun.over()
  }
}

function giveAgain(parts: AgentParts, reply: AgentReply, kept: KeptAnswer): JobOutcome {
  const headers = { ...headersOfKept(kept), ...shownVoucher(parts) }
  replyJson(reply, { status: 200, body: kept.body, headers })
  return { outcome: 'given_again' }
}

const openingOf = (parts: AgentParts, reply: AgentReply, { asked }: AdmittedJob): StreamOpening =>
  new StreamOpening({
    reply,
    headers: () => ({ ...streamHeaders, ...shownVoucher(parts) }),
    awakeMs: asked.stream ? (parts.terms.awakeMs ?? streamAwakeMs) : undefined,
  })

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
}

async function askEngine(asking: Asking): Promise<JobOutcome> {
  const { parts, admitted, cancellation } = asking
  const { asked, job, model, requestName } = admitted
  const { openings, engine } = parts.terms
  const { baseUrl, authorization, isRepeatable } = engine
  const isTold = openings !== undefined && asked.endpoint === 'chat/completions'
  const tokens = isTold ? engine.tokens : undefined
  const { completionTokensMax } = model
  const seed = isRepeatable === true ? Number.parseInt(job.jobId.slice(2, 10), 16) : undefined
  const opened = await openAnswer(parts.pools, {
    baseUrl,
    path: enginePathOf(asked),
    headers: {
      'content-type': typeOf(asked),
      ...(authorization !== undefined && { authorization }),
      ...(requestName !== undefined && { 'x-request-id': requestName }),
    },
    body: bodyForEngine(asked, { completionTokensMax, seed, tokens }),
    stream: asked.stream,
    cancellation,
  })
  if (cancellation.cancelled) return { outcome: 'client_gone' }
  if (!opened.ok) return failJob(asking, refusalOfEngine(opened.error))
  const expected = asked.stream ? 'text/event-stream' : typeOf(asked)
  if (!opened.value.contentType.toLowerCase().startsWith(expected)) {
    opened.value.abort()
    return failJob(asking, refusalOfEngine({ reason: 'upstream_bad_response' }))
  }
  const told = tokens === undefined ? undefined : new ToldTokens(asked.choiceCount, asked.logprobs)
  const running = { ...asking, opened: opened.value, told }
  return asked.stream ? answerInPieces(running) : answerInOnePiece(running)
}

/** Of what is asked, and of an answer in one piece. */
const typeOf = ({ endpoint }: AskedAnswer): string =>
  endpoint === 'inference' ? 'application/octet-stream' : 'application/json'

const enginePathOf = ({ endpoint, model }: AskedAnswer): string =>
  endpoint === 'inference' ? `/inference/${encodeURIComponent(model)}` : `/${endpoint}`
