/*
 * One attempt at one contributor: dispatch, wait for the status, then hand the body over piece by piece. Failures are
 * mapped here, once, and an upstream's own words never leave this file: engines echo prompts and keys.
 *
 *   DISPATCHED --status 200--> OPEN --flow--> FLOWING --end--> ENDED
 *   DISPATCHED --other status, timeout, reset--> REFUSED
 *                              FLOWING --pause/resume--> FLOWING
 *                              FLOWING --reset, stall, abort--> FAILED
 */
import { type Dispatcher, errors } from 'undici'
import type { Cancellation } from '../base/cancellation.ts'
import { err, ok, type Result } from '../base/result.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import { refusalOfStatus } from './retry-rules.ts'
import type { UpstreamPools } from './upstream-pools.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

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
  readonly flow: (sink: AnswerSink) => void
  readonly resume: () => void
  readonly abort: () => void
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
    attempt.cancellation.onCancel(() => reader.abort())
    pools.dispatch(
      attempt,
      {
        method: 'POST',
        path: attempt.path,
        // Without this header any encoding would be acceptable (RFC 9110, section 12.5.3).
        headers: { ...attempt.headers, 'accept-encoding': 'identity' },
        body: attempt.body,
        headersTimeout: attempt.stream ? pools.timeouts.firstByteMs : pools.timeouts.wholeAnswerMs,
      },
      reader,
    )
  })
}

const aborted = new Error('not wanted any more')
/** Of an error body only the first bytes are read, to find its code. */
const errorBodyBytesMax = 16 * 1024
/** Statuses whose body may say what the caller did wrong, what we owe or offer too little for; of any other the status says everything. */
const explainedStatuses: ReadonlySet<number> = new Set([400, 402, 409, 413, 422])

class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #settle: (opened: Result<OpenedAnswer, UpstreamRefusal>) => void
  readonly #onShownVoucher: Attempt['onShownVoucher'] | undefined
  #controller: Dispatcher.DispatchController | undefined
  #sink: AnswerSink | undefined
  /** Before a sink is there: what comes in spite of the pause when the connection ends under it. */
  readonly #unread: Buffer[] = []
  #unreadBytes = 0
  #end: 'complete' | UpstreamRefusal | undefined
  #opened = false
  #abortRequested = false
  #failed: Omit<Parameters<typeof refusalOfStatus>[0], 'body'> | undefined

  constructor(
    settle: (opened: Result<OpenedAnswer, UpstreamRefusal>) => void,
    onShownVoucher: Attempt['onShownVoucher'] | undefined,
  ) {
    this.#settle = settle
    this.#onShownVoucher = onShownVoucher
  }

  abort(): void {
    this.#abortRequested = true
    // Still waiting for a connection: undici tells us when there is one, but nobody waits for that.
    if (this.#controller === undefined) this.#settle(err({ reason: 'upstream_connection_error' }))
    else if (this.#end === undefined) this.#controller.abort(aborted)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#abortRequested) controller.abort(aborted)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Headers,
  ): void {
    if (status < 200) return
    const voucher = single(headers[voucherHeader])
    if (voucher !== undefined) this.#onShownVoucher?.(voucher)
    if (status !== 200) {
      const { 'retry-after': retryAfter, 'retry-after-ms': retryAfterMs, date } = headers
      this.#failed = {
        status,
        retryAfter: single(retryAfter),
        retryAfterMs: single(retryAfterMs),
        date: single(date),
      }
      if (!explainedStatuses.has(status)) this.#refuse()
      return
    }
    // Compressed although nobody asked for it: no bytes of ours.
    if (isEncoded(headers)) {
      this.#settle(err({ reason: 'upstream_bad_response' }))
      controller.abort(aborted)
      return
    }
    controller.pause()
    this.#opened = true
    this.#settle(
      ok({
        contentType: single(headers['content-type']) ?? '',
        encodedWork: single(headers['x-vouch-work']),
        flow: (sink) => this.#flow(controller, sink),
        resume: () => controller.resume(),
        abort: () => this.abort(),
      }),
    )
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#sink !== undefined) {
      if (!this.#sink.data(chunk)) controller.pause()
      return
    }
    this.#unread.push(chunk)
    this.#unreadBytes += chunk.length
    if (this.#failed !== undefined && this.#unreadBytes > errorBodyBytesMax) {
      controller.abort(aborted)
    }
  }

  onResponseEnd(): void {
    this.#ended('complete')
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const refusal = refusalOfError(error, this.#opened)
    this.#ended(refusal)
    // Before the headers nobody has a sink; settling a second time changes nothing.
    this.#settle(err(refusal))
  }

  #flow(controller: Dispatcher.DispatchController, sink: AnswerSink): void {
    for (const chunk of this.#unread) sink.data(chunk)
    this.#unread.length = 0
    this.#sink = sink
    if (this.#end === undefined) controller.resume()
    else this.#ended(this.#end)
  }

  #ended(end: 'complete' | UpstreamRefusal): void {
    this.#end = end
    if (this.#failed !== undefined) this.#refuse()
    else if (end === 'complete') this.#sink?.end()
    else this.#sink?.fail(end)
  }

  #refuse(): void {
    if (this.#failed === undefined) return
    const body = Buffer.concat(this.#unread).toString()
    this.#settle(err(refusalOfStatus({ ...this.#failed, body })))
  }
}

function refusalOfError(error: Error, opened: boolean): UpstreamRefusal {
  if (error instanceof errors.HeadersTimeoutError) return { reason: 'upstream_timeout' }
  if (error instanceof errors.ConnectTimeoutError) return { reason: 'upstream_connection_error' }
  if (error instanceof errors.BodyTimeoutError) return { reason: 'upstream_stalled' }
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
    return { reason: 'upstream_bad_response' }
  }
  return { reason: opened ? 'upstream_stream_interrupted' : 'upstream_connection_error' }
}

const isEncoded = (headers: Headers): boolean =>
  (single(headers['content-encoding']) ?? 'identity').toLowerCase() !== 'identity'

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value
