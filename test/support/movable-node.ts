import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type MovableNode = {
  /** Stays the same wherever the node is. */
  readonly url: string
  /** Undefined: the node is gone, and whoever calls has its connection closed. */
  readonly moveTo: (nodeUrl: string | undefined) => void
  readonly stop: () => Promise<void>
}

/** One address for a chain that is stopped and comes back on another port. */
export async function startMovableNode(nodeUrl: string): Promise<MovableNode> {
  let target: string | undefined = nodeUrl
  const relay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    try {
      if (target === undefined) throw new Error('gone')
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(target, { method: 'POST', headers, body: Buffer.concat(chunks) })
      response.writeHead(answer.status, headers).end(await answer.text())
    } catch {
      response.destroy()
    }
  }
  const server = createServer((request, response) => void relay(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    moveTo: (nodeUrlNow) => {
      target = nodeUrlNow
    },
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
