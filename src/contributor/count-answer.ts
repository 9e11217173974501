/*
 * What a Work claims: the engine's own report as far as the answer's bytes can hold it, by the very rule that the gateway
 * checks it with. Where the engine says nothing, or too much, a fourth of the bytes is claimed, as everywhere in this house: a
 * Work has no member that says so, but the line of the job has.
 */
import type { AnswerContent } from '../attestation/answer-transcript.ts'
import type { MeteredUsage, Usage } from '../domain/usage.ts'
import { echoedBytesIn } from '../metering/echoed-bytes.ts'
import { settleUnits, settleUsage } from '../metering/settle-usage.ts'
import type { WholeUnits } from '../upstream/whole-units.ts'
import type { AgentModel } from './agent-terms.ts'
import type { AskedAnswer } from './asked-answer.ts'

/** Tokens of template that an engine writes around each prompt at most, where no context bounds it. */
const templateBytes = 1024

export function countText(
  asked: AskedAnswer,
  model: AgentModel,
  answer: { readonly content: AnswerContent; readonly reported: Usage | undefined },
): MeteredUsage {
  const { content, reported } = answer
  const { byteLength } = content
  const echoedBytes = asked.isEchoed
    ? echoedBytesIn(content.choices(asked.choiceCount), {
        forwardedBody: asked.body,
        promptCount: asked.promptCount,
      })
    : 0
  return settleUsage(reported, {
    ...promptOf(asked, model, reported),
    messageCount: asked.promptCount,
    completionTokensCounted: undefined,
    // An answer that only says its prompt again is not empty.
    completionBytes: byteLength === 0 ? 0 : Math.max(1, byteLength - echoedBytes),
  })
}

export const countUnits = (
  asked: AskedAnswer,
  model: AgentModel,
  { units, source, usage }: WholeUnits,
): MeteredUsage =>
  settleUnits(usage, {
    ...promptOf(asked, model, usage),
    units,
    unitsMax: asked.choiceCount,
    source,
    promptCount: asked.promptCount,
  })

/** A report may be of as many tokens as the context has: pictures are in no bytes. Without one only the texts are counted. */
const promptOf = (
  { body, promptCount, promptBytes }: AskedAnswer,
  { contextTokensMax }: AgentModel,
  reported: Usage | undefined,
) => ({
  promptTokensCounted: undefined,
  promptTokensMax:
    reported === undefined
      ? promptBytes
      : promptCount * (contextTokensMax ?? body.length + templateBytes),
})
