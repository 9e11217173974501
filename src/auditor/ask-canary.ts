/*
 * Asking as a client does: with an API key, over the gateway's front door, and with the receipt that every client gets. What
 * comes back is an answer under audit like any other.
 */
import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { err, ok, type Result } from '../base/result.ts'
import { fetchReceipt, systemClock } from '../client/fetch-receipt.ts'
import { type ParsedReceipt, parseReceiptDocument } from '../client/parse-receipt-document.ts'
import { bytes32, isBytes32 } from '../domain/units.ts'
import type { OrdinaryRequest } from './canary-requests.ts'
import type { AnswerUnderAudit } from './judge-answer.ts'

export type CanaryAnswer = {
  readonly receipt: ParsedReceipt
  readonly answer: AnswerUnderAudit
}

const receiptTimeoutMs = 10_000

/** The error is one sentence for a person: the gateway refused, or its receipt is not of these bytes. */
export async function askCanary(
  gateway: { readonly origin: string; readonly apiKey: string; readonly model: string },
  request: OrdinaryRequest,
): Promise<Result<CanaryAnswer, string>> {
  const { origin, apiKey, model } = gateway
  const requestBody = Buffer.from(JSON.stringify({ model, ...request }))
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` }
  let response: Response
  let responseBody: Buffer
  try {
    const asked = { method: 'POST', headers, body: requestBody }
    response = await fetch(`${origin}/v1/chat/completions`, asked)
    responseBody = Buffer.from(await response.arrayBuffer())
  } catch (error) {
    return err(`the gateway cannot be reached (${String(error)})`)
  }
  if (!response.ok) return err(`the gateway refused with status ${response.status}`)
  const receiptId = response.headers.get('x-vouch-receipt')
  if (!isBytes32(receiptId)) return err('the answer names no receipt')
  const source = {
    fetch,
    api: `${origin}/v1`,
    headers: () => new Headers({ authorization: headers.authorization }),
    timeoutMs: receiptTimeoutMs,
    clock: systemClock,
  }
  const document = await fetchReceipt(source, bytes32(receiptId))
  if (!document.ok) return document
  const parsed = parseReceiptDocument(document.value)
  if (!parsed.ok) return err('the receipt is none')
  const { receipt } = parsed.value
  if (receipt.requestHash !== sha256Bytes32(requestBody))
    return err('the receipt is of another request')
  if (receipt.responseHash !== sha256Bytes32(responseBody)) {
    return err('the receipt is of another response')
  }
  // What a gateway may rewrite, such as the model's name and the framing of a stream, changes neither prompt nor answer.
  const answer = { work: receipt.work, requestBody, responseBody, commitmentOpening: undefined }
  return ok({ receipt: parsed.value, answer })
}
