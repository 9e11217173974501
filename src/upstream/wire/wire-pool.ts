/*
 * Connections to one place. An exchange takes the connection that was used last, a new one where none is idle, and waits
 * its turn where there are as many as there may be. Idle ones that nobody takes are let go before the other side does it.
 *
 * Times are kept by one timer for all of them: it is set to the first moment at which anything can be due, and looked after
 * then. What moves on with each request costs no timer.
 */
import type { ExchangeListener, ExchangeRequest } from '../exchange.ts'
import type { Origin, SessionKept } from './dial.ts'
import { requestHead } from './request-head.ts'
import { type ConnectionHome, WireConnection } from './wire-connection.ts'
import { type ExchangeCarrier, WireExchange } from './wire-exchange.ts'

/** At once to one place. */
const connectionsMax = 512
/** Between two looks at what is due. */
const lookPauseMinMs = 50

export class WirePool implements ConnectionHome, ExchangeCarrier {
  readonly origin: Origin
  readonly connectMs: number
  readonly idleMs: number
  readonly sessionKept: SessionKept = { session: undefined }
  readonly #connections = new Set<WireConnection>()
  /** The one that was used last is the last. */
  readonly #idle: WireConnection[] = []
  readonly #waiting = new Set<WireExchange>()
  #timer: NodeJS.Timeout | undefined
  #lookAtMs = Number.POSITIVE_INFINITY
  /** When it was looked last. */
  #lookedMs = Number.NEGATIVE_INFINITY
  #isClosing = false

  constructor(
    origin: Origin,
    { connectMs, idleMs }: { readonly connectMs: number; readonly idleMs: number },
  ) {
    this.origin = origin
    this.connectMs = connectMs
    this.idleMs = idleMs
  }

  dispatch(request: ExchangeRequest, listener: ExchangeListener): void {
    const head = requestHead(this.origin.host, request)
    const headersByMs = performance.now() + request.headersTimeoutMs
    const exchange = new WireExchange(
      { head: head ?? '', body: request.body, headersByMs },
      listener,
    )
    exchange.carriedBy(this)
    listener.started(exchange)
    // Nobody is reached by what cannot be said.
    if (head === undefined || this.#isClosing) exchange.fail('unreachable')
    if (!exchange.isOver) this.#carry(exchange)
  }

  /** Lets go of what is idle now, and of the others as soon as nothing waits for them. */
  close(): void {
    this.#isClosing = true
    for (const connection of [...this.#idle]) connection.destroy()
  }

  /** At once, whatever is under way. */
  destroy(): void {
    this.#isClosing = true
    for (const exchange of this.#waiting) exchange.fail('interrupted')
    this.#waiting.clear()
    for (const connection of this.#connections) connection.destroy()
    clearTimeout(this.#timer)
  }

  freed(connection: WireConnection): void {
    const next = this.#nextWaiting()
    if (next !== undefined) connection.carry(next)
    else if (this.#isClosing) connection.destroy()
    else this.#idle.push(connection)
  }

  gone(connection: WireConnection): void {
    if (!this.#connections.delete(connection)) return
    const at = this.#idle.indexOf(connection)
    if (at !== -1) this.#idle.splice(at, 1)
    const next = this.#nextWaiting()
    if (next !== undefined) this.#connections.add(new WireConnection(this, next))
  }

  awaited(dueMs: number): void {
    if (dueMs < this.#lookAtMs) this.#lookAt(dueMs)
  }

  /** Of an exchange that waits for a connection: it has nothing that could go on. */
  resumed(): void {}

  dropped(exchange: WireExchange): void {
    this.#waiting.delete(exchange)
  }

  #carry(exchange: WireExchange): void {
    const idle = this.#idle.pop()
    if (idle !== undefined) idle.carry(exchange)
    else if (this.#connections.size < connectionsMax) {
      this.#connections.add(new WireConnection(this, exchange))
    } else {
      this.#waiting.add(exchange)
      this.awaited(exchange.headersByMs)
    }
  }

  #nextWaiting(): WireExchange | undefined {
    for (const exchange of this.#waiting) {
      this.#waiting.delete(exchange)
      return exchange
    }
    return undefined
  }

  #lookAt(dueMs: number): void {
    clearTimeout(this.#timer)
    this.#lookAtMs = dueMs
    if (dueMs === Number.POSITIVE_INFINITY) return
    const inMs = Math.max(dueMs - performance.now(), lookPauseMinMs)
    // The process is kept alive by the sockets of what is under way, and by nothing else here.
    this.#timer = setTimeout(() => this.#look(), inMs).unref()
  }

  /**
   * What was due when it was looked last, too, has expired. Once is not enough: after a pause of our own everything seems
   * overdue, until what came meanwhile is read.
   */
  #look(): void {
    const dueBeforeMs = this.#lookedMs
    this.#lookedMs = performance.now()
    for (const exchange of this.#waiting) {
      if (exchange.headersByMs > dueBeforeMs) continue
      this.#waiting.delete(exchange)
      exchange.fail('overdue')
    }
    for (const connection of this.#connections) {
      if (connection.dueMs <= dueBeforeMs) connection.expire()
    }
    let firstMs = Number.POSITIVE_INFINITY
    for (const { headersByMs } of this.#waiting) firstMs = Math.min(firstMs, headersByMs)
    for (const { dueMs } of this.#connections) firstMs = Math.min(firstMs, dueMs)
    this.#lookAt(firstMs)
  }
}
