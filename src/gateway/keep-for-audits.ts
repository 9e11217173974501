import type { SealedReceipt } from '../domain/hold.ts'
import type { Gateway } from './gateway.ts'
import type { Outcome, ServedRequest } from './settle-answer.ts'

/**
 * Hands over what an auditor may see: where the client agreed, and the contributor signed, so that somebody can be held to
 * what is found. Written a moment later, after the last bytes have left.
 */
export function keepForAudits(
  { audits }: Gateway,
  { request, begun }: ServedRequest,
  { outcome, sealed }: { readonly outcome: Outcome; readonly sealed: SealedReceipt },
): void {
  const { inputBody, body } = begun
  if (audits === undefined || request.mayBeAudited !== true) return
  if (inputBody === undefined || outcome.signedWork === undefined) return
  const responseBody = body.kind === 'stream' ? body.relay.transcript.received : body.read.received
  if (responseBody === undefined) return
  audits.keep({
    receiptId: sealed.receiptId,
    receiptBody: sealed.body(),
    requestBody: inputBody,
    responseBody,
    commitmentOpening: undefined,
  })
}
