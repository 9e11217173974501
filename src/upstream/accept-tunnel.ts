import { type ClientHttp2Session, connect } from 'node:http2'
import type { Socket } from 'node:net'
import { tunnelProtocol, tunnelWindowBytes } from './tunnel-exchange.ts'

/**
 * Turns a connection that somebody opened to us round: from now on we ask and they answer, over HTTP/2. Resolves when they
 * have said so; rejects when the connection ends before.
 */
export function acceptTunnel(socket: Socket, head: Buffer): Promise<ClientHttp2Session> {
  socket.setTimeout(0)
  // Node's HTTP server keeps sockets half open; a tunnel whose other end has ended is over.
  socket.allowHalfOpen = false
  socket.setNoDelay(true)
  if (head.length > 0) socket.unshift(head)
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${tunnelProtocol}\r\n\r\n`,
  )
  const session = connect('http://tunnel', {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: tunnelWindowBytes },
  })
  // Node would wait for the other end to hang up, too, and refuse requests until then by throwing.
  session.on('goaway', () => socket.destroy())
  return new Promise((resolve, reject) => {
    session.once('remoteSettings', () => resolve(session))
    session.once('error', reject)
    session.once('close', () =>
      reject(new Error('the connection ended before it was turned round')),
    )
  })
}
