/*
 * What is left to a limited caller, on every answer to it: OpenAI's `x-ratelimit-*` headers. Source: OpenAI's rate limit
 * guide, "Rate limits in headers".
 */
import type { AnswerClient, AnswerHeaders } from '../gateway/answer-client.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { durationText } from './duration-text.ts'

type Allowance = ReturnType<GatewayDoor['limits']['allowances']>[number]
/** The headers of now. */
export type RateHeaders = () => AnswerHeaders

/** OpenAI has none for money. */
const headerNames = [
  ['requestsPerMinuteMax', 'requests'],
  ['tokensPerMinuteMax', 'tokens'],
] as const

/** Undefined for a payer without limits: then nothing is made and nothing is told. */
export function rateHeadersFor(
  door: GatewayDoor,
  payer: Parameters<GatewayDoor['limits']['limitsOf']>[0],
): RateHeaders | undefined {
  const callers = door.limits.limitsOf(payer)
  return callers && (() => rateHeaders(door.limits.allowances(callers)))
}

/** Of key and account the one that has less left. */
export function rateHeaders(allowances: readonly Allowance[]): AnswerHeaders {
  const headers: Record<string, string> = {}
  for (const [limitName, name] of headerNames) {
    const [tighter] = allowances
      .filter((allowance) => allowance.limitName === limitName)
      .toSorted((a, b) => a.remaining - b.remaining || a.max - b.max)
    if (tighter === undefined) continue
    headers[`x-ratelimit-limit-${name}`] = String(tighter.max)
    headers[`x-ratelimit-remaining-${name}`] = String(tighter.remaining)
    headers[`x-ratelimit-reset-${name}`] = durationText(tighter.resetMs)
  }
  return headers
}

/** The same client, whose answers begin with these headers. */
export function tellingRates(client: AnswerClient, rates: RateHeaders | undefined): AnswerClient {
  if (rates === undefined) return client
  return {
    ...client,
    answer: (headers, body) => client.answer({ ...rates(), ...headers }, body),
    startStream: (headers) => client.startStream({ ...rates(), ...headers }),
  }
}
