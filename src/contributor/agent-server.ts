/*
 * The agent of a machine that can be dialled: HTTP, or HTTPS where it has a certificate of its own and no proxy before it.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { clientRequestTimeoutMs, drainTimeoutMs, requestBodyBytesMax } from '../base/limits.ts'
import type { Answerer } from './agent-request.ts'
import { bearerCheck } from './bearer-check.ts'
import { httpReply } from './http-reply.ts'
import { type OpenAiRefusal, requestTooLarge, wrongSecret } from './openai-refusal.ts'
import { readBody } from './read-body.ts'
import { sendRefusal } from './send-json.ts'

export type AgentServer = {
  /** Such as `https://127.0.0.1:40123`. */
  readonly url: string
  /** Takes no new connection, waits for what runs up to `drainTimeoutMs`, then ends it. */
  readonly stop: () => Promise<void>
}

export type AgentServerOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** What `authorization: Bearer …` must say, but for /health; undefined asks for nothing. */
  readonly secret: string | undefined
  /** PEM texts. Without them it speaks HTTP: for a proxy on the same machine. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined
}

/** Rejects with node's error (`EADDRINUSE`, `EACCES`, or one of OpenSSL for an unusable certificate). */
export async function startAgentServer(
  answerer: Answerer,
  { host, port, secret, tls }: AgentServerOptions,
): Promise<AgentServer> {
  const isAuthorized = bearerCheck(secret)
  let isStopping = false
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    // A connection that is kept alive behind its last answer would hold a stopping server for long.
    response.once('close', () => isStopping && server.closeIdleConnections())
    const isOpen = request.url === '/health' || isAuthorized(request.headers.authorization)
    if (isOpen) void answer(answerer, request, response)
    else refuseUnread(response, wrongSecret)
  }
  const server =
    tls === undefined
      ? createHttpServer(serve)
      : createHttpsServer({ cert: tls.certificate, key: tls.key }, serve)
  server.requestTimeout = clientRequestTimeoutMs
  server.headersTimeout = clientRequestTimeoutMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: listening } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${listening}`,
    stop: () => {
      isStopping = true
      return new Promise((resolve) => {
        const overdue = setTimeout(() => server.closeAllConnections(), drainTimeoutMs)
        server.close(() => {
          clearTimeout(overdue)
          resolve()
        })
      })
    },
  }
}

async function answer(
  answerer: Answerer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = httpReply(response)
  const body = await readBody(request, requestBodyBytesMax)
  if (body.ok) {
    const { method = 'GET', url: path = '/', headers } = request
    answerer.answer({ method, path, headers, body: body.value }, reply)
  } else if (body.error === 'too_large') {
    refuseUnread(response, requestTooLarge(requestBodyBytesMax))
  }
}

/** It ends the connection: the next request on it could not be told from the body that nobody read. */
function refuseUnread(response: ServerResponse, refusal: OpenAiRefusal): void {
  sendRefusal(response, refusal, { connection: 'close' })
}
