/*
 * One job from its first byte to its last: admitted, begun in the book of jobs, answered by the engine in its turn, signed.
 */
import { Cancellation } from '../base/cancellation.ts'
import { openAnswer } from '../upstream/open-answer.ts'
import { admitJob, whyUntaken } from './admit-job.ts'
import type { AgentParts } from './agent-parts.ts'
import type { AgentReply, AgentRequest } from './agent-request.ts'
import { answerInOnePiece } from './answer-in-one-piece.ts'
import { answerInPieces } from './answer-in-pieces.ts'
import { bodyForEngine, type SignedEndpoint } from './asked-answer.ts'
import { refusalOfEngine } from './engine-refusal.ts'
import { jobAlreadySigned } from './openai-refusal.ts'
import { type JobOutcome, type RunningJob, refuse } from './running-job.ts'

type Asking = Omit<RunningJob, 'opened'>

export async function answerJob(
  parts: AgentParts,
  asked: { readonly endpoint: SignedEndpoint; readonly request: AgentRequest },
  reply: AgentReply,
): Promise<JobOutcome> {
  const cancellation = new Cancellation()
  reply.onGone(() => cancellation.cancel())
  const receivedAtMs = parts.terms.nowMs()
  const admitted = await admitJob(parts, asked.endpoint, asked.request)
  if (!admitted.ok) return refuse(parts, reply, admitted.error)
  const untaken = whyUntaken(parts)
  if (untaken !== undefined) return refuse(parts, reply, untaken)
  const { job } = admitted.value
  const begun = parts.terms.jobs.begin(job)
  if (begun === undefined) return refuse(parts, reply, jobAlreadySigned(job.jobId))
  try {
    if (!(await parts.slots.take(cancellation))) return { outcome: 'client_gone' }
    try {
      const running = { parts, admitted: admitted.value, begun, reply, cancellation, receivedAtMs }
      return await askEngine(running)
    } finally {
      parts.slots.giveBack()
    }
  } finally {
    begun.over()
  }
}

async function askEngine(asking: Asking): Promise<JobOutcome> {
  const { parts, admitted, reply, cancellation } = asking
  const { asked, job, model } = admitted
  const { baseUrl, authorization, isRepeatable } = parts.terms.engine
  const { completionTokensMax } = model
  const seed = isRepeatable === true ? Number.parseInt(job.jobId.slice(2, 10), 16) : undefined
  const opened = await openAnswer(parts.pools, {
    baseUrl,
    path: `/${asked.endpoint}`,
    headers: {
      'content-type': 'application/json',
      ...(authorization !== undefined && { authorization }),
    },
    body: bodyForEngine(asked, { completionTokensMax, seed }),
    stream: asked.stream,
    cancellation,
  })
  if (cancellation.cancelled) return { outcome: 'client_gone' }
  if (!opened.ok) return refuse(parts, reply, refusalOfEngine(opened.error), 'failed')
  const expected = asked.stream ? 'text/event-stream' : 'application/json'
  if (!opened.value.contentType.toLowerCase().startsWith(expected)) {
    opened.value.abort()
    const refusal = refusalOfEngine({ reason: 'upstream_bad_response' })
    return refuse(parts, reply, refusal, 'failed')
  }
  const running = { ...asking, opened: opened.value }
  return asked.stream ? answerInPieces(running) : answerInOnePiece(running)
}
