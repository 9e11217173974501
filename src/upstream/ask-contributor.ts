/*
 * Asks a contributor something beside its jobs, over its tunnel or our connection to it. Whatever it does instead, so much is
 * read, so long is waited, and nothing else depends on it.
 */
import type { Dispatcher } from 'undici'
import { err, ok, type Result } from '../base/result.ts'
import type { Contributor } from '../domain/contributor.ts'
import type { UpstreamPools } from './upstream-pools.ts'

/** `refused`: another status than 200. */
export type AskFailure =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'too_long' }
  | { readonly kind: 'no_answer' }

export type AskedPlace = Pick<Contributor, 'baseUrl' | 'authorization' | 'isGuarded'>

export function askContributor(
  pools: UpstreamPools,
  place: AskedPlace,
  question: {
    /** After the base URL. */
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly bytesMax: number
    readonly timeoutMs: number
  },
): Promise<Result<Buffer, AskFailure>> {
  const { authorization } = place
  const { path, headers, timeoutMs } = question
  return new Promise((settle) => {
    const reader = new AnswerReader(settle, question)
    pools.dispatch(
      place,
      {
        method: 'GET',
        path,
        headers: {
          'accept-encoding': 'identity',
          ...headers,
          ...(authorization !== undefined && { authorization }),
        },
        body: Buffer.alloc(0),
        headersTimeout: timeoutMs,
      },
      reader,
    )
  })
}

const given = new Error('not wanted any more')

class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #settle: (answer: Result<Buffer, AskFailure>) => void
  readonly #bytesMax: number
  readonly #overdue: NodeJS.Timeout
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #status = 0
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false

  constructor(
    settle: (answer: Result<Buffer, AskFailure>) => void,
    { bytesMax, timeoutMs }: { readonly bytesMax: number; readonly timeoutMs: number },
  ) {
    this.#settle = settle
    this.#bytesMax = bytesMax
    // Bytes that drip in keep a connection from being idle, and say nothing.
    this.#overdue = setTimeout(() => this.#end(err({ kind: 'no_answer' })), timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(given)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return
    this.#status = status
    if (status !== 200) this.#end(err({ kind: 'refused', status }))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#bytesMax) this.#end(err({ kind: 'too_long' }))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#isOver || this.#status !== 200) return
    this.#end(ok(Buffer.concat(this.#chunks)))
  }

  onResponseError(): void {
    this.#end(err({ kind: 'no_answer' }))
  }

  #end(answer: Result<Buffer, AskFailure>): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#overdue)
    this.#settle(answer)
    if (!answer.ok) this.#controller?.abort(given)
  }
}
