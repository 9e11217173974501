import type { Countersignature } from '../../domain/countersignature.ts'
import { bytes32, isBytes32, isHex, signature } from '../../domain/units.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import { parseStrictJson } from '../strict-json.ts'

/** One signature and its braces. */
const orderBytesMax = 4 * 1024

/**
 * `POST /v1/receipts/{id}/countersignature` `{signature}`: the payer accepts the charge of a receipt, by the receipt's id. The
 * signature is the whole authority.
 */
export async function countersignReceipt(call: RouteCall): Promise<void> {
  const { door, incoming, outgoing, id } = call
  const { countersignatures } = door
  if (countersignatures === undefined || !isBytes32(id)) {
    return sendError(outgoing, { reason: 'receipt_not_found' })
  }
  const body = await readBody(incoming, orderBytesMax)
  if (!body.ok) return sendError(outgoing, body.error)
  const fields = parseStrictJson(body.value)
  if (!fields.ok) return sendError(outgoing, fields.error)
  const signed = (fields.value as { readonly signature?: unknown } | null)?.signature
  if (!isHex(signed)) {
    const expected = 'a signature as 0x and hex digits'
    return sendError(outgoing, { reason: 'invalid_value', param: 'signature', expected })
  }
  const order = { receiptId: bytes32(id), signature: signature(signed) }
  const taken = await countersignatures.take(order)
  if (taken.ok) sendJson(outgoing, { object: 'vouch.countersignature', ...taken.value })
  else sendError(outgoing, taken.error)
}

/**
 * The text of a receipt's document with what its payer said of it, where it said something. Only its last brace is moved: the
 * document stays, byte for byte, what was sealed.
 */
export async function withCountersignature(
  door: Pick<GatewayDoor, 'countersignatures'>,
  document: string,
): Promise<string> {
  const { receipt } = JSON.parse(document) as { readonly receipt: { readonly receiptId: string } }
  const found = await door.countersignatures?.of(bytes32(receipt.receiptId))
  // A store that does not answer now does not keep the receipt from who asks for it.
  const countersignature: Countersignature | undefined =
    found?.ok === true ? found.value : undefined
  if (countersignature === undefined) return document
  return `${document.slice(0, -1)},"countersignature":${JSON.stringify(countersignature)}}`
}
