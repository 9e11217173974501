/*
 * Between an answer and its charge, where a proof was asked for: the answer is kept from everybody until its proof is made and
 * was verified. Its hold stands so long; whatever goes wrong, nothing is charged.
 */
import { InvariantViolation } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import { decodeTensor } from '../base/wire-tensor.ts'
import type { ProofDocument } from '../domain/proof-document.ts'
import type { Refusal } from '../domain/refusal.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import type { ProofRun, ProvingRefusal } from '../proving/proof-run.ts'
import type { ProofTask } from '../proving/prover-port.ts'
import { answerHeaders } from './answer-headers.ts'
import { releaseHold, requestOnly } from './enter-limits.ts'
import type { Gateway } from './gateway.ts'
import { endServedAttempt } from './note-attempt.ts'
import type { BegunAnswer } from './open-first-answer.ts'
import { writeProofOrder } from './proof-order.ts'
import { logEnded, type ServedRequest } from './settle-answer.ts'

export type ProvenAnswer = {
  readonly proof: ProofDocument
  /** Told what became of the charge, once. */
  readonly settled: (failure: Refusal | undefined) => Promise<void>
}

type Answered = {
  /** As the contributor sent it. */
  readonly wire: Buffer
  /** As the client gets it. */
  readonly value: Buffer
}

/** Its contributor is done: it must not seem busy, or slow, while a proof is made of its answer. */
export function withoutContributor(
  gateway: Gateway,
  served: ServedRequest,
  usage: Parameters<typeof endServedAttempt>[1]['usage'],
): ServedRequest {
  const { begun } = served
  const ending = { outcome: 'complete', reason: undefined, ...(usage && { usage }) } as const
  endServedAttempt(begun, ending, gateway.nowMs())
  const attempt: BegunAnswer['attempt'] = { ...begun.attempt, ended: nothing, abandoned: nothing }
  return { ...served, begun: { ...begun, attempt } }
}

const nothing = (): void => {}

/** The proof, and the job that it ends; or why there is none, with the hold given back. */
export async function proveAnswer(
  gateway: Gateway,
  served: ServedRequest,
  answered: Answered,
): Promise<Result<ProvenAnswer, Refusal>> {
  let run: ProofRun | undefined
  try {
    const begun = await beginRun(gateway, served)
    if (!begun.ok) return await giveUp(gateway, served, begun.error)
    run = begun.value
    const proven = await run.prove(taskOf(served, answered), served.client.cancellation)
    if (!proven.ok) return await giveUp(gateway, served, proven.error, run)
    const { value: proof } = proven
    if (await run.charging({ answer: answered.value.toString(), proof })) {
      return ok({ proof, settled: settling(run) })
    }
    return await giveUp(gateway, served, { reason: 'hold_lost' }, run)
  } catch (error) {
    run?.abandon()
    if (!isStoreFailure(error)) throw error
    return giveUp(gateway, served, { reason: 'store_unavailable' })
  }
}

async function beginRun(
  { proving }: Gateway,
  served: ServedRequest,
): Promise<Result<ProofRun, ProvingRefusal>> {
  const { request, client } = served
  const { taken } = client.proof ?? {}
  if (taken !== undefined) return ok(taken)
  if (proving === undefined) throw new InvariantViolation('a proof is asked for where one is made')
  const { modelName, requestId, receiptId, payer } = request
  const begun = await proving.begin({
    ...{ modelName, requestId, receiptId, channelId: payer.channelId },
    order: writeProofOrder(request),
  })
  if (begun.ok) client.proof?.begun(begun.value.job, answerHeaders(served))
  return begun
}

function taskOf({ request, begun }: ServedRequest, { wire }: Answered): ProofTask {
  const input = decodeTensor(request.forwardedBody)
  const output = decodeTensor(wire)
  const { modelName, tensors } = begun.attempt.candidate.offer
  const proof = tensors?.proof
  if (input === undefined || output === undefined || proof === undefined) {
    throw new InvariantViolation('tensors were read before they are proven')
  }
  return { modelName, proof, input, output }
}

const settling =
  (run: ProofRun): ProvenAnswer['settled'] =>
  (failure) =>
    told(run, () => {
      if (failure === undefined) return run.done()
      if (failure.reason === 'hold_lost') return run.failed(failure)
      // The books may have taken the charge and not said so: the job ends as they say when they can be read again.
      return run.abandon()
    })

/** What the store cannot be told now, it is told by whoever finds the job abandoned: the receipt is there or it is not. */
async function told(run: ProofRun | undefined, tell: () => Promise<void> | void): Promise<void> {
  try {
    await tell()
  } catch (error) {
    run?.abandon()
    if (!isStoreFailure(error)) throw error
  }
}

async function giveUp(
  gateway: Gateway,
  served: ServedRequest,
  refusal: ProvingRefusal,
  run?: ProofRun,
): Promise<Result<never, Refusal>> {
  await releaseHold(gateway, served)
  await served.place?.leave(requestOnly)
  const isGone = served.client.cancellation.cancelled
  logEnded(gateway, served, {
    outcome: isGone ? 'client_gone' : 'failed',
    reason: isGone ? 'client_gone' : refusal.reason,
  })
  await told(run, () => run?.failed(refusal))
  return err(refusal)
}
