/*
 * The names of one request. A receipt's id begins with the digits of its request's, so that a ledger that finds receipts
 * finds requests, without an index of their own.
 */
import { type Bytes32, bytes32 } from './units.ts'

const prefix = 'req_'
const digits = 24
const pattern = /^req_[0-9a-f]{24}$/

/** `req_` and 24 hex digits. */
export const isRequestId = (text: string): boolean => pattern.test(text)

/** The request that a receipt is of. */
export const requestIdOf = (receiptId: Bytes32): string => prefix + receiptId.slice(2, 2 + digits)

/** The lowest and the highest receipt id that a request may have. */
export function receiptIdsOf(requestId: string): {
  readonly first: Bytes32
  readonly last: Bytes32
} {
  const begin = `0x${requestId.slice(prefix.length)}`
  return { first: bytes32(begin.padEnd(66, '0')), last: bytes32(begin.padEnd(66, 'f')) }
}
