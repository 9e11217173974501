import type { SeenCheckpoints } from '../attestation/seen-checkpoints.ts'
import type { UpstreamRefusal } from '../domain/refusal.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { AnswerFormat } from '../upstream/answer-formats.ts'
import type { AnswerDialect } from './answer-client.ts'
import type { StreamCredit } from './stream-credit.ts'

export type StreamEnd =
  | { readonly kind: 'complete' }
  /** No more could be held for it: a whole answer as far as it goes. */
  | { readonly kind: 'budget_spent' }
  | { readonly kind: 'failed'; readonly refusal: UpstreamRefusal }
  | { readonly kind: 'client_gone' }

/** What one stream is relayed by. */
export type RelayTerms = {
  readonly jobId: Bytes32
  readonly inputHash: Bytes32
  /** Keep what the contributor sends, for auditors. */
  readonly keepsReceived?: boolean
  readonly choiceCount: number
  readonly format: NonNullable<AnswerFormat['stream']>
  /** Undefined forwards the contributor's own events. */
  readonly dialect: AnswerDialect | undefined
  /** The client wants the usage chunk, exactly one at the end; otherwise it gets none. */
  readonly includeUsage: boolean
  /** The contributor signs: after [DONE] its Work is waited for. */
  readonly expectsWork: boolean
  /** What its contributor signs on the way; undefined where it cannot sign. */
  readonly checkpoints: SeenCheckpoints | undefined
  /** How far the hold goes; undefined where it covers whatever may come. */
  readonly credit: StreamCredit | undefined
  /** Called while the answer flows, at least as often as limits.ts says, with the content events sent so far. */
  readonly onCheckpoint: (contentEvents: number) => void
  /** A contributor that sends comments and no content is waited for so long, though its connection is never idle. */
  readonly beginWithinMs: number
  readonly nowMs: () => number
}

/** Whether a choice is one of those that were asked for. */
export const isAsked = (
  { choiceCount }: Pick<RelayTerms, 'choiceCount'>,
  { index }: { readonly index: number },
): boolean => Number.isInteger(index) && index >= 0 && index < choiceCount
