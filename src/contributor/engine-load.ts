/*
 * How busy an engine is with requests that did not come through us: its owner may use it, too. Engines tell in the metrics
 * that they have for Prometheus, each by names of its own (from the documentation of each, November 2026); ours tells in
 * /health. What is not known counts as nothing.
 */

import {
  engineLoadAgeMaxMs,
  engineLoadAnswerTimeoutMs,
  engineLoadBytesMax,
} from './agent-limits.ts'
import type { AgentEngine } from './agent-terms.ts'
import type { EngineKind } from './find-engine-kinds.ts'

export type EngineRequests = { readonly running: number; readonly waiting: number }

type Source = {
  readonly path: string
  readonly read: (text: string) => EngineRequests | undefined
}

const metrics = (running: string, waiting: string): Source => ({
  path: '/metrics',
  read: (text) => readMetrics(text, { running, waiting }),
})

const sources: Readonly<Partial<Record<EngineKind, Source>>> = {
  vouch: { path: '/health', read: readHealth },
  vllm: metrics('vllm:num_requests_running', 'vllm:num_requests_waiting'),
  sglang: metrics('sglang:num_running_reqs', 'sglang:num_queue_reqs'),
  'llama-cpp': metrics('llamacpp:requests_processing', 'llamacpp:requests_deferred'),
  tgi: metrics('tgi_batch_current_size', 'tgi_queue_size'),
}

const nobody: EngineRequests = { running: 0, waiting: 0 }

export class EngineLoad {
  readonly #engine: AgentEngine
  readonly #source: Source | undefined
  readonly #nowMs: () => number
  #others = nobody
  #readAtMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined

  constructor(engine: AgentEngine, nowMs: () => number) {
    this.#engine = engine
    this.#source = engine.kind && sources[engine.kind]
    this.#nowMs = nowMs
  }

  /** Requests that are not ours, as of the last look. */
  get others(): EngineRequests {
    return this.#others
  }

  /** Looks again where the last look is old; `ownRunning` of what it sees are ours. Never rejects. */
  look(ownRunning: number): Promise<void> {
    const source = this.#source
    if (source === undefined || this.#nowMs() - this.#readAtMs < engineLoadAgeMaxMs) {
      return Promise.resolve()
    }
    this.#reading ??= this.#ask(source).then((seen) => {
      this.#readAtMs = this.#nowMs()
      this.#reading = undefined
      this.#others = seen === undefined ? nobody : withoutOwn(seen, ownRunning)
    })
    return this.#reading
  }

  async #ask({ path, read }: Source): Promise<EngineRequests | undefined> {
    const { baseUrl, authorization } = this.#engine
    try {
      const response = await fetch(new URL(path, baseUrl), {
        headers: authorization === undefined ? {} : { authorization },
        redirect: 'error',
        signal: AbortSignal.timeout(engineLoadAnswerTimeoutMs),
      })
      const text = await readBounded(response)
      return response.status === 200 && text !== undefined ? read(text) : undefined
    } catch {
      return undefined
    }
  }
}

/** Ours are counted among those that run first: what waits there may be ours only where more of ours run than it runs. */
function withoutOwn({ running, waiting }: EngineRequests, own: number): EngineRequests {
  const ownWaiting = Math.max(0, own - running)
  return {
    running: Math.max(0, running - own),
    waiting: Math.max(0, waiting - ownWaiting),
  }
}

/** Sums over the label sets of a metric: an engine of several parts has one line for each. */
function readMetrics(
  text: string,
  names: { readonly running: string; readonly waiting: string },
): EngineRequests | undefined {
  const running = sumOf(text, names.running)
  const waiting = sumOf(text, names.waiting)
  return running === undefined || waiting === undefined ? undefined : { running, waiting }
}

function sumOf(text: string, name: string): number | undefined {
  let sum: number | undefined
  for (const line of text.split('\n')) {
    if (!line.startsWith(name) || !/^[ {]/.test(line.slice(name.length))) continue
    const value = Number(/([0-9.e+]+)(?: \d+)?$/.exec(line)?.[1] ?? Number.NaN)
    if (value >= 0) sum = (sum ?? 0) + Math.round(value)
  }
  return sum
}

function readHealth(text: string): EngineRequests | undefined {
  const { running, waiting } = JSON.parse(text) as Readonly<Record<string, unknown>>
  const isCount = (value: unknown): value is number => Number.isInteger(value)
  return isCount(running) && isCount(waiting) ? { running, waiting } : undefined
}

/** Undefined where it is longer than any such answer. */
async function readBounded({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > engineLoadBytesMax) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
