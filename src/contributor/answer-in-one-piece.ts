import {
  AnswerContent,
  type ReceivedHashes,
  unaryHashes,
  unitHashes,
} from '../attestation/answer-transcript.ts'
import { unitAt } from '../domain/endpoint.ts'
import type { MeteredUsage } from '../domain/usage.ts'
import { answerFormats, isText } from '../upstream/answer-formats.ts'
import { readAnswerBody } from '../upstream/read-answer-body.ts'
import { countText, countUnits } from './count-answer.ts'
import { refusalOfEngine } from './engine-refusal.ts'
import { jobsNotKept } from './openai-refusal.ts'
import { replyJson } from './reply-json.ts'
import { failJob, type JobOutcome, type RunningJob, shownVoucher } from './running-job.ts'
import { sealJob } from './seal-job.ts'

/** The engine's bytes as they are, and the Work in a header. */
export async function answerInOnePiece(running: RunningJob): Promise<JobOutcome> {
  const { parts, reply, opened, cancellation } = running
  cancellation.onCancel(() => opened.abort())
  const body = await readAnswerBody(opened)
  if (cancellation.cancelled) return { outcome: 'client_gone' }
  if (!body.ok) return failJob(running, refusalOfEngine(body.error))
  const answer = running.told?.takeFromWhole(body.value) ?? body.value
  const read = readWhole(running, answer)
  if (read === undefined) {
    return failJob(running, refusalOfEngine({ reason: 'upstream_bad_response' }))
  }
  const isJson = running.admitted.asked.endpoint !== 'inference'
  const contentType = isJson ? 'application/json' : 'application/octet-stream'
  const whole = { contentType, body: answer }
  const sealed = await sealJob(running, read.hashes, read.usage, whole)
  if (!sealed.ok) {
    if (sealed.error === 'client_gone') return { outcome: sealed.error }
    return failJob(running, jobsNotKept)
  }
  const headers = {
    'content-type': contentType,
    'x-vouch-work': sealed.value,
    ...shownVoucher(parts),
  }
  replyJson(reply, { status: 200, body: answer, headers })
  return { outcome: 'complete', usage: read.usage, usageSource: read.usage.source }
}

/** Undefined where it is no answer to what was asked. */
function readWhole(
  { admitted, opened }: RunningJob,
  received: Buffer,
): { readonly hashes: ReceivedHashes; readonly usage: MeteredUsage } | undefined {
  const { asked, model } = admitted
  const { endpoint, choiceCount } = asked
  const answer = answerFormats[endpoint].readWhole(received, {
    choiceCount,
    contentType: opened.contentType,
    unit: unitAt(endpoint, undefined),
    expected: undefined,
  })
  if (answer === undefined) return undefined
  if (!isText(answer)) {
    const { delivered } = answer
    return { hashes: unitHashes({ received, delivered }), usage: countUnits(asked, model, answer) }
  }
  const content = AnswerContent.whole(answer.deltas, choiceCount)
  if (content === undefined) return undefined
  return {
    hashes: unaryHashes({ received, content, choiceCount }),
    usage: countText(asked, model, { content, reported: answer.usage }),
  }
}
