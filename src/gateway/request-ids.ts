import { hexOf } from '../base/hex.ts'
import { randomHex } from '../base/random-ids.ts'
import type { Bytes32 } from '../domain/units.ts'

export type RequestIds = {
  /** `req_` and 24 hex digits: names the request in logs and headers. */
  readonly requestId: string
  readonly jobId: Bytes32
  /** Begins with the digits of `requestId` (domain/request-id.ts); the other 20 bytes are random. */
  readonly receiptId: Bytes32
}

/** Milliseconds since 1970 as 6 bytes: enough until the year 10889. */
const timeDigits = 12

/**
 * Fresh ids for one request. Those that the ledger indexes begin with the time, so that new rows land side by side at the
 * end of an index: ids without order cost a page of their own for each receipt, three times the bytes of a commit.
 */
export function newRequestIds(nowMs: number): RequestIds {
  const name = timeText(nowMs) + randomHex(6)
  return {
    requestId: ['req_', name].join(''),
    // Digits that were made here are not looked at again.
    jobId: hexOf(randomHex(32)) as Bytes32,
    receiptId: hexOf(name + randomHex(20)) as Bytes32,
  }
}

let told = { ms: -1, digits: '' }

/** Many requests come in one millisecond. */
function timeText(nowMs: number): string {
  if (nowMs !== told.ms) told = { ms: nowMs, digits: nowMs.toString(16).padStart(timeDigits, '0') }
  return told.digits
}
