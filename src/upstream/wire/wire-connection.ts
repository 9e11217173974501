/*
 * One connection to a contributor, which carries one exchange at a time.
 *
 *   DIALLING --connected--> BUSY --whole answer--> IDLE --carry--> BUSY
 *   DIALLING, BUSY, IDLE --connection ends, answer malformed, overdue, exchange dropped--> GONE
 *
 * Invariants
 * W1 bytes that come while it is idle belong to no request: the connection is not used again.
 * W2 it is used again only after an answer whose end was seen, with nothing behind it, to a request that was sent to its end.
 * W3 an exchange is told nothing while it is paused but what was under way already, and then its end: little is kept here,
 *    the rest stays with the other side.
 */
import type { Socket } from 'node:net'
import type { ExchangeFault } from '../exchange.ts'
import { AnswerParser } from './answer-parser.ts'
import { dial, type Origin, readMemory, type SessionKept } from './dial.ts'
import { IncomingBytes } from './incoming-bytes.ts'
import type { ExchangeCarrier, WireExchange } from './wire-exchange.ts'

/** Up to here a copy costs less than a second piece to write. */
const joinedBodyBytesMax = 16 * 1024
/** Idle connections are kept so long where the other side says nothing: several servers close them after five seconds. */
const keepDefaultMs = 4_000
/** Where it says how long, we let go so much earlier: a request must not meet the end of the connection on its way. */
const keepMarginMs = 2_000
const keepMaxMs = 600_000

export type ConnectionHome = {
  readonly origin: Origin
  readonly sessionKept: SessionKept
  readonly connectMs: number
  /** Between two pieces of a body, while they are taken. */
  readonly idleMs: number
  /** It may carry another exchange. */
  freed(connection: WireConnection): void
  /** It carries nothing any more. Told at least once. */
  gone(connection: WireConnection): void
  /** `dueMs` was set. */
  awaited(dueMs: number): void
}

export class WireConnection implements ExchangeCarrier {
  /** When `expire` is due unless something happens before. */
  dueMs: number = Number.POSITIVE_INFINITY
  readonly #home: ConnectionHome
  readonly #socket: Socket
  readonly #parser = new AnswerParser()
  #exchange: WireExchange | undefined
  /** What came before a pause and was not read. */
  #held: Buffer | undefined
  #isOpen = false
  #isReading = false
  /** Nothing is read from the socket, because the exchange was paused when something came. */
  #isStopped = false
  #ending: 'closed' | 'lost' | undefined

  /** Dials, and carries the exchange as soon as it is connected. */
  constructor(home: ConnectionHome, exchange: WireExchange) {
    this.#home = home
    this.#exchange = exchange
    exchange.carriedBy(this)
    this.#dueIn(home.connectMs)
    const { origin, sessionKept } = home
    this.#socket = dial(origin, sessionKept, (count) => this.#came(count))
    this.#socket.once(origin.isSecure ? 'secureConnect' : 'connect', () => this.#connected())
    this.#socket.on('end', () => this.#ended('closed'))
    // It closes only later, and must not be taken for another request until then.
    this.#socket.on('error', () => this.#ended('lost'))
    this.#socket.on('close', () => this.#ended('lost'))
  }

  /** Only of a connection that was freed. */
  carry(exchange: WireExchange): void {
    this.#exchange = exchange
    exchange.carriedBy(this)
    this.#send(exchange)
  }

  resumed(exchange: WireExchange): void {
    // Whoever is reading goes on by itself.
    if (this.#exchange !== exchange || this.#isReading) return
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#read(exchange, IncomingBytes.own(held))
    else if (exchange.isAnswered) this.#dueIn(this.#home.idleMs)
    if (this.#exchange !== exchange || exchange.isPaused) return
    if (this.#ending === undefined) this.#readOn()
    else this.#conclude(exchange)
  }

  dropped(exchange: WireExchange): void {
    if (this.#exchange !== exchange) return
    this.#exchange = undefined
    this.#leave()
  }

  /** `dueMs` has passed. */
  expire(): void {
    const exchange = this.#exchange
    if (exchange === undefined) this.#leave()
    else if (!this.#isOpen) this.#fail(exchange, 'unreachable')
    else if (!exchange.isAnswered) this.#fail(exchange, 'overdue')
    else if (exchange.isPaused) this.dueMs = Number.POSITIVE_INFINITY
    else this.#fail(exchange, 'stalled')
  }

  /** At once, whatever it carries. */
  destroy(): void {
    if (this.#exchange === undefined) this.#leave()
    else this.#fail(this.#exchange, 'interrupted')
  }

  #connected(): void {
    this.#isOpen = true
    if (this.#exchange !== undefined) this.#send(this.#exchange)
  }

  #send(exchange: WireExchange): void {
    const { head, body, headersByMs } = exchange
    this.#parser.begin()
    this.dueMs = headersByMs
    this.#home.awaited(headersByMs)
    if (body.length <= joinedBodyBytesMax) {
      const bytes = Buffer.allocUnsafe(head.length + body.length)
      bytes.write(head, 'latin1')
      body.copy(bytes, head.length)
      this.#socket.write(bytes)
      return
    }
    this.#socket.cork()
    this.#socket.write(head, 'latin1')
    this.#socket.write(body)
    this.#socket.uncork()
  }

  /** Whether reading goes on. */
  #came(count: number): boolean {
    const incoming = IncomingBytes.lent(readMemory, count)
    const exchange = this.#exchange
    if (exchange === undefined || !this.#isOpen) {
      this.#leave()
      return false
    }
    // Headers do not wait.
    if (!exchange.isPaused || !exchange.isAnswered) {
      this.#read(exchange, incoming)
      return true
    }
    // It was not told to stop before: most who pause go on before anything comes.
    const piece = incoming.take(count)
    this.#held = this.#held === undefined ? piece : Buffer.concat([this.#held, piece])
    this.#isStopped = true
    return false
  }

  #read(exchange: WireExchange, incoming: IncomingBytes): void {
    this.#isReading = true
    const isTold = this.#tell(exchange, incoming)
    this.#isReading = false
    // Its listener dropped it while it was told.
    if (this.#exchange !== exchange) return
    if (!isTold) this.#fail(exchange, 'interrupted')
    else if (this.#parser.isMalformed) this.#fail(exchange, 'malformed')
    else if (this.#parser.isWhole) this.#finish(exchange, incoming.left === 0)
    else {
      if (incoming.left > 0) this.#held = incoming.take(incoming.left)
      if (exchange.isAnswered) this.#dueIn(this.#home.idleMs)
    }
  }

  /** False where its listener throws: as at its end, nobody else is to notice. */
  #tell(exchange: WireExchange, incoming: IncomingBytes): boolean {
    try {
      this.#parser.read(incoming, exchange)
      return true
    } catch {
      return false
    }
  }

  #readOn(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    this.#socket.resume()
  }

  #finish(exchange: WireExchange, isAlone: boolean): void {
    this.#exchange = undefined
    const keepMs = isAlone ? this.#keepMs() : 0
    if (keepMs > 0) {
      this.#readOn()
      this.#dueIn(keepMs)
      this.#home.freed(this)
    } else this.#leave()
    exchange.end()
  }

  /** How long it is kept for another request; nothing where it must not carry one. */
  #keepMs(): number {
    const { head } = this.#parser
    const isSent = this.#socket.writableLength === 0
    if (head?.persists !== true || !isSent || this.#ending !== undefined) return 0
    if (head.keepAliveMs === undefined) return keepDefaultMs
    return Math.min(head.keepAliveMs - keepMarginMs, keepMaxMs)
  }

  #ended(how: 'closed' | 'lost'): void {
    this.#ending ??= how
    if (this.#exchange === undefined) this.#leave()
    // What was held is read first, when its listener wants it.
    else if (this.#held === undefined) this.#conclude(this.#exchange)
  }

  #conclude(exchange: WireExchange): void {
    if (this.#ending === 'closed') this.#parser.end()
    if (this.#parser.isWhole) this.#finish(exchange, true)
    else this.#fail(exchange, this.#isOpen ? 'interrupted' : 'unreachable')
  }

  #fail(exchange: WireExchange, fault: ExchangeFault): void {
    this.#exchange = undefined
    this.#leave()
    exchange.fail(fault)
  }

  #leave(): void {
    this.#socket.destroy()
    this.#home.gone(this)
  }

  #dueIn(ms: number): void {
    this.dueMs = performance.now() + ms
    this.#home.awaited(this.dueMs)
  }
}
