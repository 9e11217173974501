import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One JSON-RPC call on its way to the node. */
export type TappedCall = {
  readonly method: string
  /** Passes it on; resolves with the node's answer, which is not yet given to the caller. */
  readonly forward: () => Promise<string>
}

/** What the caller gets; undefined: nothing, for as long as it waits. */
export type Tap = (call: TappedCall) => Promise<string | undefined>

export type TappedChain = { readonly url: string; readonly stop: () => Promise<void> }

/** A node between a program and the real one, that can cut in at any call. */
export async function tapChain(nodeUrl: string, tap: Tap): Promise<TappedChain> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const { method } = JSON.parse(body) as { method: string }
    const headers = { 'content-type': 'application/json' }
    const forward = async () => (await fetch(nodeUrl, { method: 'POST', headers, body })).text()
    const text = await tap({ method, forward })
    if (text !== undefined) response.writeHead(200, headers).end(text)
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
