/* Asks over a pool of our own connections, and keeps what it is told. */
import { once } from 'node:events'
import type { LookupFunction } from 'node:net'
import type { AnswerHeaders } from '../../src/upstream/answer-headers.ts'
import type { Exchange, ExchangeFault, ExchangeRequest } from '../../src/upstream/exchange.ts'
import { WirePool } from '../../src/upstream/wire/wire-pool.ts'

export type WireTold = {
  readonly status: number
  readonly headers: AnswerHeaders | undefined
  readonly body: string
  readonly end: 'whole' | ExchangeFault
}

export type WireAsked = {
  readonly exchange: Exchange
  readonly done: Promise<WireTold>
  /** Resolves when so many bytes of the body are here. */
  readonly until: (bytes: number) => Promise<void>
  readonly answered: Promise<void>
  readonly received: () => number
}

export const request: ExchangeRequest = {
  method: 'POST',
  path: '/v1/chat/completions',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{}'),
  headersTimeoutMs: 30_000,
}

/** Patient but where a test says otherwise. */
export const wirePoolTo = (
  port: number,
  terms: {
    readonly connectMs?: number
    readonly idleMs?: number
    readonly isSecure?: boolean
    readonly hostname?: string
    readonly lookup?: LookupFunction
  } = {},
): WirePool => {
  const { connectMs = 30_000, idleMs = 30_000, isSecure = false, hostname = '127.0.0.1' } = terms
  const origin = { isSecure, host: `${hostname}:${port}`, hostname, port, lookup: terms.lookup }
  return new WirePool(origin, { connectMs, idleMs })
}

/** `onChunk` and `onAnswer` may steer the exchange while it is told of them. */
export function askWire(
  pool: WirePool,
  asked: Partial<ExchangeRequest> = {},
  on: {
    readonly answer?: (exchange: Exchange) => void
    readonly chunk?: (exchange: Exchange, chunk: Buffer) => void
    readonly end?: () => void
  } = {},
): WireAsked {
  const events = new EventTarget()
  const chunks: Buffer[] = []
  let bytes = 0
  let status = 0
  let headers: AnswerHeaders | undefined
  let exchange: Exchange | undefined
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const done = new Promise<WireTold>((resolve) => {
    const tell = (end: WireTold['end']) =>
      resolve({ status, headers, body: Buffer.concat(chunks).toString('latin1'), end })
    pool.dispatch(
      { ...request, ...asked },
      {
        started: (begun) => {
          exchange = begun
        },
        answered: (told, with_) => {
          status = told
          headers = with_
          if (exchange !== undefined) on.answer?.(exchange)
          answer()
        },
        received: (chunk) => {
          chunks.push(chunk)
          bytes += chunk.length
          if (exchange !== undefined) on.chunk?.(exchange, chunk)
          events.dispatchEvent(new Event('chunk'))
        },
        ended: () => {
          on.end?.()
          tell('whole')
        },
        failed: tell,
      },
    )
  })
  if (exchange === undefined) throw new Error('it was not begun')
  return {
    exchange,
    done,
    answered,
    received: () => bytes,
    until: async (wanted) => {
      while (bytes < wanted) await once(events, 'chunk')
    },
  }
}
