import type { Caller } from './caller-limits.ts'
import type { MicroUsd } from './exchange.ts'

/** What the operator lets one caller have is used up, or is less than the request alone asks for. */
export type LimitRefusal =
  | {
      readonly reason: 'rate_limit_exceeded'
      readonly caller: Caller
      readonly limitName: 'requestsPerMinuteMax' | 'tokensPerMinuteMax' | 'concurrencyMax'
      readonly max: number
      readonly used: number
      readonly requested: number
      /** When the same request fits if nobody else asks. */
      readonly retryAfterMs: number
    }
  | {
      readonly reason: 'request_exceeds_limit'
      readonly caller: Caller
      readonly max: number
      readonly requestedTokens: number
    }
  | {
      readonly reason: 'spend_limit_reached'
      readonly caller: Caller
      readonly max: MicroUsd
      readonly used: MicroUsd
      readonly requested: MicroUsd
      /** Undefined where the request alone is beyond the limit. */
      readonly retryAfterMs: number | undefined
    }
