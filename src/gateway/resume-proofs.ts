/*
 * Proofs whose process died, or stopped: settled where their charge is on the books, and asked again where it is not, with a new
 * hold. Whoever had them before may live after all, so nothing is begun before that one can charge nothing any more:
 *
 *   1. the job is ours: its attempt is another, and what the owner before says of it has no effect
 *   2. its hold has ended, by its owner or by who reaps holds: a charge that is not on the books now will never be
 *   3. a receipt of it is the end of the job; without one it begins anew, under the names of a new request
 */

import { setTimeout as wait } from 'node:timers/promises'
import { InvariantViolation } from '../base/assert.ts'
import { Cancellation } from '../base/cancellation.ts'
import type { GatewayLog } from '../base/log.ts'
import { decodeTensor } from '../base/wire-tensor.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import { isStoreFailure } from '../payment/payment-step.ts'
import { holdLookMs, proofAttemptsMax, proofLeaseRenewalMs } from '../proving/limits.ts'
import type { ProofRun } from '../proving/proof-run.ts'
import type { ProvingDesk } from '../proving/proving-desk.ts'
import type { AnswerClient } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import type { InFlight } from './in-flight.ts'
import { inferenceDialect } from './inference-dialect.ts'
import { readProofOrder } from './proof-order.ts'
import { newRequestIds } from './request-ids.ts'
import { serveCompletion } from './serve-completion.ts'

export type ProofResumption = {
  /** Takes no further job; those that it has go on. */
  readonly stop: () => void
  /** One round, now: resolves when what was found is settled or under way. */
  readonly lookNow: () => Promise<void>
}

type Terms = {
  readonly gateway: Gateway
  /** Its own. */
  readonly proving: ProvingDesk
  readonly inFlight: InFlight
  readonly log: GatewayLog
}

export function resumeProofs(terms: Terms): ProofResumption {
  let round: Promise<void> | undefined
  const lookNow = (): Promise<void> => {
    round ??= look(terms).finally(() => {
      round = undefined
    })
    return round
  }
  const timer = setInterval(() => void lookNow(), proofLeaseRenewalMs)
  timer.unref()
  return { stop: () => clearInterval(timer), lookNow }
}

async function look(terms: Terms): Promise<void> {
  const { proving, log } = terms
  try {
    for (const job of await proving.abandoned()) {
      if (proving.isStopping) return
      const run = await proving.take(job)
      if (run !== undefined) void settleOrRestart(terms, run)
    }
  } catch (error) {
    // The store failed: it says so itself. The next round tries again.
    log.error('proofs_not_resumed', { error: nameOf(error) })
  }
}

/** Never rejects. */
async function settleOrRestart(terms: Terms, run: ProofRun): Promise<void> {
  const { log, proving } = terms
  const { payment, nowMs } = terms.gateway
  const { proofId, requestId, order, attempt } = run.job
  try {
    while ((await payment.heldOn(requestId)) !== undefined) {
      if (proving.isStopping) return await run.giveBack()
      await wait(holdLookMs)
    }
    const kept = await payment.requestRecord(requestId)
    if (kept !== undefined) return await run.settled()
    if (order === undefined || attempt > proofAttemptsMax) {
      return await run.failed({ reason: 'proof_failed' })
    }
    const ids = newRequestIds(nowMs())
    if (await run.restart(ids)) await restart(terms, run, { ids, order })
    else run.abandon()
  } catch (error) {
    run.abandon()
    if (!isStoreFailure(error)) log.error('internal_error', { proofId, name: nameOf(error) })
  }
}

/** Asks again, for nobody who waits. Never rejects. */
async function restart(
  { gateway, inFlight, log }: Terms,
  run: ProofRun,
  again: { readonly ids: ReturnType<typeof newRequestIds>; readonly order: string },
): Promise<void> {
  const left = inFlight.enter()
  if (left === undefined) return run.abandon()
  const { proofId, modelName } = run.job
  try {
    const { request, client } = askedAgain(gateway, run, again)
    const served = await serveCompletion(gateway, request, client)
    // What was refused before it came to the proof did not end the job.
    if (!served.ok) await endRefused(run, served.error)
    log.info('proof_resumed', { proofId, modelName, outcome: run.job.state })
  } catch (error) {
    run.abandon()
    if (!isStoreFailure(error)) log.error('internal_error', { proofId, name: nameOf(error) })
  } finally {
    left()
  }
}

/** Never a message: it may quote what a client sent. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

/** What may be otherwise in a moment is left for the next round, here or elsewhere; each counts as an attempt. */
const transient: ReadonlySet<Refusal['reason']> = new Set<Refusal['reason']>([
  ...(['no_contributor', 'upstream_connection_error', 'upstream_timeout'] as const),
  ...(['upstream_rate_limited', 'upstream_unavailable', 'store_unavailable'] as const),
  ...(['overloaded', 'shutting_down', 'proof_queue_full', 'rate_limit_exceeded'] as const),
])

async function endRefused(run: ProofRun, refusal: Refusal): Promise<void> {
  if (run.isOver) return
  if (transient.has(refusal.reason)) await run.giveBack()
  else await run.failed(refusal)
}

function askedAgain(
  { pool }: Gateway,
  run: ProofRun,
  { ids, order }: { readonly ids: ReturnType<typeof newRequestIds>; readonly order: string },
): { readonly request: InferenceRequest; readonly client: AnswerClient } {
  const { wire, ...asked } = readProofOrder(order)
  const forwardedBody = Buffer.from(wire, 'base64')
  const integers = decodeTensor(forwardedBody)
  if (integers === undefined) throw new InvariantViolation('an order keeps a tensor')
  const request: InferenceRequest = {
    ...asked,
    ...ids,
    endpoint: 'inference',
    // What its client sent is known by its hash alone.
    body: noBody,
    forwardedBody,
    contentType: 'application/octet-stream',
    stream: false,
    includeUsage: false,
    choiceCount: 1,
    messageCount: 0,
    promptBytes: integers.length,
    promptTokensMin: integers.length,
    promptHasMedia: false,
    completionTokensMax: undefined,
    completionTokensParam: 'input',
    proof: 'later',
  }
  const { tensors } =
    pool.models().find((model) => model.modelName === asked.modelName && model.tensors) ?? {}
  return { request, client: clientOf(run, tensors && { integers, tensors }) }
}

const noBody = Buffer.alloc(0)

/** Nobody is there: the answer is in the job when it is proven. */
const clientOf = (
  run: ProofRun,
  asked: Parameters<typeof inferenceDialect>[1] | undefined,
): AnswerClient => ({
  cancellation: new Cancellation(),
  proof: { begun: nothing, taken: run },
  startDialect: asked && ((request) => inferenceDialect(request, asked)),
  answer: nothing,
  startStream: nothing,
  write: () => true,
  onDrain: nothing,
  endStream: nothing,
  errorEvent: () => Buffer.alloc(0),
})

const nothing = (): void => {}
