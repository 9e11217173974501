import type { IncomingMessage, ServerResponse } from 'node:http'
import { bytes32, isBytes32 } from '../domain/units.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import type { Entrance } from './entrance.ts'
import { sendError, sendJsonText } from './raw-response.ts'

/** `GET /v1/receipts/{id}`, for the account that paid: others learn nothing, not even that it exists. */
export async function retrieveReceipt(
  door: GatewayDoor,
  call: {
    readonly entrance: Entrance
    readonly incoming: IncomingMessage
    readonly outgoing: ServerResponse
  },
  id: string,
): Promise<void> {
  const { entrance, incoming, outgoing } = call
  const payer = await entrance.enter(incoming, door.authenticate)
  if (!payer.ok) {
    sendError(outgoing, payer.error)
    return
  }
  if (!isBytes32(id)) {
    sendError(outgoing, { reason: 'receipt_not_found' })
    return
  }
  const receipt = await door.receipt(payer.value, bytes32(id))
  if (receipt.ok) sendJsonText(outgoing, receipt.value)
  else sendError(outgoing, receipt.error)
}
