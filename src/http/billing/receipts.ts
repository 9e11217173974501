import { withCountersignature } from '../evidence/countersignature.ts'
import { sendError, sendJsonText } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'

/**
 * `GET /v1/receipts/{id}`, for an API key of the channel that paid, or its owner: by the receipt's id, its request's, or the
 * one that stands in the answer.
 */
export async function retrieveReceipt(call: RouteCall): Promise<void> {
  const { door, entrance, incoming, outgoing, id } = call
  const channelId = await entrance.enter(incoming, door.billing.reader)
  if (!channelId.ok) return sendError(outgoing, channelId.error)
  const receipt = await door.receipt(channelId.value, id)
  if (receipt.ok) sendJsonText(outgoing, await withCountersignature(door, receipt.value))
  else sendError(outgoing, receipt.error)
}
