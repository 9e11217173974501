/*
 * What an answer comes to in tokens or units: what its contributor says, as far as what was seen bears it out.
 */
import type { AnswerContent } from '../attestation/answer-transcript.ts'
import type { SeenCheckpoint } from '../attestation/seen-checkpoints.ts'
import type { Work } from '../domain/receipt.ts'
import type { MeteredUsage, Usage } from '../domain/usage.ts'
import { echoedBytesIn } from '../metering/echoed-bytes.ts'
import { atMostVouched, settleUnits, settleUsage } from '../metering/settle-usage.ts'
import { countPrompt } from '../metering/token-counter.ts'
import type { WholeUnits } from '../upstream/whole-units.ts'
import type { ServedRequest } from './settle-answer.ts'

/** What was seen of a text. */
export type StreamObserved = {
  readonly content: Pick<AnswerContent, 'byteLength' | 'text' | 'choices'>
  readonly reported: Usage | undefined
}

export type Observed = {
  readonly content: StreamObserved['content'] | Pick<WholeUnits, 'units' | 'source'>
  readonly reported: Usage | undefined
}

/** As a contributor that signs says it. */
export const usageOf = (work: Work): Usage => ({
  promptTokens: work.promptTokens,
  cachedPromptTokens: work.cachedPromptTokens,
  completionTokens: work.completionTokens,
  reasoningTokens: 0,
})

/** Of a stream without a Work: never more than its contributor vouches for, as far as it does. */
export function meterCut(
  served: ServedRequest,
  observed: StreamObserved,
  vouched: SeenCheckpoint | undefined,
): MeteredUsage {
  const usage = meter(served, observed)
  if (vouched === undefined) return usage
  const { completionTokens } = vouched.checkpoint
  const bytesSince = observed.content.byteLength - vouched.completionBytes
  return atMostVouched(usage, { completionTokens, bytesSince })
}

/** The values of a tensor are known, not bounded; a Work that says fewer of them is not charged beyond that. */
function withKnownPrompt(
  usage: MeteredUsage,
  { promptTokensMin = 0 }: ServedRequest['request'],
  reported: Usage | undefined,
): MeteredUsage {
  if (usage.completionTokens === 0) return usage
  const promptTokens = Math.min(promptTokensMin, reported?.promptTokens ?? promptTokensMin)
  return { ...usage, promptTokens, cachedPromptTokens: 0 }
}

export function meter(served: ServedRequest, observed: Observed): MeteredUsage {
  const { request, begun, admitted, tokenCounter: counter, promptTokensMax } = served
  const { content, reported } = observed
  const { offer } = begun.attempt.candidate
  const promptTokensCounted = counter && countPrompt(counter, request)
  if ('units' in content) {
    const { units, source } = content
    const perChoiceMax = admitted.bounds.get(offer)?.completionTokensMax ?? 0
    const unitsMax = perChoiceMax * request.choiceCount
    const promptCount = request.promptCount ?? 1
    const seen = { units, source, unitsMax, promptTokensCounted, promptTokensMax, promptCount }
    const settled = settleUnits(reported, seen)
    return request.endpoint === 'inference' ? withKnownPrompt(settled, request, reported) : settled
  }
  // What the prompt said again costs nothing a second time, but an answer with it is not empty.
  const isEchoed = request.echoedBytes !== undefined
  const echoedBytes = isEchoed ? echoedBytesIn(content.choices(request.choiceCount), request) : 0
  const writtenBytes = content.byteLength - echoedBytes
  return settleUsage(reported, {
    promptTokensCounted,
    completionTokensCounted: isEchoed ? undefined : counter?.count(content.text),
    promptTokensMax,
    completionBytes: content.byteLength === 0 ? 0 : Math.max(1, writtenBytes),
    messageCount: request.messageCount,
  })
}
