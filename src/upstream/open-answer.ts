/*
 * One attempt at one contributor: dispatch, wait for the status, then hand the body over piece by piece. Failures are
 * mapped here, once, and an upstream's own words never leave this file: engines echo prompts and keys.
 *
 *   DISPATCHED --status 200--> OPEN --flow--> FLOWING --end--> ENDED
 *   DISPATCHED --other status, timeout, reset--> REFUSED
 *                              FLOWING --pause/resume--> FLOWING
 *                              FLOWING --reset, stall, abort--> FAILED
 */
import { type Dispatcher, errors, Pool } from 'undici'
import type { Cancellation } from '../base/cancellation.ts'
import {
  upstreamConnectTimeoutMs,
  upstreamFirstByteTimeoutMs,
  upstreamIdleTimeoutMs,
  upstreamWholeAnswerTimeoutMs,
} from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import { refusalOfStatus } from './retry-rules.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** Takes the body of an opened answer. */
export type AnswerSink = {
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
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Buffer
  readonly stream: boolean
  readonly cancellation: Cancellation
}

/** How long an upstream may keep us waiting. */
export type UpstreamTimeouts = {
  readonly connectMs: number
  /** From the dispatch to the headers of a stream. */
  readonly firstByteMs: number
  /** From the dispatch to the headers of an answer in one piece. */
  readonly wholeAnswerMs: number
  /** Between two chunks of a body, while we take them. */
  readonly idleMs: number
}

const timeoutLimits: UpstreamTimeouts = {
  connectMs: upstreamConnectTimeoutMs,
  firstByteMs: upstreamFirstByteTimeoutMs,
  wholeAnswerMs: upstreamWholeAnswerTimeoutMs,
  idleMs: upstreamIdleTimeoutMs,
}

/** Connections to contributors, one pool for each origin. */
export class UpstreamPools {
  readonly #pools = new Map<string, Pool>()
  readonly timeouts: UpstreamTimeouts

  constructor(timeouts: UpstreamTimeouts = timeoutLimits) {
    this.timeouts = timeouts
  }

  pool(origin: string): Pool {
    let pool = this.#pools.get(origin)
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: 512,
        connect: { timeout: this.timeouts.connectMs },
        bodyTimeout: this.timeouts.idleMs,
      })
      this.#pools.set(origin, pool)
    }
    return pool
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
  }
}

export function openAnswer(
  pools: UpstreamPools,
  attempt: Attempt,
): Promise<Result<OpenedAnswer, UpstreamRefusal>> {
  const url = new URL(attempt.baseUrl)
  return new Promise((settle) => {
    const reader = new AnswerReader(settle)
    attempt.cancellation.onCancel(() => reader.abort())
    pools.pool(url.origin).dispatch(
      {
        path: `${url.pathname}${attempt.path}`,
        method: 'POST',
        headers: attempt.headers,
        body: attempt.body,
        headersTimeout: attempt.stream ? pools.timeouts.firstByteMs : pools.timeouts.wholeAnswerMs,
      },
      reader,
    )
  })
}

const aborted = new Error('the client left')
/** Of an error body only the first bytes are read, to find its code. */
const errorBodyBytesMax = 16 * 1024

class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #settle: (opened: Result<OpenedAnswer, UpstreamRefusal>) => void
  #controller: Dispatcher.DispatchController | undefined
  #sink: AnswerSink | undefined
  #opened = false
  #ended = false
  #abortRequested = false
  #failedStatus: { status: number; retryAfter: string | undefined } | undefined
  readonly #errorBody: Buffer[] = []
  #errorBytes = 0

  constructor(settle: (opened: Result<OpenedAnswer, UpstreamRefusal>) => void) {
    this.#settle = settle
  }

  abort(): void {
    this.#abortRequested = true
    if (!this.#ended) this.#controller?.abort(aborted)
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
    if (status !== 200) {
      this.#failedStatus = { status, retryAfter: single(headers['retry-after']) }
      return
    }
    controller.pause()
    this.#opened = true
    this.#settle(
      ok({
        contentType: single(headers['content-type']) ?? '',
        encodedWork: single(headers['x-vouch-work']),
        flow: (sink) => {
          this.#sink = sink
          controller.resume()
        },
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
    this.#errorBytes += chunk.length
    if (this.#errorBytes <= errorBodyBytesMax) this.#errorBody.push(chunk)
  }

  onResponseEnd(): void {
    this.#ended = true
    if (this.#failedStatus === undefined) this.#sink?.end()
    else {
      const body = Buffer.concat(this.#errorBody).toString()
      this.#settle(err(refusalOfStatus({ ...this.#failedStatus, body })))
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#ended = true
    const refusal = refusalOfError(error, this.#opened)
    if (this.#opened) this.#sink?.fail(refusal)
    else this.#settle(err(refusal))
  }
}

function refusalOfError(error: Error, opened: boolean): UpstreamRefusal {
  if (error instanceof errors.HeadersTimeoutError) return { reason: 'upstream_timeout' }
  if (error instanceof errors.ConnectTimeoutError) return { reason: 'upstream_connection_error' }
  if (error instanceof errors.BodyTimeoutError) return { reason: 'upstream_stalled' }
  if (error instanceof errors.HTTPParserError) return { reason: 'upstream_bad_response' }
  return { reason: opened ? 'upstream_stream_interrupted' : 'upstream_connection_error' }
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value
