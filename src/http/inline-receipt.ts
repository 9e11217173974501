/*
 * `X-Receipt-Inline: 1`: the receipt in the answer itself, for clients that would ask for it right away. No part of the
 * bytes that it vouches for, so it stands where every reader can leave it out: behind the end of a stream, or in a header.
 */
import { inlineReceiptBytesMax } from '../base/limits.ts'
import type { AnswerClient } from '../gateway/answer-client.ts'
import type { Incoming } from './exchange.ts'

/** base64url of the JSON, of an answer in one piece. */
const receiptHeader = 'x-vouch-receipt-document'

/** What stands behind a stream's end. Readers that stop at `data: [DONE]` never see it. */
const receiptEvent = (receipt: string): Buffer =>
  Buffer.from(`event: vouch.receipt\ndata: ${receipt}\n\n`)

/** The same client, which gets the receipt with its answer if it asked for that. */
export function tellingReceipt(client: AnswerClient, { headers }: Incoming): AnswerClient {
  if (headers['x-receipt-inline'] !== '1') return client
  let receipt: string | undefined
  return {
    ...client,
    sealed: (document) => {
      client.sealed?.(document)
      receipt = document
    },
    answer: (answerHeaders, body) =>
      client.answer({ ...answerHeaders, ...headerOf(receipt) }, body),
    endStream: (bytes) =>
      client.endStream(
        receipt === undefined ? bytes : Buffer.concat([bytes, receiptEvent(receipt)]),
      ),
  }
}

/** None of a receipt that proxies may find too long for a header: `x-vouch-receipt` says where it is. */
function headerOf(receipt: string | undefined): Readonly<Record<string, string>> {
  if (receipt === undefined || receipt.length > inlineReceiptBytesMax) return {}
  return { [receiptHeader]: Buffer.from(receipt).toString('base64url') }
}
