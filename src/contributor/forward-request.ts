/*
 * Requests and answers as they are, to a server beside us and back: what answers through a tunnel where that server signs its
 * Work itself, as `vouch engine` does.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { AgentReply, AgentRequest, Answerer } from './agent-request.ts'

/** Where requests go, and what is added to each of them, such as the engine's own key. */
export type EngineAddress = {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
}

/** Headers of one connection, and a length that a resumed answer does not have. */
const notForwarded: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'content-length'],
])

export const forwardTo = (engine: EngineAddress): Answerer => ({
  answer: (request, reply) => forward(engine, request, reply),
})

/** A path and nothing else: the other end may be a gateway that means to ask somebody else beside us, with the engine's key. */
const plainPath = /^\/(?![/\\])[!-~]*$/

function forward(engine: EngineAddress, request: AgentRequest, reply: AgentReply): void {
  if (!plainPath.test(request.path)) {
    reply.fail()
    return
  }
  const asked = httpRequest(engine.origin, {
    method: request.method,
    path: request.path,
    headers: { ...request.headers, ...engine.headers, 'content-length': request.body.length },
  })
  reply.onGone(() => asked.destroy())
  asked.on('response', (received) => relay(received, reply))
  asked.on('error', () => reply.fail())
  asked.end(request.body)
}

function relay(received: IncomingMessage, reply: AgentReply): void {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(received.headers)) {
    if (!notForwarded.has(name) && value !== undefined) headers[name] = String(value)
  }
  reply.onDrain(() => received.resume())
  reply.head(received.statusCode ?? 502, headers)
  received.on('data', (chunk: Buffer) => {
    if (!reply.write(chunk)) received.pause()
  })
  received.on('end', () => (received.complete ? reply.end() : reply.fail()))
  received.on('error', () => reply.fail())
}
