/*
 * Asking as a client does: with an API key, over the gateway's front door, and with the receipt that every client gets. What
 * comes back is an answer under audit like any other.
 */
import { sha256Bytes32 } from '../attestation/answer-transcript.ts'
import { err, ok, type Result } from '../base/result.ts'
import { checkWireBytes } from '../client/check-wire-bytes.ts'
import { fetchReceipt, systemClock } from '../client/fetch-receipt.ts'
import { type ParsedReceipt, parseReceiptDocument } from '../client/parse-receipt-document.ts'
import type { Receipt } from '../domain/receipt.ts'
import { bytes32, isBytes32 } from '../domain/units.ts'
import type { OrdinaryRequest } from './canary-requests.ts'
import type { AnswerUnderAudit } from './judge-answer.ts'
import { readToldChoices } from './told-answer.ts'

export type CanaryAnswer = {
  readonly receipt: ParsedReceipt
  readonly answer: AnswerUnderAudit
}

const receiptTimeoutMs = 10_000
const answerTimeoutMs = 600_000
/** Far beyond what is asked for. */
const answerBytesMax = 32 * 1024 * 1024

/**
 * The error is one sentence for a person: the gateway refused, or its receipt is not of these bytes, or the contributor's Work
 * is not. What a gateway changed on the way, a word of it or a log-probability, must not be held against who never said it.
 */
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
    const signal = AbortSignal.timeout(answerTimeoutMs)
    const asked = { method: 'POST', headers, body: requestBody, signal, redirect: 'error' } as const
    response = await fetch(`${origin}/v1/chat/completions`, asked)
    responseBody = await readAnswer(response)
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
  const fault = faultOf(receipt, requestBody, responseBody)
  if (fault !== undefined) return err(fault)
  const answer = { work: receipt.work, requestBody, responseBody, commitmentOpening: undefined }
  return ok({ receipt: parsed.value, answer })
}

function faultOf(receipt: Receipt, request: Buffer, response: Buffer): string | undefined {
  const { requestHash, responseHash, work } = receipt
  if (requestHash !== sha256Bytes32(request)) return 'the receipt is of another request'
  if (responseHash !== sha256Bytes32(response)) return 'the receipt is of another response'
  if (work.inputHash !== requestHash) return 'the gateway changed the request on its way'
  return work.outputHash === responseHash ? undefined : faultOfChanged(receipt, request, response)
}

/**
 * A gateway may take usage out of a stream, say, so that the bytes are not the contributor's. Then only what follows from its
 * Work is held against it: the text, by `contentHash`, and whether the answer came to its bound, by its tokens.
 */
function faultOfChanged(receipt: Receipt, request: Buffer, response: Buffer): string | undefined {
  const changed = 'the gateway changed the answer on its way'
  const said = checkWireBytes(receipt, { request, response })
  const isText = said.some(
    ({ check, verdict }) => check === 'answer-in-response' && verdict === 'holds',
  )
  const told = readToldChoices(response)
  const [choice, ...others] = told.ok ? told.value : []
  // Log-probabilities follow from no signature, and neither does what each of several choices came to.
  if (!isText || choice === undefined || others.length > 0 || choice.tokens !== undefined) {
    return changed
  }
  const { max_tokens, max_completion_tokens } = JSON.parse(request.toString()) as Bounds
  const isFull = receipt.work.completionTokens === (max_completion_tokens ?? max_tokens)
  return isFull === (choice.finishReason === 'length') ? undefined : changed
}

type Bounds = { readonly max_tokens?: unknown; readonly max_completion_tokens?: unknown }

async function readAnswer(response: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    length += piece.length
    if (length > answerBytesMax) throw new Error('the answer is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
