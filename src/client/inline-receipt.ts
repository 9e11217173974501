/*
 * A receipt that came with its answer (docs/receipts.md, "In the answer itself"): no part of the bytes that it is for, and no
 * more trusted than one that was fetched.
 */

import { utf8Bytes, utf8Text } from '../base/bytes.ts'
import { splitEvents } from './read-answer.ts'
import { readEvent } from './stream-end.ts'

/** Asks for it. */
export const inlineHeader = 'x-receipt-inline'
const documentHeader = 'x-vouch-receipt-document'

export type AnswerWithReceipt = {
  /** The answer alone. */
  readonly answer: Uint8Array
  /** Undefined where none came. */
  readonly document: Uint8Array | undefined
}

/**
 * Everything from the first byte of the receipt's event on is no part of a stream; but what its reader has already, the first
 * `handedOn` bytes, is part of it, whatever it says it is.
 */
export function splitStreamReceipt(body: Uint8Array, handedOn: number): AnswerWithReceipt {
  let length = 0
  for (const event of splitEvents(body)) {
    const { name, data } = readEvent(utf8Text(event))
    if (name === 'vouch.receipt' && length >= handedOn) {
      return { answer: body.subarray(0, length), document: utf8Bytes(data) }
    }
    length += event.length
  }
  return { answer: body, document: undefined }
}

/** Of an answer in one piece it stands in a header. */
export function receiptInHeader(headers: Headers): Uint8Array | undefined {
  const text = headers.get(documentHeader)
  if (text === null) return undefined
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch {
    // As good as one that is no JSON: it says nothing.
    return new Uint8Array()
  }
}
