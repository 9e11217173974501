import type { Refusal } from '../../domain/refusal.ts'
import type { ToldProof } from '../../gateway/proofs-door.ts'
import { errorBody } from '../raw-response.ts'

/** How far a job is, without what it ends with. */
const headOf = ({ job, live, estimateS }: ToldProof): Readonly<Record<string, unknown>> => ({
  id: job.proofId,
  object: 'vouch.proof_job',
  status: job.state,
  model: job.modelName,
  request_id: job.requestId,
  created_at: Math.floor(job.createdAtMs / 1_000),
  ended_at: job.endedAtMs === undefined ? null : Math.floor(job.endedAtMs / 1_000),
  position: live?.position ?? null,
  progress:
    live?.progress === undefined
      ? null
      : {
          stage: live.progress.stage,
          fraction: live.progress.fraction ?? null,
          elapsed_ms: Math.round(live.progress.elapsedMs),
        },
  estimate_seconds: estimateS === undefined ? null : Math.ceil(estimateS),
})

/** For who follows: what changes. */
export const progressText = (told: ToldProof): string => JSON.stringify(headOf(told))

/** The whole. `answer` and `receipt` are the very texts that were hashed and signed. */
export function proofText(told: ToldProof): string {
  const { job, receipt } = told
  const isDone = job.state === 'done'
  const tail = {
    error: job.refusal === undefined ? null : errorOf(job.refusal, job.requestId),
    proof: (isDone ? job.proof : undefined) ?? null,
  }
  const members = JSON.stringify({ ...headOf(told), ...tail }).slice(0, -1)
  const answer = (isDone ? job.answer : undefined) ?? 'null'
  return `${members},"answer":${answer},"receipt":${receipt ?? 'null'}}`
}

function errorOf(refusal: string, requestId: string): unknown {
  const body = JSON.parse(errorBody(JSON.parse(refusal) as Refusal, requestId)) as {
    readonly error: unknown
  }
  return body.error
}
