import type { Work } from '../domain/receipt.ts'
import { zeroBytes32 } from '../domain/units.ts'
import type { ReplayedAnswer, ReplayedChoice } from './replay-answer.ts'
import type { ToldChoice } from './told-answer.ts'

/** What differs first between what was computed again and what was claimed, for a person; undefined where nothing does. */
export function replayDifference(
  replay: ReplayedAnswer,
  { told, work }: { readonly told: readonly ToldChoice[]; readonly work: Work },
): string | undefined {
  for (const [index, choice] of replay.choices.entries()) {
    const difference = choiceDifference(choice, told[index])
    if (difference !== undefined) return `choice ${index}: ${difference}`
  }
  const { promptTokens, completionTokens, commitment } = work
  if (promptTokens !== replay.promptTokens) return 'the number of prompt tokens'
  if (completionTokens !== replay.completionTokens) return 'the number of completion tokens'
  const isCommitted = commitment !== zeroBytes32
  return isCommitted && commitment !== replay.commitment
    ? 'the tokens and log-probabilities that were committed to'
    : undefined
}

function choiceDifference(
  { text, finishReason, logprobs }: ReplayedChoice,
  told: ToldChoice | undefined,
): string | undefined {
  if (told === undefined) return 'it is missing'
  if (text !== told.text) return `its text, from character ${firstDifference(text, told.text)} on`
  if (finishReason !== told.finishReason) return 'why it ended'
  const at = told.tokens?.findIndex(({ logprob }, place) => !Object.is(logprob, logprobs[place]))
  return at === undefined || at === -1 ? undefined : `the log-probability of token ${at}`
}

/** UTF-16 units that both begin with. */
function firstDifference(one: string, other: string): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  return at
}
