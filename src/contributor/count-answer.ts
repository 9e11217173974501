/*
 * What a Work claims: the engine's own report as far as the answer's bytes can hold it, by the very rule that the gateway
 * checks it with. Where the engine says nothing, or too much, a fourth of the bytes is claimed, as everywhere in this house: a
 * Work has no member that says so, but the line of the job has.
 */
import type { AnswerContent } from '../attestation/answer-transcript.ts'
import { promptTokensAtMost } from '../domain/prompt-bound.ts'
import { type MeteredUsage, noUsage, type Usage } from '../domain/usage.ts'
import { echoedBytesIn } from '../metering/echoed-bytes.ts'
import { settleUnits, settleUsage } from '../metering/settle-usage.ts'
import type { WholeUnits } from '../upstream/whole-units.ts'
import type { AgentModel } from './agent-terms.ts'
import type { AskedAnswer } from './asked-answer.ts'

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
        promptCount: asked.prompt.promptCount,
      })
    : 0
  return settleUsage(reported, {
    ...promptOf(asked, model),
    messageCount: asked.prompt.messageCount,
    completionTokensCounted: undefined,
    // An answer that only says its prompt again is not empty.
    completionBytes: byteLength === 0 ? 0 : Math.max(1, byteLength - echoedBytes),
  })
}

export function countUnits(
  asked: AskedAnswer,
  model: AgentModel,
  { units, source, usage }: WholeUnits,
): MeteredUsage {
  const { endpoint, prompt, choiceCount } = asked
  if (endpoint === 'inference') {
    // Values of tensors are seen, on both sides.
    return { ...noUsage, promptTokens: prompt.promptBytes, completionTokens: units, source }
  }
  const { promptCount } = prompt
  return settleUnits(usage, {
    ...promptOf(asked, model),
    ...{ units, unitsMax: choiceCount, source, promptCount },
  })
}

/** As the gateway bounds it: a claim beyond that would be cut there, and what is cut counts as unpaid here. */
const promptOf = ({ prompt }: AskedAnswer, { contextTokensMax }: AgentModel) => ({
  promptTokensCounted: undefined,
  promptTokensMax: promptTokensAtMost(prompt, contextTokensMax ?? Number.MAX_SAFE_INTEGER),
})
