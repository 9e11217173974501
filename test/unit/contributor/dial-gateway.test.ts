import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { ClientHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { dialGateway } from '../../../src/contributor/dial-gateway.ts'
import { tunnelStreamsMax } from '../../../src/contributor/limits.ts'
import { address } from '../../../src/domain/units.ts'
import { acceptTunnel } from '../../../src/upstream/accept-tunnel.ts'

const server = createServer()
let hangUp = (): void => {}
afterEach(() => {
  hangUp()
  server.close()
})

/** What a gateway has of a contributor that dialled it, and answers as `onStream` does. */
async function dialled(onStream: (stream: ServerHttp2Stream) => void): Promise<ClientHttp2Session> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const upgraded = once(server, 'upgrade') as Promise<[IncomingMessage, Socket, Buffer]>
  const { port } = server.address() as AddressInfo
  const dialling = dialGateway({
    url: new URL(`http://127.0.0.1:${port}/v1/contributors/tunnel`),
    contributor: address(`0x${'c0'.repeat(20)}`),
    onSession: (session) => session.on('stream', onStream),
    onLost: () => {},
    silenceMs: 60_000,
    random: () => 0,
  })
  hangUp = dialling.stop
  const [, socket, head] = await upgraded
  return acceptTunnel(socket, head)
}

test('a gateway has so many requests open and no more, and those beyond wait their turn', async () => {
  const open = new Set<ServerHttp2Stream>()
  let openMost = 0
  let wasFull = false
  const answerOne = (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 200 })
    stream.resume().end('answered')
  }
  const session = await dialled((stream) => {
    open.add(stream)
    openMost = Math.max(openMost, open.size)
    stream.on('close', () => open.delete(stream))
    if (wasFull) setImmediate(answerOne, stream)
    if (wasFull || open.size < tunnelStreamsMax) return
    // Nobody is answered before there is no room.
    wasFull = true
    for (const waiting of open) setImmediate(answerOne, waiting)
  })
  expect(session.remoteSettings.maxConcurrentStreams).toBe(tunnelStreamsMax)
  const answers = Array.from({ length: tunnelStreamsMax + 76 }, async () => {
    const request = session.request({ ':method': 'POST', ':path': '/v1/chat/completions' })
    request.end('{}')
    const [headers] = await once(request, 'response')
    const [bytes] = await once(request, 'data')
    return `${headers[':status']} ${bytes}`
  })
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['200 answered']))
  expect(openMost).toBe(tunnelStreamsMax)
})
