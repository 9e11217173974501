import type { AnswerHeaders } from '../answer-headers.ts'
import type { Exchange, ExchangeFault, ExchangeListener } from '../exchange.ts'
import type { AnswerSink } from './answer-parser.ts'

/** What an exchange is on or waits for: a connection, or the pool that will have one. */
export type ExchangeCarrier = {
  resumed(exchange: WireExchange): void
  /** Nobody wants the rest. */
  dropped(exchange: WireExchange): void
}

/** One request and its answer over a connection of ours. */
export class WireExchange implements Exchange, AnswerSink {
  readonly head: string
  readonly body: Buffer
  /** By when its headers must be here. */
  readonly headersByMs: number
  isPaused = false
  isAnswered = false
  readonly #listener: ExchangeListener
  #carrier: ExchangeCarrier | undefined
  #isOver = false

  constructor(
    request: { readonly head: string; readonly body: Buffer; readonly headersByMs: number },
    listener: ExchangeListener,
  ) {
    this.head = request.head
    this.body = request.body
    this.headersByMs = request.headersByMs
    this.#listener = listener
  }

  get isOver(): boolean {
    return this.#isOver
  }

  carriedBy(carrier: ExchangeCarrier): void {
    this.#carrier = carrier
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    if (!this.#isOver) this.#carrier?.resumed(this)
  }

  abort(): void {
    if (this.#isOver) return
    this.#carrier?.dropped(this)
    this.fail('aborted')
  }

  answered(status: number, headers: AnswerHeaders): void {
    this.isAnswered = true
    this.#listener.answered(status, headers)
  }

  received(chunk: Buffer): void {
    if (!this.#isOver) this.#listener.received(chunk)
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    try {
      this.#listener.ended()
    } catch {
      // It broke of what it was told: that ends one exchange, and not the process with all the others.
      this.#listener.failed('interrupted')
    }
  }

  fail(fault: ExchangeFault): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener.failed(fault)
  }
}
