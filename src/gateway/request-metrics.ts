import type { Endpoint } from '../domain/endpoint.ts'
import type { AttemptRecord } from '../domain/request-record.ts'
import type { Usage } from '../domain/usage.ts'
import { Counter, type Family, Histogram } from './prometheus-text.ts'

/** Bounds of OpenTelemetry's conventions for generative AI. */
const durationBounds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
const firstChunkBounds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]
const tokenBounds = Array.from({ length: 14 }, (_, power) => 4 ** power)

const operationLabel = 'gen_ai_operation_name'
const modelLabel = 'gen_ai_request_model'

/** What OpenTelemetry calls an operation; those that it has no name for go by their path. */
const operations: Partial<Record<Endpoint, string>> = {
  'chat/completions': 'chat',
  completions: 'text_completion',
}

/** A request that ended, as it is counted. */
export type EndedRequest = {
  readonly endpoint: Endpoint
  /** Undefined where nobody offers it: a text of the caller's is no label. */
  readonly modelName: string | undefined
  readonly outcome: 'complete' | 'client_gone' | 'failed' | 'refused'
  readonly reason: string | undefined
  readonly durationMs: number
  readonly firstTokenMs?: number | undefined
  readonly usage?: Usage | undefined
  /** Those that were followed by another, and the one whose answer began. */
  readonly others: readonly Pick<AttemptRecord, 'contributorId' | 'outcome'>[]
  readonly own?: Pick<AttemptRecord, 'contributorId' | 'outcome'> | undefined
}

/** What requests came to since this process began. */
export class RequestMetrics {
  readonly #durations = new Histogram(
    {
      name: 'gen_ai_client_operation_duration_seconds',
      help: 'From the arrival of a request to the end of its answer.',
    },
    [operationLabel, modelLabel, 'error_type'],
    durationBounds,
  )
  readonly #firstChunks = new Histogram(
    {
      name: 'gen_ai_client_operation_time_to_first_chunk_seconds',
      help: 'From the dispatch to a contributor to the first content of its stream.',
    },
    [operationLabel, modelLabel],
    firstChunkBounds,
  )
  readonly #tokens = new Histogram(
    {
      name: 'gen_ai_client_token_usage',
      help: 'Tokens of an answer as they were charged; of answers that are no text, what they are counted in.',
    },
    [operationLabel, modelLabel, 'gen_ai_token_type'],
    tokenBounds,
  )
  readonly #requests = new Counter(
    { name: 'vouch_requests_total', help: 'Requests that ended, and why where not well.' },
    ['outcome', 'reason'],
  )
  readonly #attempts = new Counter(
    { name: 'vouch_attempts_total', help: 'Contributors asked, and how that ended.' },
    ['contributor', 'outcome'],
  )
  readonly #failovers = new Counter(
    {
      name: 'vouch_failovers_total',
      help: 'Attempts after which another contributor answered, by why they failed.',
    },
    ['reason'],
  )

  ended(request: EndedRequest): void {
    const { endpoint, modelName = '', outcome, reason, usage, others, own } = request
    const operation = operations[endpoint] ?? endpoint
    const error = outcome === 'failed' || outcome === 'refused' ? (reason ?? '') : ''
    this.#requests.add(outcome, reason ?? '')
    this.#durations.observe(request.durationMs / 1000, operation, modelName, error)
    if (request.firstTokenMs !== undefined) {
      this.#firstChunks.observe(request.firstTokenMs / 1000, operation, modelName)
    }
    if (usage !== undefined) {
      this.#tokens.observe(usage.promptTokens, operation, modelName, 'input')
      this.#tokens.observe(usage.completionTokens, operation, modelName, 'output')
    }
    if (own !== undefined) this.#attempts.add(own.contributorId, own.outcome)
    for (const other of others) {
      this.#attempts.add(other.contributorId, other.outcome)
      if (own !== undefined && other.outcome !== 'hedge_lost') this.#failovers.add(other.outcome)
    }
  }

  families(): readonly Family[] {
    const histograms = [this.#durations, this.#firstChunks, this.#tokens]
    const counters = [this.#requests, this.#attempts, this.#failovers]
    return [...histograms, ...counters].map((metric) => metric.family())
  }
}
