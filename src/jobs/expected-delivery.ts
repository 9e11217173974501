import type { Hex } from '../base/hex.ts'
import type { ContractAsk } from '../domain/contract-job.ts'
import type { DeliveryShape } from './delivery-gas.ts'

const tierProven = 64
/** English in UTF-8 has four or five to a token; what it is really is judged again before it is sent. */
const bytesPerToken = 5
const contentBytesMin = 256
/** What is longer is judged when it is there: a consumer that says no limit should not be refused for it. */
const contentBytesMax = 8_192

/**
 * The shape that the delivery of a job will have, before it is answered. Its content's size is a guess from what the input
 * or the fee allow; all else is the most that it can be.
 */
export function expectedDelivery(job: {
  readonly ask: Pick<ContractAsk, 'terms'>
  readonly input?: Hex | undefined
}): DeliveryShape {
  const { terms } = job.ask
  const bytes = (tokensAsked(job.input) ?? tokensPaid(job.ask)) * bytesPerToken
  return {
    data: undefined,
    contentBytes: Math.min(contentBytesMax, Math.max(contentBytesMin, bytes)),
    answers: terms.agreement,
    callbackGas: terms.callbackGas,
    isProven: (terms.minTiers & tierProven) !== 0,
  }
}

/** Undefined where the input says no limit, or is no JSON object. */
function tokensAsked(input: Hex | undefined): number | undefined {
  if (input === undefined) return undefined
  try {
    const body: unknown = JSON.parse(Buffer.from(input.slice(2), 'hex').toString())
    const asked = Object(body) as Readonly<Record<string, unknown>>
    const tokens = asked['max_completion_tokens'] ?? asked['max_tokens']
    return Number.isSafeInteger(tokens) && Number(tokens) >= 0 ? Number(tokens) : undefined
  } catch {
    return undefined
  }
}

const tokensPaid = ({ terms }: Pick<ContractAsk, 'terms'>): number =>
  terms.completionAtomicPerMtok === 0n
    ? 0
    : Number((terms.maxFee * 1_000_000n) / terms.completionAtomicPerMtok)
