/*
 * What a job of a proof keeps of its request, so that another process can ask again. JSON has no big integers, so they are marked.
 */
import type { InferenceRequest } from '../domain/request.ts'

/** The request without what is new in each attempt, and with the integers of its input alone in the place of its body. */
export type ProofOrderRequest = Pick<
  InferenceRequest,
  | 'modelName'
  | 'path'
  | 'requestHash'
  | 'preferences'
  | 'needsSignature'
  | 'mayBeAudited'
  | 'expected'
  | 'receivedAtMs'
  | 'payer'
> & {
  /** `forwardedBody` in base64. */
  readonly wire: string
}

const mark = '$bigint'

/** Undefined of what nobody would come for: an answer that is waited for, or a payment that was for one request alone. */
export function writeProofOrder(request: InferenceRequest): string | undefined {
  if (request.proof !== 'later' || request.payer.kind !== 'api-key') return undefined
  const { modelName, path, requestHash, preferences, needsSignature, mayBeAudited } = request
  const { expected, receivedAtMs, payer, forwardedBody } = request
  const order: ProofOrderRequest = {
    ...{ modelName, path, requestHash, preferences, needsSignature, mayBeAudited },
    ...{ expected, receivedAtMs, payer, wire: forwardedBody.toString('base64') },
  }
  return JSON.stringify(order, (_, value: unknown) =>
    typeof value === 'bigint' ? { [mark]: String(value) } : value,
  )
}

export const readProofOrder = (text: string): ProofOrderRequest =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && mark in value
      ? BigInt(String(value[mark]))
      : value,
  ) as ProofOrderRequest
