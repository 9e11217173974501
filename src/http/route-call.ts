import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import type { Entrance } from './entrance.ts'

/** A request at one of our own routes, and what it is answered from. */
export type RouteCall = {
  readonly door: GatewayDoor
  readonly entrance: Entrance
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** Of the path, such as `/v1/receipts/{id}`, as it was sent; empty where the path has none. */
  readonly id: string
}

export type Route = (call: RouteCall) => Promise<void> | void
