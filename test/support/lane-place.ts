/*
 * One and the same way to serve, once behind the lane and once by Node's server alone, and what each makes of the same bytes.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createEndServer, type Socket } from 'node:net'
import type { Exchange } from '../../src/http/exchange.ts'
import { keepAliveS } from '../../src/http/lane/limits.ts'
import { openPlainLane, type PlainLane } from '../../src/http/lane/plain-lane.ts'
import { PlainRequest } from '../../src/http/lane/plain-request.ts'

export const lanePath = '/v1/served'

/** A request as whoever serves it saw it. */
export type SeenRequest = {
  readonly headers: Readonly<Record<string, unknown>>
  readonly inLane: boolean
}

export type LaneSide = {
  readonly server: Server
  readonly port: number
  readonly lane: PlainLane | undefined
  /** Every request that came to `serve`. */
  readonly seen: SeenRequest[]
  /** Requests that came to Node's server, those that it serves as well. */
  readonly toNode: string[]
  readonly close: () => Promise<void>
}

/** `serve` gets each POST to `lanePath`; everything else is 404. */
export async function openLaneSide(
  serve: (exchange: Exchange) => void,
  options: { readonly withLane: boolean; readonly requestMs?: number; readonly stallMs?: number },
): Promise<LaneSide> {
  const { withLane, requestMs = 30_000, stallMs = 60_000 } = options
  const seen: SeenRequest[] = []
  const toNode: string[] = []
  const served = (exchange: Exchange): void => {
    const { headers } = exchange.incoming
    seen.push({ headers: { ...headers }, inLane: exchange.incoming instanceof PlainRequest })
    serve(exchange)
  }
  const checkEveryMs = Math.min(1_000, requestMs)
  const server = createServer(
    {
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkEveryMs,
      keepAliveTimeout: keepAliveS * 1000,
    },
    (incoming, outgoing) => {
      toNode.push(`${incoming.method} ${incoming.url}`)
      if (incoming.method === 'POST' && incoming.url === lanePath) served({ incoming, outgoing })
      // Not at once: what a broken request behind this one finds unanswered stays so, however the bytes came to Node.
      else setImmediate(() => outgoing.writeHead(404, { 'content-length': 0 }).end())
    },
  )
  const refuse = (error: { readonly code?: string }, socket: Socket): void => {
    if (!socket.writable || socket.bytesWritten > 0) socket.destroy()
    else socket.end(`HTTP/1.1 400 ${error.code}\r\n\r\n`)
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    // Node names each way of being malformed; who is refused in the lane was cut short or too slow.
    refuse(error, socket as Socket),
  )
  const routes = new Map([[`POST ${lanePath} HTTP/1.1`, served]])
  const lane = withLane
    ? openPlainLane(server, { routes, refuse, requestMs, stallMs, checkEveryMs })
    : undefined
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    port: (server.address() as AddressInfo).port,
    lane,
    seen,
    toNode,
    close: async () => {
      server.closeAllConnections()
      lane?.force()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * Lets everything happen that follows from bytes that were sent: both ends are in this process, and nothing waits for a clock. A
 * busy kernel may be late, yet it delivers in order: what is sent there and back now comes behind what was sent before.
 */
export async function settle(turns = 8): Promise<void> {
  const { there, back } = await echo
  for (let trip = 0; trip < 3; trip += 1) {
    there.write('.')
    await once(back, 'data')
    back.write('.')
    await once(there, 'data')
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

const echo = openEcho()

async function openEcho(): Promise<{ readonly there: Socket; readonly back: Socket }> {
  const server = createEndServer({ noDelay: true }).listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const there = connect({ port: (server.address() as AddressInfo).port, noDelay: true })
  const [back] = (await once(server, 'connection')) as [Socket]
  return { there: there.unref(), back: back.unref() }
}

export async function openClient(
  port: number,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...options })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends the pieces one by one, then no more; resolves with all that was answered once the connection closed. */
export async function converse(port: number, pieces: readonly Buffer[]): Promise<Buffer> {
  const socket = await openClient(port, { allowHalfOpen: true })
  const said: Buffer[] = []
  socket.on('data', (bytes: Buffer) => said.push(bytes))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece)
    await settle()
  }
  await settle()
  socket.end()
  await settle()
  if (!socket.destroyed && socket.readableEnded) socket.destroy()
  await closed
  return Buffer.concat(said)
}

export type RawAnswer = {
  /** Status line and headers; of the date only that there is one. */
  readonly head: string
  readonly body: string
  readonly trailers: string
}

/** Answers in the order in which they came; their bodies without the chunks that they came in. */
export function readAnswers(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = []
  let text = bytes.toString('latin1')
  while (text !== '') {
    const end = text.indexOf('\r\n\r\n')
    if (end < 0) return [...answers, { head: text, body: '(cut)', trailers: '' }]
    const head = text.slice(0, end).replace(/^(Date): .*GMT$/m, '$1')
    text = text.slice(end + 4)
    const length = /^content-length: (\d+)$/im.exec(head)?.[1]
    if (/^transfer-encoding: chunked$/im.test(head)) {
      const read = readChunks(text)
      answers.push({ ...read.answer, head })
      text = text.slice(read.length)
    } else {
      const taken = length === undefined ? text.length : Number(length)
      answers.push({ head, body: text.slice(0, taken), trailers: '' })
      text = text.slice(taken)
    }
  }
  return answers
}

function readChunks(text: string) {
  let at = 0
  let body = ''
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (lineEnd < 0 || Number.isNaN(size)) {
      return { answer: { body: `${body}(cut)`, trailers: '' }, length: text.length }
    }
    at = lineEnd + 2
    if (size === 0) break
    body += text.slice(at, at + size)
    at += size + 2
  }
  const end = text.startsWith('\r\n', at) ? at : text.indexOf('\r\n\r\n', at) + 2
  return { answer: { body, trailers: text.slice(at, end) }, length: end + 2 }
}
