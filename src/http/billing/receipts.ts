import { withCountersignature } from '../evidence/countersignature.ts'
import { readIncluded, withIncluded } from '../evidence/included-evidence.ts'
import { queryOf } from '../evidence/signature.ts'
import { sendError, sendJsonText } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'

const notPlain = { reason: 'invalid_value', param: 'signature', expected: 'plain' } as const

/**
 * `GET /v1/receipts/{id}`, for an API key of the channel that paid, or its owner: by the receipt's id, its request's, or the
 * one that stands in the answer.
 */
export async function retrieveReceipt(call: RouteCall): Promise<void> {
  const { door, entrance, incoming, outgoing, id } = call
  const channelId = await entrance.enter(incoming, door.billing.reader)
  if (!channelId.ok) return sendError(outgoing, channelId.error)
  const kinds = readIncluded(queryOf(incoming))
  if (!kinds.ok) return sendError(outgoing, kinds.error)
  const plain = queryOf(incoming).get('signature')
  if (plain !== null && plain !== 'plain') return sendError(outgoing, notPlain)
  const receipt = await door.receipt(channelId.value, id)
  if (!receipt.ok) return sendError(outgoing, receipt.error)
  const sealed = plain === null ? receipt.value : door.evidence.plainlySigned(receipt.value)
  const signed = await withCountersignature(door, sealed)
  const asked = { kinds: kinds.value, channelId: channelId.value, id }
  const whole = await withIncluded(door.evidence, signed, asked)
  if (whole.ok) sendJsonText(outgoing, whole.value)
  else sendError(outgoing, whole.error)
}
