import { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Incoming } from '../exchange.ts'
import { earlyBytesMax } from './limits.ts'

/** A plain request with its body, which may still be arriving. */
export class PlainRequest implements Incoming {
  readonly headers: IncomingHttpHeaders
  readonly socket: Socket
  readonly arrived: Buffer | undefined
  destroyed = false
  /** Bytes of the body that are still to come. */
  missing: number
  /** What came before anybody read. */
  #early: Buffer[] = []
  #earlyBytes = 0
  #isRead = false
  /** Made only for a body that comes in pieces. */
  #events: EventEmitter | undefined

  /** `first` is what came of the body with the head. */
  constructor(
    socket: Socket,
    headers: IncomingHttpHeaders,
    body: { readonly length: number; readonly first: Buffer },
  ) {
    const { length, first } = body
    this.socket = socket
    this.headers = headers
    this.missing = length - first.length
    this.arrived = this.missing === 0 ? first : undefined
    if (this.missing > 0 && first.length > 0) this.#keep(first)
  }

  get complete(): boolean {
    return this.missing === 0
  }

  on(event: 'data' | 'end' | 'error' | 'close', listener: (bytes: Buffer) => void): this {
    this.#events ??= new EventEmitter()
    this.#events.on(event, listener)
    if (event !== 'data' || this.#isRead) return this
    this.#isRead = true
    // Whoever listens to the data listens to its end next.
    process.nextTick(() => this.#tellEarly())
    return this
  }

  /** At most `missing` bytes of the body. */
  take(bytes: Buffer): void {
    this.missing -= bytes.length
    if (!this.#isRead || this.#early.length > 0) {
      this.#keep(bytes)
      if (this.#earlyBytes > earlyBytesMax) this.socket.pause()
      return
    }
    this.#events?.emit('data', bytes)
    if (this.missing === 0) this.#events?.emit('end')
  }

  /** The connection closed. */
  cut(): void {
    this.destroyed = true
    if (this.missing > 0) this.#events?.emit('close')
  }

  #keep(bytes: Buffer): void {
    this.#early.push(bytes)
    this.#earlyBytes += bytes.length
  }

  #tellEarly(): void {
    const early = this.#early
    this.#early = []
    this.#earlyBytes = 0
    for (const bytes of early) this.#events?.emit('data', bytes)
    if (this.missing === 0) this.#events?.emit('end')
    this.socket.resume()
  }
}
