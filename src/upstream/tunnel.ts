/*
 * The way to a contributor that dialled in: HTTP/2 over the connection that it opened, with the roles reversed, so that
 * many requests share it without waiting for each other. Connections come and go; exchanges stay.
 *
 *   DOWN --attach--> UP --connection lost, ping unanswered--> DOWN      any --close--> CLOSED
 *
 * Invariants
 * T1 at most one connection is in use; a newer one takes the place of an older.
 * T2 an exchange that was dispatched ends once: whole, failed, or when nobody dialled in again for `resumeMs`.
 */
import type { ClientHttp2Session } from 'node:http2'
import { randomHex } from '../base/random-ids.ts'
import type { ExchangeListener } from './exchange.ts'
import { donePath, TunnelExchange, type TunnelRequest } from './tunnel-exchange.ts'

const tellDoneMs = 1_000

export type TunnelTimes = {
  /** How long exchanges wait for a connection that broke. */
  readonly resumeMs: number
  /** Between two pings, and until one must be answered. */
  readonly pingMs: number
}

/** Whether it throws at whoever asks it for something: its end is known before it is told of. */
const isGone = ({ closed, destroyed }: ClientHttp2Session): boolean => closed || destroyed

export class Tunnel {
  readonly #times: TunnelTimes
  readonly #exchanges = new Set<TunnelExchange>()
  #session: ClientHttp2Session | undefined
  #pinging: NodeJS.Timeout | undefined
  #givingUp: NodeJS.Timeout | undefined
  /** Exchanges that are over and of which the agent was not told. */
  #done: string[] = []
  #telling: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(times: TunnelTimes) {
    this.#times = times
  }

  get isUp(): boolean {
    return this.#session !== undefined
  }

  get inFlight(): number {
    return this.#exchanges.size
  }

  /** Takes a connection into use; everything that waits goes on over it. */
  attach(session: ClientHttp2Session): void {
    if (this.#isClosed || isGone(session)) {
      session.destroy()
      return
    }
    const before = this.#session
    this.#session = session
    before?.destroy()
    clearTimeout(this.#givingUp)
    session.on('error', () => {})
    session.on('close', () => this.#lost(session))
    this.#startPinging(session)
    for (const exchange of this.#exchanges) exchange.sendOver(session)
  }

  /** Without a connection it fails at once. */
  dispatch(request: TunnelRequest, listener: ExchangeListener): void {
    const session = this.#session
    if (session === undefined || isGone(session)) {
      listener.failed('unreachable')
      return
    }
    const id = randomHex(16)
    const exchange: TunnelExchange = new TunnelExchange(id, request, {
      listener,
      onEnded: () => this.#ended(exchange, id),
      resumeMs: this.#times.resumeMs,
    })
    if (exchange.isOver) return
    this.#exchanges.add(exchange)
    exchange.sendOver(session)
  }

  /** Nothing goes on any more. */
  close(): void {
    this.#isClosed = true
    this.#session?.destroy()
    this.#failAll()
    clearTimeout(this.#telling)
  }

  #ended(exchange: TunnelExchange, id: string): void {
    this.#exchanges.delete(exchange)
    this.#done.push(id)
    this.#telling ??= setTimeout(() => this.#tellDone(), tellDoneMs).unref()
  }

  /** Many at a time: a message for each would cost as much as its answer. */
  #tellDone(): void {
    this.#telling = undefined
    const ids = this.#done
    this.#done = []
    // Without a connection the agent forgets them by itself, later.
    if (this.#session === undefined || isGone(this.#session)) return
    const told = this.#session.request({ ':method': 'POST', ':path': donePath })
    told.on('error', () => {})
    told.resume().end(ids.join('\n'))
  }

  #lost(session: ClientHttp2Session): void {
    if (this.#session !== session) return
    this.#session = undefined
    clearInterval(this.#pinging)
    if (this.#exchanges.size === 0) return
    for (const exchange of this.#exchanges) exchange.interrupted()
    this.#givingUp = setTimeout(() => this.#failAll(), this.#times.resumeMs)
  }

  #failAll(): void {
    clearTimeout(this.#givingUp)
    for (const exchange of this.#exchanges) exchange.fail('interrupted')
  }

  /** A connection that died without a word is found by its silence. */
  #startPinging(session: ClientHttp2Session): void {
    clearInterval(this.#pinging)
    let isAnswered = true
    this.#pinging = setInterval(() => {
      if (!isAnswered || isGone(session)) {
        session.destroy()
        return
      }
      isAnswered = false
      session.ping((error) => {
        isAnswered = error === null
      })
    }, this.#times.pingMs)
    this.#pinging.unref()
  }
}
