import type { Refusal } from '../domain/refusal.ts'
import { apiKeyIdOf, type InferenceRequest } from '../domain/request.ts'
import type { AttemptRecord } from '../domain/request-record.ts'
import type { Gateway } from './gateway.ts'

/** A request that ended before an answer began: in the log, in the metrics, and for whoever asks what became of it. */
export function logUnserved(
  gateway: Gateway,
  request: InferenceRequest,
  ending: {
    readonly outcome: 'refused' | 'client_gone'
    readonly reason: Refusal['reason'] | 'client_gone'
    readonly attempts: readonly AttemptRecord[]
  },
): void {
  const { outcome, reason, attempts } = ending
  const durationMs = gateway.nowMs() - request.receivedAtMs
  const refused = attempts.length === 0 ? 'refused' : 'failed'
  const { modelName, endpoint, stream, receivedAtMs: createdAtMs } = request
  const asked = { modelName, endpoint, stream, createdAtMs }
  gateway.unserved.note(request.requestId, {
    channelId: request.payer.channelId,
    status: outcome === 'client_gone' ? 'aborted' : refused,
    record: { ...asked, durationMs, reason, reasoningTokens: 0, attempts },
  })
  // A name that nobody offers is a text of the caller's and stays out of log and metrics.
  const known = reason === 'model_not_found' ? undefined : modelName
  gateway.metrics.ended({
    endpoint,
    modelName: known,
    outcome,
    reason,
    durationMs,
    others: attempts,
  })
  gateway.log({
    requestId: request.requestId,
    apiKeyId: apiKeyIdOf(request.payer),
    modelName: known,
    contributorId: undefined,
    receiptId: undefined,
    stream: request.stream,
    outcome,
    reason,
    attempts: attempts.length,
    promptTokens: 0,
    completionTokens: 0,
    costAtomic: '0',
    durationMs,
  })
}
