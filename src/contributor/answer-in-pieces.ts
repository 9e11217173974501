import { AnswerRelay, doneEvent } from './answer-relay.ts'
import { countText } from './count-answer.ts'
import { engineFailed } from './engine-refusal.ts'
import { jobsNotKept } from './openai-refusal.ts'
import { failJob, type JobOutcome, type RunningJob } from './running-job.ts'
import { sealJob } from './seal-job.ts'
import { StreamCheckpoints } from './stream-checkpoints.ts'

/** A stream as it comes, and the Work behind its end. */
export async function answerInPieces(running: RunningJob): Promise<JobOutcome> {
  const { parts, admitted, begun, reply, opening, opened, cancellation, told } = running
  const { asked, job, inputHash } = admitted
  const { signer, nowMs } = parts.terms
  const askedMs = nowMs()
  const checkpoints = new StreamCheckpoints({ signer, job, begun, nowMs: askedMs })
  const { endpoint, choiceCount } = asked
  const facts = { job, inputHash, endpoint, choiceCount, checkpoints }
  const relay = new AnswerRelay(opened, { ...facts, reply, opening, told, nowMs })
  cancellation.onCancel(() => relay.leave())
  const end = await relay.ended
  if (end.kind === 'client_gone') return { outcome: 'client_gone' }
  if (end.kind === 'failed') return failJob(running, { ...engineFailed, code: end.why })
  const { content } = relay.transcript
  const usage = countText(asked, admitted.model, { content, reported: relay.usage })
  const sealed = await sealJob(running, end.hashes, usage)
  if (!sealed.ok) {
    return sealed.error === 'client_gone'
      ? { outcome: sealed.error }
      : failJob(running, jobsNotKept)
  }
  opening.begin()
  reply.write(Buffer.concat([doneEvent, Buffer.from(`: vouch-work ${sealed.value}\n\n`)]))
  reply.end()
  const { firstContentMs: firstMs, lastContentMs: lastMs } = relay
  if (firstMs !== undefined) parts.speed.streamed(usage, { askedMs, firstMs, lastMs })
  return { outcome: 'complete', usage, usageSource: usage.source }
}
