/*
 * A contributor's end of a tunnel in the hands of somebody who does with it what no agent of ours would.
 */
import { performServerHandshake, type ServerHttp2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { randomHex } from '../../src/base/random-ids.ts'
import { answerGreeting, type GreetingKeys } from '../../src/contributor/answer-greeting.ts'
import { type Bytes32, bytes32 } from '../../src/domain/units.ts'

/** Asks for a tunnel in the name of `contributor`, of the address `from`. Resolves when the request was written. */
export async function knock(
  origin: string,
  contributor: string,
  from = '127.0.0.1',
): Promise<Knocked> {
  const { hostname, port } = new URL(origin)
  const nonce = bytes32(`0x${randomHex(32)}`)
  const socket = connect({ port: Number(port), host: hostname, localAddress: from })
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  const lines = [
    'GET /v1/contributors/tunnel HTTP/1.1',
    'host: gateway',
    'connection: upgrade',
    'upgrade: vouch-tunnel/1',
    `x-vouch-contributor: ${contributor}`,
    `x-vouch-nonce: ${nonce}`,
  ]
  await new Promise((written) => socket.write(`${lines.join('\r\n')}\r\n\r\n`, written))
  return { socket, nonce }
}

export type Knocked = { readonly socket: Socket; readonly nonce: Bytes32 }

/** The status line of what the gateway says next; empty where it hangs up. */
export function statusOf({ socket }: Knocked): Promise<string> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve(''))
    socket.once('data', (bytes: Buffer) => {
      const end = bytes.indexOf('\r\n\r\n') + 4
      socket.pause()
      socket.unshift(bytes.subarray(end))
      resolve(bytes.toString('latin1', 0, bytes.indexOf('\r\n')))
    })
  })
}

/** Dials in, proves its key, and answers as `serve` likes. */
export async function dialAs(
  origin: string,
  keys: GreetingKeys,
  serve: Parameters<ServerHttp2Session['on']>[1],
): Promise<ServerHttp2Session> {
  const knocked = await knock(origin, keys.contributor)
  const status = await statusOf(knocked)
  if (!status.includes(' 101 ')) throw new Error(`not taken: ${status}`)
  return proveAs(knocked, keys, serve)
}

/** What `dialAs` does once the gateway took the connection. Rejects when the gateway ends it before. */
export async function proveAs(
  knocked: Knocked,
  keys: GreetingKeys,
  serve: Parameters<ServerHttp2Session['on']>[1],
): Promise<ServerHttp2Session> {
  const session = performServerHandshake(knocked.socket)
  session.on('error', () => {})
  const greeted = Promise.withResolvers<void>()
  session.on('close', () => greeted.reject(new Error('hung up on')))
  session.on('stream', (stream, headers, ...rest) => {
    stream.on('error', () => {})
    if (headers[':path'] !== '/tunnel/open') return serve(stream, headers, ...rest)
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const answer = answerGreeting(keys, knocked.nonce, Buffer.concat(chunks).toString())
      if (!answer.ok) throw new Error(answer.error)
      stream.respond({ ':status': 200 })
      stream.end(JSON.stringify({ signature: answer.value }), () => greeted.resolve())
    })
  })
  await greeted.promise
  return session
}
