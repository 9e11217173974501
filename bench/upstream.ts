/*
 * The engine of the benchmark: an HTTP/1.1 server on raw sockets that knows three answers. Everything that can be written
 * beforehand is, because it shares a core with the load and must not be the bottleneck.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import {
  eventsPerStream,
  type Kind,
  pacedIntervalMs,
  stamped,
  streamEvents,
  unaryAnswer,
} from './traffic.ts'

export type Upstream = {
  /** `host:port` */
  readonly host: string
  /** Requests answered since the start. */
  readonly answered: () => number
  readonly close: () => Promise<void>
}

const unaryBytes = Buffer.concat([
  Buffer.from(
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n' +
      `content-length: ${unaryAnswer.length}\r\n\r\n`,
  ),
  unaryAnswer,
])
// nginx forwards a stream event by event only when it is told to; every other header would cost all contenders the same.
const streamHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-accel-buffering: no\r\n' +
  'transfer-encoding: chunked\r\n\r\n'
const lastChunk = '0\r\n\r\n'
const framed = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
const framedEvents = streamEvents.map(framed)

/** Listens on a free port of the loopback interface. */
export async function startUpstream(): Promise<Upstream> {
  const pacer = new Pacer()
  const burster = new Burster()
  const sockets = new Set<Socket>()
  let answered = 0
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A contender that aborts a stream resets the connection; that is part of the traffic.
    socket.on('error', () => socket.destroy())
    readRequests(socket, (kind) => {
      answered += 1
      if (kind === 'unary') socket.write(unaryBytes)
      else if (kind === 'burst') burster.start(socket)
      else pacer.start(socket)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => resolve())
  })
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered: () => answered,
    close: () =>
      new Promise((resolve) => {
        pacer.stop()
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

const headEnd = Buffer.from('\r\n\r\n')
const nothing = Buffer.alloc(0)

/** Calls `onRequest` for each whole request on a keep-alive connection; of a body only its end is read, where its kind is. */
function readRequests(socket: Socket, onRequest: (kind: Kind) => void): void {
  let rest: Buffer = nothing
  socket.on('data', (piece: Buffer) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    for (let end = requestEnd(rest); end !== -1; end = requestEnd(rest)) {
      const tail = rest.toString('latin1', Math.max(0, end - 24), end)
      rest = rest.length === end ? nothing : rest.subarray(end)
      const kind = /"user":"(unary|burst|paced)"\}$/.exec(tail)?.[1]
      if (kind === undefined) socket.destroy(new Error('a contender changed the request body'))
      else onRequest(kind as Kind)
    }
  })
}

/** Where the first request in `bytes` ends; -1 while it is not whole. */
function requestEnd(bytes: Buffer): number {
  const head = bytes.indexOf(headEnd)
  if (head === -1) return -1
  const length = /\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1] ?? 0
  const end = head + headEnd.length + Number(length)
  return end <= bytes.length ? end : -1
}

type RunningStream = { readonly socket: Socket; next: number }

/** Sends each running stream one event in every turn of the event loop: as fast as an engine that writes token by token. */
class Burster {
  readonly #running = new Set<RunningStream>()

  start(socket: Socket): void {
    socket.write(streamHead + framedEvents[0])
    if (this.#running.size === 0) setImmediate(() => this.#turn())
    this.#running.add({ socket, next: 1 })
  }

  #turn(): void {
    for (const stream of this.#running) {
      const text = framedEvents[stream.next] ?? ''
      stream.next += 1
      const ended = stream.next === eventsPerStream
      if (!stream.socket.destroyed) stream.socket.write(ended ? text + lastChunk : text)
      if (ended || stream.socket.destroyed) this.#running.delete(stream)
    }
    if (this.#running.size > 0) setImmediate(() => this.#turn())
  }
}

/** Sends each running stream one event every `pacedIntervalMs`, on a wheel of one slot a millisecond: one timer serves all. */
class Pacer {
  readonly #slots: Set<RunningStream>[] = Array.from({ length: pacedIntervalMs }, () => new Set())
  #timer: NodeJS.Timeout | undefined
  #servedUntilMs = 0

  start(socket: Socket): void {
    if (this.#timer === undefined) {
      this.#servedUntilMs = Math.floor(performance.now())
      this.#timer = setInterval(() => this.#turn(), 1)
    }
    socket.write(streamHead + stamped(framedEvents[0] ?? '', performance.now()))
    this.#slots[this.#servedUntilMs % pacedIntervalMs]?.add({ socket, next: 1 })
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Serves every slot that has come due, however late the timer is. */
  #turn(): void {
    const nowMs = Math.floor(performance.now())
    let running = 0
    while (this.#servedUntilMs < nowMs) {
      this.#servedUntilMs += 1
      const slot = this.#slots[this.#servedUntilMs % pacedIntervalMs] ?? new Set<RunningStream>()
      for (const stream of slot) {
        if (this.#send(stream)) slot.delete(stream)
      }
    }
    for (const slot of this.#slots) running += slot.size
    if (running === 0) this.stop()
  }

  /** True when the stream has ended. */
  #send(stream: RunningStream): boolean {
    const { socket } = stream
    if (socket.destroyed) return true
    const text = stamped(framedEvents[stream.next] ?? '', performance.now())
    stream.next += 1
    const ended = stream.next === eventsPerStream
    socket.write(ended ? text + lastChunk : text)
    return ended
  }
}
