/*
 * Asks a contributor something beside its jobs, over its tunnel or our connection to it. Whatever it does instead, so much is
 * read, so long is waited, and nothing else depends on it.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { Contributor } from '../domain/contributor.ts'
import type { Exchange, ExchangeListener } from './exchange.ts'
import type { UpstreamPools } from './upstream-pools.ts'

/** `refused`: another status than 200. */
export type AskFailure =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'too_long' }
  | { readonly kind: 'no_answer' }

export type AskedPlace = Pick<Contributor, 'baseUrl' | 'authorization' | 'isGuarded'>

export function askContributor(
  pools: Pick<UpstreamPools, 'dispatch'>,
  place: AskedPlace,
  question: {
    /** After the base URL. */
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    /** POST, and JSON; without it GET. */
    readonly json?: string
    readonly bytesMax: number
    readonly timeoutMs: number
  },
): Promise<Result<Buffer, AskFailure>> {
  const { authorization } = place
  const { path, headers, json, timeoutMs } = question
  return new Promise((settle) => {
    const reader = new AnswerReader(settle, question)
    pools.dispatch(
      place,
      {
        method: json === undefined ? 'GET' : 'POST',
        path,
        headers: {
          ...headers,
          ...(authorization !== undefined && { authorization }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
        },
        body: Buffer.from(json ?? ''),
        headersTimeoutMs: timeoutMs,
      },
      reader,
    )
  })
}

class AnswerReader implements ExchangeListener {
  readonly #settle: (answer: Result<Buffer, AskFailure>) => void
  readonly #bytesMax: number
  readonly #overdue: NodeJS.Timeout
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #exchange: Exchange | undefined

  constructor(
    settle: (answer: Result<Buffer, AskFailure>) => void,
    { bytesMax, timeoutMs }: { readonly bytesMax: number; readonly timeoutMs: number },
  ) {
    this.#settle = settle
    this.#bytesMax = bytesMax
    // Bytes that drip in keep a connection from being idle, and say nothing.
    this.#overdue = setTimeout(() => this.#exchange?.abort(), timeoutMs)
  }

  started(exchange: Exchange): void {
    this.#exchange = exchange
  }

  answered(status: number): void {
    if (status !== 200) this.#fail({ kind: 'refused', status })
  }

  received(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#bytesMax) this.#fail({ kind: 'too_long' })
    else this.#chunks.push(chunk)
  }

  ended(): void {
    this.#end(ok(Buffer.concat(this.#chunks)))
  }

  failed(): void {
    this.#end(err({ kind: 'no_answer' }))
  }

  /** Nothing more is read. */
  #fail(failure: AskFailure): void {
    this.#end(err(failure))
    this.#exchange?.abort()
  }

  /** Once: what follows changes nothing. */
  #end(answer: Result<Buffer, AskFailure>): void {
    clearTimeout(this.#overdue)
    this.#settle(answer)
  }
}
