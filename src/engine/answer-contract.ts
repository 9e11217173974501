/*
 * A job that a contract asked for: it is begun only where our own node says that its coordinator would pay, and an answer that
 * was given is given again.
 */
import type { ServerResponse } from 'node:http'
import { err, ok, type Result } from '../base/result.ts'
import { coordinatorNotAccepted } from '../contributor/contract-job-refusal.ts'
import type { PayableJob } from '../contributor/contract-jobs.ts'
import type { Job } from '../contributor/job-headers.ts'
import type { OpenAiRefusal } from '../contributor/openai-refusal.ts'
import type { ToldAsk } from '../contributor/read-contract-job.ts'
import { headersOfKept, recallAnswer } from '../contributor/recall-answer.ts'
import { sendJson } from '../contributor/send-json.ts'
import { coversTokens, noPrices } from '../domain/price-sheet.ts'
import type { Engine } from './engine.ts'
import type { Asked, PlannedAnswer, RequestOutcome } from './planned-answer.ts'

/** Sends what was answered before. Undefined where that was nothing. */
export async function answerAgain(
  engine: Engine,
  asked: Asked,
  response: ServerResponse,
): Promise<Result<RequestOutcome | undefined, OpenAiRefusal>> {
  const kept = await recallAnswer(engine.contractJobs, asked)
  if (!kept.ok) return kept
  if (kept.value === undefined) return ok(undefined)
  const { body } = kept.value
  sendJson(response, { status: 200, body, headers: headersOfKept(kept.value) })
  return ok({ outcome: 'given_again' })
}

export async function admitContract(
  { contractJobs, credit }: Engine,
  told: ToldAsk,
  { job, inputHash, wanted }: Pick<PlannedAnswer, 'inputHash' | 'wanted'> & { readonly job: Job },
): Promise<Result<PayableJob, OpenAiRefusal>> {
  if (contractJobs === undefined)
    return err(coordinatorNotAccepted(told, 'no contract is answered'))
  const asks = credit?.agreement.prices ?? noPrices
  const { gateway } = job
  return contractJobs.admit(
    told,
    { ...job, inputHash },
    { ...wanted, gateway, asks, accepts: (paid) => coversTokens(paid, asks) },
  )
}
