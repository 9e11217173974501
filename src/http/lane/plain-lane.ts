/*
 * The fast lane: connections are first seen here, before Node's HTTP server, on the same listening socket. Requests that are
 * plain in the strictest sense (read-plain-head.ts) are served here, for a seventh less CPU in all; with anything else its whole
 * connection is handed to Node's server, for good and with its bytes, before anything of it was answered. So nothing is ever
 * read in two ways, and every oddity keeps the meaning that Node gives it. docs/decisions/0024-plain-requests.md.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { assert } from '../../base/assert.ts'
import type { Exchange } from '../exchange.ts'
import { keepAliveS } from './limits.ts'
import { type LaneTerms, PlainConnection } from './plain-connection.ts'

export type PlainLane = {
  /** Closes connections without a request, and each other one after its answer. */
  readonly close: () => void
  readonly force: () => void
}

export function openPlainLane(
  server: Server,
  terms: {
    /** By request line. */
    readonly routes: ReadonlyMap<string, (exchange: Exchange) => void>
    readonly refuse: LaneTerms['refuse']
    /** For a whole request. */
    readonly requestMs: number
    /** For taking what was written. */
    readonly stallMs: number
    /** Between two looks at who takes too long. */
    readonly checkEveryMs: number
  },
): PlainLane {
  const [serveByNode, ...others] = server.listeners('connection')
  assert(serveByNode !== undefined && others.length === 0, 'Node listens to its server once')
  const connections = new Set<PlainConnection>()
  let isClosing = false
  // Of the last look: no request has to ask for the time.
  let nowMs = performance.now()
  const waitsMs = { request: terms.requestMs, next: (keepAliveS + 1) * 1000 }
  const lane: LaneTerms = {
    routes: terms.routes,
    refuse: terms.refuse,
    stallMs: terms.stallMs,
    closed: (connection) => connections.delete(connection),
    isClosing: () => isClosing,
    deadlineMs: (wait) => nowMs + terms.checkEveryMs + waitsMs[wait],
    handOver: (connection, bytes) => {
      connections.delete(connection)
      const { socket } = connection
      serveByNode.call(server, socket)
      socket.unshift(bytes)
    },
  }
  const look = () => {
    nowMs = performance.now()
    for (const connection of connections) if (connection.deadlineMs <= nowMs) connection.expire()
  }
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => connections.add(new PlainConnection(socket, lane)))
  // One that cannot listen closes never.
  server.once('listening', () => {
    const looking = setInterval(look, terms.checkEveryMs).unref()
    server.once('close', () => clearInterval(looking))
  })
  return {
    close: () => {
      isClosing = true
      for (const connection of connections) if (connection.isIdle) connection.socket.destroy()
    },
    force: () => {
      for (const { socket } of connections) socket.destroy()
    },
  }
}
