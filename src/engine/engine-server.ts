import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clientRequestTimeoutMs, drainTimeoutMs } from '../base/limits.ts'
import { bearerCheck } from '../contributor/bearer-check.ts'
import { isAskedByPage } from './asked-by-page.ts'
import type { Engine } from './engine.ts'
import { type RequestEnd, route, type Serving } from './engine-routes.ts'

export type EngineServer = {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string
  /** Takes no new request, waits for those in flight up to `drainTimeoutMs`, then ends them. */
  readonly stop: () => Promise<void>
}

export type EngineServerOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** What `authorization: Bearer …` must say on /v1; undefined asks for nothing. */
  readonly secret: string | undefined
  /** Called once for each chat completion that ended, however it ended. */
  readonly onRequestEnd: (ended: RequestEnd) => void
}

/** Rejects with node's error (`EADDRINUSE`, `EACCES`) when it cannot listen. */
export async function startEngineServer(
  engine: Engine,
  options: EngineServerOptions,
): Promise<EngineServer> {
  let stopping = false
  const serving: Serving = {
    engine,
    isAuthorized: bearerCheck(options.secret),
    // Whoever shows a secret is meant, whatever it is.
    isForeign: options.secret === undefined ? isAskedByPage : () => false,
    isStopping: () => stopping,
    onRequestEnd: options.onRequestEnd,
  }
  const server = createServer((request, response) => {
    // A connection that is kept alive after its last answer would hold a stopping server for long.
    response.once('close', () => stopping && server.closeIdleConnections())
    route(serving, { request, response })
  })
  server.requestTimeout = clientRequestTimeoutMs
  server.headersTimeout = clientRequestTimeoutMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${port}`,
    stop: () => {
      stopping = true
      return closeWhenIdle(server)
    },
  }
}

function closeWhenIdle(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const overdue = setTimeout(() => server.closeAllConnections(), drainTimeoutMs)
    server.close(() => {
      clearTimeout(overdue)
      resolve()
    })
  })
}
