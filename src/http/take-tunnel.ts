import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { GatewayDoor } from '../gateway/gateway-door.ts'

const path = '/v1/contributors/tunnel'

/** Whether somebody wants to be asked over the connection that it opens (docs/tunnel.md). */
export const isTunnelRequest = ({ url, headers }: IncomingMessage): boolean =>
  url === path && headers.upgrade === 'vouch-tunnel/1'

/** Hands the connection over; from here on it is no HTTP/1.1 any more. */
export function takeTunnel(
  { tunnels }: GatewayDoor,
  { headers }: IncomingMessage,
  { socket, head }: { readonly socket: Socket; readonly head: Buffer },
): void {
  const { 'x-vouch-contributor': contributor, 'x-vouch-nonce': nonce } = headers
  if (tunnels === undefined) socket.destroy()
  else void tunnels.take(socket, head, { contributor: one(contributor), nonce: one(nonce) })
}

const one = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined
