/*
 * The listening socket: who may take how long, and what a broken request line gets. Source of the timeouts' meaning:
 * Node.js documentation, http.Server.
 */
import { createServer, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { keepRequestsYoung } from '../base/keep-requests-young.ts'
import { clientRequestTimeoutMs, clientStallTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { createListener, plainRoutes } from './create-listener.ts'
import { Entrance } from './entrance.ts'
import { keepAliveS } from './lane/limits.ts'
import { openPlainLane } from './lane/plain-lane.ts'
import { isTunnelRequest, takeTunnel } from './take-tunnel.ts'

export type HttpServer = {
  /** `http://host:port` as it was bound. */
  readonly origin: string
  /** Stops listening and closes idle connections; resolves when the last connection ended or `force` closed it. */
  readonly close: () => Promise<void>
  readonly force: () => void
}

export type ListenFailure = { readonly code: string; readonly message: string }

/** How long a client may keep us waiting. */
export type ClientTimeouts = {
  /** For its whole request, headers included. */
  readonly requestMs: number
  /** For taking what was written to it. */
  readonly stallMs: number
}

const timeoutLimits: ClientTimeouts = {
  requestMs: clientRequestTimeoutMs,
  stallMs: clientStallTimeoutMs,
}

/** Listens on `host:port`; port 0 takes a free one. */
export async function startHttpServer(
  door: GatewayDoor,
  place: {
    readonly host: string
    readonly port: number
    readonly browserOrigins?: readonly string[]
  },
  timeouts: ClientTimeouts = timeoutLimits,
): Promise<Result<HttpServer, ListenFailure>> {
  keepRequestsYoung()
  const terms = { door, stallMs: timeouts.stallMs, entrance: new Entrance(door.nowMs) }
  const checkEveryMs = Math.min(1_000, timeouts.requestMs)
  const server = createServer(
    {
      // A client that connects and says nothing, or says it byte by byte, is told 408 and closed.
      headersTimeout: timeouts.requestMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: checkEveryMs,
      keepAliveTimeout: keepAliveS * 1000,
      noDelay: true,
      // Whoever proposes another protocol for another path is answered as if it had not.
      shouldUpgradeCallback: (incoming) => door.tunnels !== undefined && isTunnelRequest(incoming),
    },
    createListener(terms, place.browserOrigins),
  )
  const tunnels = new Set<Socket>()
  server.on('upgrade', (incoming, duplex, head) => {
    const socket = duplex as Socket
    // Node counts it as open, and does not close it with the others.
    tunnels.add(socket)
    socket.once('close', () => tunnels.delete(socket))
    takeTunnel(door, incoming, { socket, head })
  })
  server.on('clientError', answerBrokenRequest)
  const lane = openPlainLane(server, {
    routes: plainRoutes(terms),
    refuse: answerBrokenRequest,
    requestMs: timeouts.requestMs,
    stallMs: timeouts.stallMs,
    checkEveryMs,
  })
  const failure = await listen(server, place)
  if (failure !== undefined) return err(failure)
  const { address, port } = server.address() as AddressInfo
  const host = address.includes(':') ? `[${address}]` : address
  return ok({
    origin: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        lane.close()
      }),
    force: () => {
      server.closeAllConnections()
      lane.force()
      for (const socket of tunnels) socket.destroy()
    },
  })
}

function listen(
  server: Server,
  place: { readonly host: string; readonly port: number },
): Promise<ListenFailure | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code ?? 'unknown', message: error.message }),
    )
    const { host, port } = place
    server.listen({ host, port, backlog: 1024 }, () => resolve(undefined))
  })
}

const brokenRequests: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The request headers are too large.'],
}

/** What never became a request still gets OpenAI's error shape. */
function answerBrokenRequest(error: { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const [status, message] = brokenRequests[error.code ?? ''] ?? [400, 'This is not HTTP/1.1.']
  const code = status === 408 ? 'request_timeout' : 'malformed_request'
  const body = JSON.stringify({
    error: { message, type: 'invalid_request_error', param: null, code },
  })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
