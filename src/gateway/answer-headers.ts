import type { MeteredUsage } from '../domain/usage.ts'
import type { AnswerHeaders } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import { answerCost, type ServedRequest } from './settle-answer.ts'

/** What no header can carry; whoever lends a key names the model as they like. */
const unprintable = /[^\x20-\x7e]/g

/** What is known of an answer before its first byte. */
export function answerHeaders({ request, begun, admitted }: ServedRequest): AnswerHeaders {
  const { contributor, offer } = begun.attempt.candidate
  return {
    'x-request-id': request.requestId,
    'x-vouch-receipt': request.receiptId,
    'x-vouch-contributor': contributor.contributorId,
    'x-vouch-upstream-model': offer.upstreamModelName.replace(unprintable, '?'),
    'x-vouch-attempts': String(begun.others.length + 1),
    ...admitted.headers,
  }
}

/** The same of an answer in one piece, whose cost and time are known with it. */
export function wholeAnswerHeaders(
  gateway: Pick<Gateway, 'nowMs'>,
  served: ServedRequest,
  usage: MeteredUsage,
): AnswerHeaders {
  return {
    ...answerHeaders(served),
    'x-vouch-cost': String(answerCost(served, usage)),
    'x-vouch-overhead-ms': String(overheadMs(served, gateway.nowMs())),
  }
}

/** Time that the request took beyond what contributors did: two that raced took theirs together. */
function overheadMs({ request, begun }: ServedRequest, nowMs: number): number {
  const spentMs = begun.others.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const waitedMs = begun.beganAtMs - begun.startedAtMs + spentMs
  return Math.max(0, nowMs - request.receivedAtMs - waitedMs)
}
