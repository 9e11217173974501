import { AnswerRelay, doneEvent } from './answer-relay.ts'
import { countText } from './count-answer.ts'
import { engineFailed } from './engine-refusal.ts'
import { jobsNotKept, type OpenAiRefusal } from './openai-refusal.ts'
import { type JobOutcome, type RunningJob, refuse, shownVoucher } from './running-job.ts'
import { sealJob } from './seal-job.ts'
import { StreamCheckpoints } from './stream-checkpoints.ts'

/** A stream as it comes, and the Work behind its end. */
export async function answerInPieces(running: RunningJob): Promise<JobOutcome> {
  const { parts, admitted, begun, reply, opened, cancellation } = running
  const { asked, job, inputHash } = admitted
  const { signer, nowMs } = parts.terms
  let hasBegun = false
  const begin = (): void => {
    if (hasBegun) return
    hasBegun = true
    reply.head(200, { ...streamHeaders, ...shownVoucher(parts) })
  }
  const fail = (refusal: OpenAiRefusal): JobOutcome => {
    if (!hasBegun) return refuse(parts, reply, refusal, 'failed')
    reply.fail()
    return { outcome: 'failed', code: refusal.code }
  }
  const askedMs = nowMs()
  const checkpoints = new StreamCheckpoints({ signer, job, begun, nowMs: askedMs })
  const { endpoint, choiceCount } = asked
  const facts = { job, inputHash, endpoint, choiceCount, checkpoints }
  const relay = new AnswerRelay(opened, { ...facts, reply, begin, nowMs })
  cancellation.onCancel(() => relay.leave())
  const end = await relay.ended
  if (end.kind === 'client_gone') return { outcome: 'client_gone' }
  if (end.kind === 'failed') return fail({ ...engineFailed, code: end.why })
  const { content } = relay.transcript
  const usage = countText(asked, admitted.model, { content, reported: relay.usage })
  const sealed = await sealJob(running, end.hashes, usage)
  if (!sealed.ok)
    return sealed.error === 'client_gone' ? { outcome: sealed.error } : fail(jobsNotKept)
  begin()
  reply.write(Buffer.concat([doneEvent, Buffer.from(`: vouch-work ${sealed.value}\n\n`)]))
  reply.end()
  const { firstContentMs: firstMs, lastContentMs: lastMs } = relay
  if (firstMs !== undefined) parts.speed.streamed(usage, { askedMs, firstMs, lastMs })
  return { outcome: 'complete', usage, usageSource: usage.source }
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
}
