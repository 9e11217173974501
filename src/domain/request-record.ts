import type { Endpoint } from './endpoint.ts'
import type { GatewayRefusal, ProofRefusal, UpstreamRefusal } from './refusal.ts'

/** How one attempt at a contributor ended. Our own words: an upstream's text is kept nowhere. */
export type AttemptOutcome =
  | 'served'
  /** The client left, before the answer began or while it was told. */
  | 'client_gone'
  /** Another contributor, asked at the same time, was faster. */
  | 'hedge_lost'
  | UpstreamRefusal['reason']
  /** The contributor's signed Work does not hold. */
  | 'work_missing'
  | 'work_malformed'
  | 'work_signer_unknown'
  | `work_mismatch:${string}`
  /** …or a checkpoint of its stream. */
  | 'checkpoint_signer_unknown'
  | `checkpoint_mismatch:${string}`

/** Why a request ended as it did, where that is not simply well. */
export type EndReason =
  | AttemptOutcome
  | 'budget_spent'
  | GatewayRefusal['reason']
  | ProofRefusal['reason']
  /** It is no answer that a contract could be given. */
  | 'answer_not_verifiable'

export type AttemptRecord = {
  readonly contributorId: string
  readonly outcome: AttemptOutcome
  /** Of `upstream_unavailable`, the status that the contributor answered. */
  readonly status?: number
  /** From the dispatch to the first content of a stream. */
  readonly firstTokenMs?: number
  /** From the dispatch to the end. */
  readonly durationMs: number
}

/**
 * What is told of a request beside its receipt, to whoever paid for it. Kept as JSON in the same durable step; not signed,
 * because it is the gateway's word alone.
 */
export type RequestRecord = {
  /** The public name that was asked for. */
  readonly modelName: string
  readonly endpoint: Endpoint
  /** Where the client asked, such as `/v1/messages`; undefined where that is the endpoint's own path. */
  readonly path?: string | undefined
  /** The id that stands in the answer, as the contributor gave it; undefined where it gave none or its client reads another. */
  readonly answerId?: string | undefined
  readonly stream: boolean
  readonly createdAtMs: number
  readonly durationMs: number
  /** Why there is no whole answer, or a shorter one; undefined where it is whole. */
  readonly reason?: string | undefined
  /** Part of the receipt's completion tokens. */
  readonly reasoningTokens: number
  /** Whether the caller agreed that request and answer are kept for auditors; not there where it did not. */
  readonly mayBeAudited?: boolean | undefined
  /** In the order in which they began; empty where the gateway that made them died. */
  readonly attempts: readonly AttemptRecord[]
}
