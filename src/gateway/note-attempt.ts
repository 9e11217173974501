/*
 * What an attempt that ended says about its contributor. What the caller did, and what went wrong here, says nothing.
 */
import type { GatewayRefusal, ProofRefusal, UpstreamRefusal } from '../domain/refusal.ts'
import type { AttemptOutcome, AttemptRecord, EndReason } from '../domain/request-record.ts'
import type { Usage } from '../domain/usage.ts'
import type { AnswerMeasures, Attempt } from '../routing/attempt.ts'
import type { AttemptOutcome as RoutedOutcome } from '../routing/circuit-breaker.ts'
import type { BegunAnswer } from './open-first-answer.ts'

/** A contributor that waits for its voucher rests: the voucher is signed and goes with the next request. */
const unpaidRestMs = 1_000

/** An attempt that ended before an answer began, because of its contributor or because nobody wants it any more. */
export function endFailedAttempt(
  attempt: Attempt,
  failure: {
    readonly refusal: UpstreamRefusal
    readonly unwanted: 'client_gone' | 'hedge_lost' | undefined
    readonly startedAtMs: number
  },
  nowMs: number,
): AttemptRecord {
  const { refusal, unwanted, startedAtMs } = failure
  const routed = unwanted === undefined ? outcomeOf(refusal) : neutral
  attempt.ended(routed, { usedTokens: 0 }, nowMs)
  const wasUnavailable = unwanted === undefined && refusal.reason === 'upstream_unavailable'
  return {
    contributorId: attempt.candidate.contributor.contributorId,
    outcome: unwanted ?? refusal.reason,
    ...(wasUnavailable && { status: refusal.status }),
    durationMs: nowMs - startedAtMs,
  }
}

const neutral: RoutedOutcome = { kind: 'neutral' }

function outcomeOf(refusal: UpstreamRefusal): RoutedOutcome {
  switch (refusal.reason) {
    case 'upstream_rejected':
    case 'no_contributor':
    case 'constraint_filtered':
    case 'payout_escrow_exhausted':
    // It answers no contract, or not this one: of other requests that says nothing.
    case 'upstream_job_refused':
      return neutral
    case 'upstream_rate_limited':
      return { kind: 'limited', retryAfterMs: refusal.retryAfterS * 1000 }
    case 'upstream_credit_exhausted':
      return { kind: 'limited', retryAfterMs: unpaidRestMs }
    case 'upstream_credentials_exhausted':
      return { kind: 'denied' }
    // Before an answer begins: only a false checkpoint says so.
    case 'attestation_failed':
      return { kind: 'forged' }
    case 'upstream_connection_error':
    case 'upstream_timeout':
    case 'upstream_stalled':
    case 'upstream_bad_response':
    case 'upstream_unavailable':
    case 'upstream_stream_interrupted':
      return { kind: 'failed' }
  }
}

/**
 * Work or a checkpoint that says what did not happen, or that somebody else signed. One that is missing, unreadable, out of time or not
 * complete is a failure only: a broken engine or clock does that, too.
 */
const isForged = (reason: EndReason | undefined): boolean =>
  reason === 'work_signer_unknown' ||
  reason?.startsWith('checkpoint_') === true ||
  (reason?.startsWith('work_mismatch') === true &&
    reason !== 'work_mismatch:finishedAt' &&
    reason !== 'work_mismatch:status')

type OwnReason = GatewayRefusal['reason'] | ProofRefusal['reason'] | 'answer_not_verifiable'

/** What of its ends is no contributor's doing: our ledger failed, another gateway ended the request, there was no proof. */
const ownReasons: Readonly<Record<OwnReason, true>> = {
  store_unavailable: true,
  log_forked: true,
  chain_unavailable: true,
  overloaded: true,
  hold_lost: true,
  shutting_down: true,
  internal_error: true,
  proof_not_offered: true,
  prover_missing: true,
  proof_queue_full: true,
  proof_timeout: true,
  proof_failed: true,
  proof_cancelled: true,
  proof_not_found: true,
  answer_not_verifiable: true,
}

const isOurs = (reason: EndReason | undefined): reason is OwnReason =>
  reason !== undefined && Object.hasOwn(ownReasons, reason)

/** All who were asked for an answer that began and ended now, as it is told to whoever pays. */
export function attemptRecordsOf(
  begun: BegunAnswer,
  reason: EndReason | undefined,
  nowMs: number,
): readonly AttemptRecord[] {
  const own = {
    contributorId: begun.attempt.candidate.contributor.contributorId,
    outcome: outcomeWhenEnded(reason),
    ...(begun.body.kind === 'stream' && { firstTokenMs: begun.beganAtMs - begun.startedAtMs }),
    durationMs: nowMs - begun.startedAtMs,
  }
  return begun.others.length === 0 ? [own] : [...begun.others, own]
}

/** What is our own fault, or the payer's, says that the contributor served. */
export function outcomeWhenEnded(reason: EndReason | undefined): AttemptOutcome {
  if (reason === undefined || reason === 'budget_spent' || isOurs(reason)) return 'served'
  return reason
}

/** An answer that began has ended. */
export function endServedAttempt(
  begun: BegunAnswer,
  ending: {
    readonly outcome: 'complete' | 'client_gone' | 'failed'
    readonly reason: EndReason | undefined
    readonly usage?: Usage
  },
  nowMs: number,
): void {
  const { outcome, reason, usage } = ending
  const measures = measuresOf(begun, usage, nowMs)
  if (outcome === 'complete') begun.attempt.ended({ kind: 'served' }, measures, nowMs)
  else if (outcome === 'client_gone' || isOurs(reason))
    begun.attempt.ended(neutral, measures, nowMs)
  else begun.attempt.ended({ kind: isForged(reason) ? 'forged' : 'failed' }, measures, nowMs)
}

function measuresOf(begun: BegunAnswer, usage: Usage | undefined, nowMs: number): AnswerMeasures {
  const used = usage && {
    usedTokens: usage.promptTokens + usage.completionTokens,
    completionTokens: usage.completionTokens,
  }
  const waitedMs = begun.beganAtMs - begun.startedAtMs
  if (begun.body.kind === 'unary') return { ...used, restMs: waitedMs }
  const { clientWasSlow } = begun.body.relay
  return {
    ...used,
    firstTokenMs: waitedMs,
    ...(!clientWasSlow && { restMs: nowMs - begun.beganAtMs }),
  }
}
