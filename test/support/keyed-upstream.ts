/*
 * An OpenAI-compatible service that wants a key, as lenders have one: it lists its models and answers chats for whoever has
 * it. What it was asked is kept, and what it answers can be another thing.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerWell, type Script } from './scripted-upstream.ts'

export type KeyedUpstream = {
  readonly baseUrl: string
  /** Keys that it takes. */
  readonly keys: Set<string>
  /** Method, path and key of each request, in order. */
  readonly asked: { readonly line: string; readonly key: string }[]
  readonly become: (script: Script) => void
  readonly close: () => Promise<void>
}

export async function startKeyedUpstream(...keys: readonly string[]): Promise<KeyedUpstream> {
  const known = new Set(keys)
  const asked: KeyedUpstream['asked'] = []
  let script: Script = answerWell()
  const server = createServer(async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>))
    const { headers, method, url = '' } = incoming
    const key = headers.authorization?.replace(/^Bearer /, '') ?? ''
    asked.push({ line: `${method} ${url}`, key })
    if (!known.has(key)) {
      response.writeHead(401, { 'content-type': 'application/json' })
      // As services do: the key comes back in the error.
      response.end(JSON.stringify({ error: { message: `Incorrect API key provided: ${key}` } }))
    } else if (method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"object":"list","data":[{"id":"m","object":"model"}]}')
    } else {
      const json = JSON.parse(body.toString()) as Record<string, unknown>
      await script({ path: url, headers, body, json, left: new Promise(() => {}) }, response)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    keys: known,
    asked,
    become: (next) => {
      script = next
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
