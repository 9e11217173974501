import type { ReceiptRefusal, Refusal } from '../domain/refusal.ts'
import type { Described, ErrorKind } from './described-error.ts'

const reasons: Readonly<Record<ReceiptRefusal['reason'], true>> = {
  receipt_not_found: true,
  request_not_found: true,
  receipt_pending: true,
  receipt_expired: true,
  receipt_foreign: true,
}

export const isAboutReceipts = (refusal: Refusal): refusal is ReceiptRefusal =>
  Object.hasOwn(reasons, refusal.reason)

const absent: ErrorKind = [404, 'invalid_request_error']
const own = { param: 'id' }

/** The arms of openai-error.ts for receipts and what became of requests. */
export function describeReceiptRefusal(refusal: ReceiptRefusal): Described {
  switch (refusal.reason) {
    case 'receipt_not_found':
      return [absent, 'No receipt of this account has that id.', own]
    case 'request_not_found':
      return [
        absent,
        'No request of this account has that id, or nothing was charged and it is forgotten.',
        own,
      ]
    case 'receipt_pending':
      return [
        [409, 'api_error', { 'retry-after': '1' }],
        'The answer is still being given; its receipt is there before its last byte.',
        own,
      ]
    case 'receipt_expired':
      return [
        [410, 'invalid_request_error'],
        'This receipt was kept as long as this gateway keeps receipts. Its digest stays in the log.',
        own,
      ]
    case 'receipt_foreign':
      return [
        [403, 'permission_error'],
        'Another account paid for this receipt. Ask with a key of its channel.',
        own,
      ]
  }
}
