import type { LogRefusal, Refusal } from '../../domain/refusal.ts'
import { badRequest, type Described, printable } from '../described-error.ts'

const reasons: Readonly<Record<LogRefusal['reason'], true>> = {
  log_not_kept: true,
  log_batch_not_found: true,
  log_range_invalid: true,
  receipt_not_logged: true,
  receipt_not_logged_yet: true,
}

export const isAboutLog = (refusal: Refusal): refusal is LogRefusal =>
  Object.hasOwn(reasons, refusal.reason)

/** The arms of openai-error.ts for what is asked of the transparency log. */
export function describeLogRefusal(refusal: LogRefusal): Described {
  switch (refusal.reason) {
    case 'log_not_kept':
      return [[404, 'invalid_request_error'], 'This gateway keeps no transparency log.']
    case 'log_batch_not_found':
      return [
        [404, 'invalid_request_error'],
        `The log has no batch ${printable(refusal.batch)}. GET /v1/transparency/head tells how many there are.`,
        { param: 'batch' },
      ]
    case 'log_range_invalid':
      return [badRequest, `No consistency can be shown: ${refusal.detail}.`, { param: 'from' }]
    case 'receipt_not_logged':
      return [
        [404, 'invalid_request_error'],
        'No receipt with that number and digest is in the log, or none yet.',
        { param: 'digest' },
      ]
    case 'receipt_not_logged_yet':
      return [
        [409, 'api_error', { 'retry-after': String(refusal.dueInS) }],
        `The receipt is in no batch yet; it will be in one within ${refusal.dueInS} s.`,
        { param: 'id' },
      ]
  }
}
