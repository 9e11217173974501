/*
 * The least that a proxy on node:http and undici can do: the floor under the gateway, which stands on the same two. Run by
 * contenders.ts with the upstream's origin as its argument; prints its own origin as JSON, ends with its standard input.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Dispatcher, Pool } from 'undici'

const [upstreamOrigin] = process.argv.slice(2)
if (upstreamOrigin === undefined) throw new Error('usage: bare-proxy.ts UPSTREAM_ORIGIN')
const pool = new Pool(upstreamOrigin, { connections: 512 })

const server = createServer({ noDelay: true, keepAliveTimeout: 65_000 }, (incoming, outgoing) => {
  const pieces: Buffer[] = []
  incoming.on('data', (piece: Buffer) => pieces.push(piece))
  incoming.on('end', () => forward(incoming, outgoing, Buffer.concat(pieces)))
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ origin: `http://127.0.0.1:${port}` })}\n`)
})
process.stdin.on('end', () => process.exit(0)).resume()

function forward(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): void {
  let upstream: Dispatcher.DispatchController | undefined
  outgoing.on('drain', () => upstream?.resume())
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) upstream?.abort(new Error('the client left'))
  })
  pool.dispatch(
    {
      path: incoming.url ?? '/',
      method: 'POST',
      headers: {
        'content-type': incoming.headers['content-type'] ?? '',
        authorization: incoming.headers.authorization ?? '',
      },
      body,
    },
    {
      onRequestStart: (controller) => {
        upstream = controller
      },
      onResponseStart: (_, status, headers) => {
        const head: Record<string, string> = {}
        for (const name of ['content-type', 'content-length']) {
          if (headers[name] !== undefined) head[name] = String(headers[name])
        }
        outgoing.writeHead(status, head)
      },
      onResponseData: (controller, chunk) => {
        if (!outgoing.write(chunk)) controller.pause()
      },
      onResponseEnd: () => {
        outgoing.end()
      },
      onResponseError: () => outgoing.destroy(),
    },
  )
}
