import type { Refusal } from '../domain/refusal.ts'
import type { JobReason } from './job-reason.ts'

const streams: ReadonlySet<string> = new Set(['stream'])
const choices: ReadonlySet<string> = new Set(['n', 'best_of'])

/** Why bytes are no question that can be answered here. The detail names a member of them, and quotes nothing. */
export function reasonOfInput(refusal: Refusal): {
  readonly reason: JobReason
  readonly detail: string
} {
  const param = 'param' in refusal && typeof refusal.param === 'string' ? refusal.param : ''
  const detail = param === '' ? refusal.reason : `${refusal.reason}: ${param}`
  if (refusal.reason === 'input_rewritten') return { reason: 'input_rewritten', detail }
  if (refusal.reason === 'model_not_found') return { reason: 'model_unknown', detail }
  if (streams.has(param)) return { reason: 'stream_not_delivered', detail }
  if (choices.has(param)) return { reason: 'choices_not_delivered', detail }
  return { reason: 'input_unreadable', detail }
}

/** Refusals that the same bytes get again, whoever is asked. */
const permanent: ReadonlySet<string> = new Set<Refusal['reason']>([
  ...(['context_length_exceeded', 'upstream_rejected', 'invalid_value', 'invalid_type'] as const),
  ...(['missing_required_parameter', 'unsupported_parameter', 'request_too_large'] as const),
  ...(['proof_not_offered', 'prover_missing', 'endpoint_not_offered', 'model_not_found'] as const),
  ...(['model_not_allowed', 'answer_not_verifiable'] as const),
])

export const isPermanent = (reason: string): boolean => permanent.has(reason)

/** Refusals that are no failure of the job: this gateway could not, or had too much to do. */
export const outages: ReadonlySet<string> = new Set<Refusal['reason']>([
  ...(['shutting_down', 'store_unavailable', 'log_forked', 'overloaded'] as const),
  ...(['proof_queue_full', 'rate_limit_exceeded'] as const),
])
