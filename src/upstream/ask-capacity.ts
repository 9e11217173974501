/*
 * Asks a contributor for its own report of its capacity, over its tunnel or our connection to it. Whatever it does instead,
 * so much is read, so long is waited, and nothing else depends on it.
 */
import type { Dispatcher } from 'undici'
import { capacityReportBytesMax, capacityReportTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type CapacityReport, readCapacityReport } from '../domain/capacity-report.ts'
import type { Contributor } from '../domain/contributor.ts'
import type { UpstreamPools } from './upstream-pools.ts'

/** `not_offered`: it knows no such question. `unreadable`: what it says is no report. */
export type CapacityFailure = 'not_offered' | 'unreadable' | 'no_answer'

const path = '/vouch/capacity'
/** An engine without the route answers one of these. */
const unknownRoute: ReadonlySet<number> = new Set([404, 405, 501])

export function askCapacity(
  pools: UpstreamPools,
  contributor: Pick<Contributor, 'baseUrl' | 'authorization' | 'isGuarded'>,
  timeoutMs: number = capacityReportTimeoutMs,
): Promise<Result<CapacityReport, CapacityFailure>> {
  const { authorization } = contributor
  return new Promise((settle) => {
    const reader = new ReportReader(settle, timeoutMs)
    pools.dispatch(
      contributor,
      {
        method: 'GET',
        path,
        headers: {
          'accept-encoding': 'identity',
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

class ReportReader implements Dispatcher.DispatchHandler {
  readonly #settle: (answer: Result<CapacityReport, CapacityFailure>) => void
  readonly #overdue: NodeJS.Timeout
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #status = 0
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false

  constructor(
    settle: (answer: Result<CapacityReport, CapacityFailure>) => void,
    timeoutMs: number,
  ) {
    this.#settle = settle
    // Bytes that drip in keep a connection from being idle, and say nothing.
    this.#overdue = setTimeout(() => this.#end(err('no_answer')), timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(given)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return
    this.#status = status
    if (status !== 200) this.#end(err(unknownRoute.has(status) ? 'not_offered' : 'no_answer'))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > capacityReportBytesMax) this.#end(err('unreadable'))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#isOver || this.#status !== 200) return
    const report = readCapacityReport(Buffer.concat(this.#chunks).toString())
    this.#end(report === undefined ? err('unreadable') : ok(report))
  }

  onResponseError(): void {
    this.#end(err('no_answer'))
  }

  #end(answer: Result<CapacityReport, CapacityFailure>): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#overdue)
    this.#settle(answer)
    if (!answer.ok) this.#controller?.abort(given)
  }
}
