import { sendJson } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'

/** `GET /v1/keyset`, for everybody. */
export function retrieveKeyset({ door, outgoing }: RouteCall): void {
  sendJson(outgoing, door.evidence.keyset())
}
