/*
 * An upstream that says exactly what a test wants, byte for byte: what no HTTP library would let it say. It understands as
 * much of requests as it needs to tell one from the next.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createSecureServer, type TlsOptions } from 'node:tls'

export type RawRequest = {
  /** Up to the empty line. */
  readonly head: string
  readonly body: Buffer
  readonly socket: Socket
}

export type RawUpstream = {
  readonly port: number
  /** Every connection that was ever opened, the oldest first. */
  readonly connections: readonly Socket[]
  readonly requests: readonly RawRequest[]
  readonly close: () => Promise<void>
}

/** Calls `answer` as soon as a request is here. */
export async function startRawUpstream(
  answer: (request: RawRequest, ordinal: number) => void,
  tls?: TlsOptions,
): Promise<RawUpstream> {
  const connections: Socket[] = []
  const requests: RawRequest[] = []
  const take = (socket: Socket): void => {
    connections.push(socket)
    let bytes: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece])
      for (let end = endOf(bytes); end !== undefined; end = endOf(bytes)) {
        const head = headOf(bytes)
        const request = { head, body: bytes.subarray(head.length + 4, end), socket }
        bytes = bytes.subarray(end)
        answer(request, requests.push(request) - 1)
      }
    })
  }
  const server = tls === undefined ? createServer(take) : createSecureServer(tls, take)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    requests,
    close: async () => {
      for (const socket of connections) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const headOf = (bytes: Buffer): string => {
  const text = bytes.toString('latin1')
  return text.slice(0, text.indexOf('\r\n\r\n'))
}

/** Where the first request ends; undefined while it is not all here. */
function endOf(bytes: Buffer): number | undefined {
  const head = bytes.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = Number(/content-length: (\d+)/.exec(headOf(bytes))?.[1] ?? 0)
  const end = head + 4 + length
  return bytes.length < end ? undefined : end
}

/** An answer with its length. */
export const wholeAnswer = (body: string | Buffer, ...fields: readonly string[]): Buffer =>
  Buffer.concat([
    Buffer.from(
      ['HTTP/1.1 200 OK', `content-length: ${body.length}`, ...fields, '', ''].join('\r\n'),
    ),
    Buffer.from(body),
  ])
