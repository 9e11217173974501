import type { ServerResponse } from 'node:http'
import type { Result } from '../base/result.ts'
import type { Job, RequestHeaders } from '../contributor/job-headers.ts'
import type { WantedAnswer } from '../contributor/judge-contract-job.ts'
import type { OpenAiRefusal } from '../contributor/openai-refusal.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { Engine } from './engine.ts'

/**
 * What became of a request, for its log line: counts and reasons, never a word of prompt or answer.
 */
export type RequestOutcome = {
  readonly outcome: 'complete' | 'given_again' | 'client_gone' | 'failed' | 'refused'
  /** The code of the refusal. */
  readonly code?: string
  readonly stream?: boolean
  readonly promptTokens?: number
  readonly cachedPromptTokens?: number
  /** Vectors, where that was asked for. */
  readonly completionTokens?: number
  /** What broke: an invariant in its own words, anything else by its kind. */
  readonly failure?: string
}

export type Asked = { readonly headers: RequestHeaders; readonly body: Buffer }

/** A request that was found good, and how it is answered when it has its turn. */
export type PlannedAnswer = {
  readonly job: Job | undefined
  /** sha256 of the request body. */
  readonly inputHash: Bytes32
  /** What a contract that asks for it is to pay for. */
  readonly wanted: Omit<WantedAnswer, 'gateway' | 'asks' | 'accepts'>
  /** How many of the engine's slots it takes while it is answered. */
  readonly slots: number
  readonly answer: (response: ServerResponse, signal: AbortSignal) => Promise<RequestOutcome>
}

/** How one endpoint reads its requests. */
export type PlanAnswer = (engine: Engine, asked: Asked) => Result<PlannedAnswer, OpenAiRefusal>
