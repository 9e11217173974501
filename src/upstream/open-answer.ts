/*
 * One attempt at one contributor: dispatch, wait for the status, then hand the body over piece by piece. Failures are
 * mapped here, once, and an upstream's own words never leave this file: engines echo prompts and keys.
 *
 *   DISPATCHED --status 200--> OPEN --flow--> FLOWING --end--> ENDED
 *   DISPATCHED --other status, timeout, reset--> REFUSED
 *                              FLOWING --pause/resume--> FLOWING
 *                              FLOWING --reset, stall, abort--> FAILED
 */
import type { Cancellation } from '../base/cancellation.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import type { AnswerHeaders } from './answer-headers.ts'
import type { Exchange, ExchangeFault, ExchangeListener } from './exchange.ts'
import { refusalOfStatus } from './retry-rules.ts'
import type { UpstreamPools } from './upstream-pools.ts'

/** Takes the body of an opened answer. */
type AnswerSink = {
  /** False pauses the upstream until `resume`. The chunk is the sink's to keep. */
  readonly data: (chunk: Buffer) => boolean
  readonly end: () => void
  readonly fail: (refusal: UpstreamRefusal) => void
}

export type OpenedAnswer = {
  readonly contentType: string
  /** `x-vouch-work` of a unary answer. */
  readonly encodedWork: string | undefined
  /** Starts the body; nothing flows before. */
  flow(sink: AnswerSink): void
  resume(): void
  abort(): void
}

export type Attempt = {
  readonly baseUrl: string
  /** A stranger named the URL: what it leads to must be on the public Internet. */
  readonly isGuarded?: boolean | undefined
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer
  readonly stream: boolean
  readonly cancellation: Cancellation
  /** Told of the voucher that the contributor shows (`x-vouch-voucher`), whatever its answer is. */
  readonly onShownVoucher?: (voucher: string) => void
}

export function openAnswer(
  pools: UpstreamPools,
  attempt: Attempt,
): Promise<Result<OpenedAnswer, UpstreamRefusal>> {
  return new Promise((settle) => {
    const reader = new AnswerReader(settle, attempt.onShownVoucher)
    if (attempt.cancellation.cancelled) return reader.failed('aborted')
    const { path, headers, body, stream, cancellation } = attempt
    const { firstByteMs, wholeAnswerMs } = pools.timeouts
    const headersTimeoutMs = stream ? firstByteMs : wholeAnswerMs
    pools.dispatch(attempt, { method: 'POST', path, headers, body, headersTimeoutMs }, reader)
    cancellation.onCancel(() => reader.abort())
  })
}

/** Of an error body only the first bytes are read, to find its code. */
const errorBodyBytesMax = 16 * 1024
/** Statuses whose body may say what the caller did wrong, what we owe or offer too little for; of any other the status says everything. */
const explainedStatuses: ReadonlySet<number> = new Set([400, 402, 409, 413, 422])

class AnswerReader implements ExchangeListener, OpenedAnswer {
  contentType = ''
  encodedWork: string | undefined
  readonly #settle: (opened: Result<OpenedAnswer, UpstreamRefusal>) => void
  readonly #onShownVoucher: Attempt['onShownVoucher'] | undefined
  #exchange: Exchange | undefined
  #sink: AnswerSink | undefined
  /** Before a sink is there: what comes in spite of the pause when the connection ends under it. */
  #unread: Buffer[] | undefined
  #unreadBytes = 0
  #end: 'complete' | UpstreamRefusal | undefined
  #opened = false
  #refused: Omit<Parameters<typeof refusalOfStatus>[0], 'body'> | undefined

  constructor(
    settle: (opened: Result<OpenedAnswer, UpstreamRefusal>) => void,
    onShownVoucher: Attempt['onShownVoucher'] | undefined,
  ) {
    this.#settle = settle
    this.#onShownVoucher = onShownVoucher
  }

  flow(sink: AnswerSink): void {
    for (const chunk of this.#unread ?? []) sink.data(chunk)
    this.#unread = undefined
    this.#sink = sink
    if (this.#end === undefined) this.#exchange?.resume()
    else this.#ended(this.#end)
  }

  resume(): void {
    this.#exchange?.resume()
  }

  abort(): void {
    this.#exchange?.abort()
  }

  started(exchange: Exchange): void {
    this.#exchange = exchange
  }

  answered(status: number, headers: AnswerHeaders): void {
    if (headers.shownVoucher !== undefined) this.#onShownVoucher?.(headers.shownVoucher)
    if (status !== 200) {
      this.#refused = { status, ...headers }
      if (!explainedStatuses.has(status)) this.#refuse()
      return
    }
    // Compressed although nobody asked for it: no bytes of ours.
    if ((headers.contentEncoding ?? 'identity').toLowerCase() !== 'identity') {
      this.#settle(err({ reason: 'upstream_bad_response' }))
      this.abort()
      return
    }
    this.#exchange?.pause()
    this.#opened = true
    this.contentType = headers.contentType ?? ''
    this.encodedWork = headers.encodedWork
    this.#settle(ok(this))
  }

  received(chunk: Buffer): void {
    if (this.#sink !== undefined) {
      if (!this.#sink.data(chunk)) this.#exchange?.pause()
      return
    }
    this.#unread ??= []
    this.#unread.push(chunk)
    this.#unreadBytes += chunk.length
    if (this.#refused !== undefined && this.#unreadBytes > errorBodyBytesMax) this.abort()
  }

  ended(): void {
    this.#ended('complete')
  }

  failed(fault: ExchangeFault): void {
    const refusal = refusalOfFault(fault, this.#opened)
    this.#ended(refusal)
    // Before the headers nobody has a sink; settling a second time changes nothing.
    this.#settle(err(refusal))
  }

  #ended(end: 'complete' | UpstreamRefusal): void {
    this.#end = end
    if (this.#refused !== undefined) this.#refuse()
    else if (end === 'complete') this.#sink?.end()
    else this.#sink?.fail(end)
  }

  #refuse(): void {
    if (this.#refused === undefined) return
    const body = Buffer.concat(this.#unread ?? []).toString()
    this.#settle(err(refusalOfStatus({ ...this.#refused, body })))
  }
}

function refusalOfFault(fault: ExchangeFault, opened: boolean): UpstreamRefusal {
  switch (fault) {
    case 'overdue':
      return { reason: 'upstream_timeout' }
    case 'stalled':
      return { reason: 'upstream_stalled' }
    case 'malformed':
      return { reason: 'upstream_bad_response' }
    case 'unreachable':
    case 'interrupted':
    case 'aborted':
      return { reason: opened ? 'upstream_stream_interrupted' : 'upstream_connection_error' }
  }
}
