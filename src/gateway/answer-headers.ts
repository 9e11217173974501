import type { MeteredUsage } from '../domain/usage.ts'
import type { AnswerHeaders } from './answer-client.ts'
import type { Gateway } from './gateway.ts'
import { answerCost, type ServedRequest } from './settle-answer.ts'

/** What a header can carry, and what not; whoever lends a key names the model as they like. */
const isPrintable = /^[\x20-\x7e]*$/
const unprintable = /[^\x20-\x7e]/g
const printable = (name: string): string =>
  isPrintable.test(name) ? name : name.replace(unprintable, '?')

/** What is known of an answer before its first byte. */
export function answerHeaders({ request, begun, admitted }: ServedRequest): Record<string, string> {
  const { contributor, offer } = begun.attempt.candidate
  return {
    'x-request-id': request.requestId,
    'x-vouch-receipt': request.receiptId,
    'x-vouch-contributor': contributor.contributorId,
    'x-vouch-upstream-model': printable(offer.upstreamModelName),
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
  const headers = answerHeaders(served)
  headers['x-vouch-cost'] = String(answerCost(served, usage))
  headers['x-vouch-overhead-ms'] = String(overheadMs(served, gateway.nowMs()))
  return headers
}

/** Time that the request took beyond what contributors did: two that raced took theirs together. */
function overheadMs({ request, begun }: ServedRequest, nowMs: number): number {
  const spentMs = begun.others.reduce((sum, { durationMs }) => sum + durationMs, 0)
  const waitedMs = begun.beganAtMs - begun.startedAtMs + spentMs
  return Math.max(0, nowMs - request.receivedAtMs - waitedMs)
}
