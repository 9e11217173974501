import type { Cancellation } from '../base/cancellation.ts'
import { voucherHeader } from '../domain/payout-voucher.ts'
import type { Usage, UsageSource } from '../domain/usage.ts'
import type { OpenedAnswer } from '../upstream/open-answer.ts'
import type { AdmittedJob } from './admit-job.ts'
import type { AgentParts } from './agent-parts.ts'
import type { AgentReply } from './agent-request.ts'
import type { BegunJob } from './job-book.ts'
import type { OpenAiRefusal } from './openai-refusal.ts'
import { replyRefusal } from './reply-json.ts'
import type { StreamOpening } from './stream-opening.ts'
import type { ToldTokens } from './told-tokens.ts'

/** What became of a job: counts and reasons, never a word of prompt or answer. */
export type JobOutcome =
  | { readonly outcome: 'complete'; readonly usage: Usage; readonly usageSource: UsageSource }
  /** A contract's, which was answered before. */
  | { readonly outcome: 'given_again' }
  | { readonly outcome: 'client_gone' }
  | { readonly outcome: 'refused' | 'failed'; readonly code: string }

/** A job that runs: what both ways of answering it need. */
export type RunningJob = {
  readonly parts: AgentParts
  readonly admitted: AdmittedJob
  readonly begun: BegunJob
  readonly reply: AgentReply
  readonly opening: StreamOpening
  readonly opened: OpenedAnswer
  readonly cancellation: Cancellation
  /** What the engine tells of its tokens beyond what was asked; undefined where it was not asked to. */
  readonly told: ToldTokens | undefined
  readonly receivedAtMs: number
}

/** A job that was not begun. */
export function refuse(parts: AgentParts, reply: AgentReply, refusal: OpenAiRefusal): JobOutcome {
  replyRefusal(reply, refusal, shownVoucher(parts))
  return { outcome: 'refused', code: refusal.code }
}

/** A job that came to nothing: a status as long as nothing was said, else a reset. */
export function failJob(
  { parts, reply, opening }: Pick<RunningJob, 'parts' | 'reply' | 'opening'>,
  refusal: OpenAiRefusal,
): JobOutcome {
  if (opening.hasBegun) reply.fail()
  else replyRefusal(reply, refusal, shownVoucher(parts))
  return { outcome: 'failed', code: refusal.code }
}

/** With every answer: a gateway that lost its books takes its newest voucher back from here. */
export function shownVoucher({ terms }: AgentParts): Record<string, string> {
  const shown = terms.credit?.shown
  return shown === undefined ? {} : { [voucherHeader]: shown }
}
