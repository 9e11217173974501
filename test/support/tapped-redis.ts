/*
 * A line to Redis that is cut at a chosen moment: before the next question reaches the server, or before its answer comes
 * back. What was asked then is done or not, and who asked does not know.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export type TappedRedis = {
  readonly url: string
  /** Cuts every connection at the next question, or after the server has done what it says. */
  readonly cutNext: (what: 'question' | 'answer') => void
  /** How often it was cut. */
  readonly cuts: () => number
  readonly close: () => Promise<void>
}

export async function tapRedis(url: string): Promise<TappedRedis> {
  const { port, hostname } = new URL(url)
  const sockets = new Set<Socket>()
  let armed: 'question' | 'answer' | undefined
  let cuts = 0
  const cut = () => {
    armed = undefined
    cuts += 1
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const [from, to, what] of [
      [client, upstream, 'question'],
      [upstream, client, 'answer'],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => {
        if (armed === what) cut()
        else to.write(bytes)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `redis://127.0.0.1:${address.port}`,
    cutNext: (what) => {
      armed = what
    },
    cuts: () => cuts,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
