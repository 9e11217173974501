import type { Result } from '../base/result.ts'
import { type BillingFailure, describeBillingFailure } from '../client/ask-gateway.ts'
import { CommandFailure } from './command.ts'

/** What the gateway answered; its failure ends the command with the line that describes it. */
export function orGatewayFailure<T>(answer: Result<T, BillingFailure>): T {
  if (answer.ok) return answer.value
  throw new CommandFailure(describeBillingFailure(answer.error))
}
