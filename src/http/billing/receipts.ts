import { bytes32, isBytes32 } from '../../domain/units.ts'
import { sendError, sendJsonText } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'

/** `GET /v1/receipts/{id}`, for the account that paid: others learn nothing, not even that it exists. */
export async function retrieveReceipt(call: RouteCall): Promise<void> {
  const { door, entrance, incoming, outgoing, id } = call
  const payer = await entrance.enter(incoming, door.authenticate)
  if (!payer.ok) return sendError(outgoing, payer.error)
  if (!isBytes32(id)) return sendError(outgoing, { reason: 'receipt_not_found' })
  const receipt = await door.receipt(payer.value, bytes32(id))
  if (receipt.ok) sendJsonText(outgoing, receipt.value)
  else sendError(outgoing, receipt.error)
}
