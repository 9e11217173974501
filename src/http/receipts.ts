import type { ServerResponse } from 'node:http'
import { bytes32, isBytes32 } from '../domain/units.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { sendError, sendJsonText } from './raw-response.ts'

/** `GET /v1/receipts/{id}`, for the account that paid: others learn nothing, not even that it exists. */
export async function retrieveReceipt(
  door: GatewayDoor,
  outgoing: ServerResponse,
  asked: { readonly id: string; readonly authorization: string | undefined },
): Promise<void> {
  const payer = await door.authenticate(asked.authorization)
  if (!payer.ok) {
    sendError(outgoing, payer.error)
    return
  }
  if (!isBytes32(asked.id)) {
    sendError(outgoing, { reason: 'receipt_not_found' })
    return
  }
  const receipt = await door.receipt(payer.value, bytes32(asked.id))
  if (receipt.ok) sendJsonText(outgoing, receipt.value)
  else sendError(outgoing, receipt.error)
}
