import { assert } from '../base/assert.ts'
import type { AnswerWork } from './answer-work.ts'
import type { AnswerCounts } from './answering.ts'
import type { Engine } from './engine.ts'
import { readPrompt } from './generate.ts'
import { type ChoiceEvent, generateChoices } from './generate-choices.ts'
import { prefillTokensMax } from './limits.ts'

/**
 * The choices of one prompt after those of the other, numbered through: choice `i` of them all has
 * the seed plus `i`. Ends early when the signal came; what was counted until then is its value.
 */
export async function* generateAnswers(
  engine: Pick<Engine, 'model' | 'prefixCache'>,
  { request, prompts, seed }: Pick<AnswerWork, 'request' | 'prompts' | 'seed'>,
  signal: AbortSignal,
): AsyncGenerator<ChoiceEvent, AnswerCounts> {
  const { model, prefixCache } = engine
  assert(prompts.length > 0, 'a request has a prompt')
  let cachedPromptTokens = 0
  let completionTokens = 0
  for (const [position, { tokens }] of prompts.entries()) {
    const blockTokens = prefillTokensMax
    const prompt = await readPrompt({ model, prefixCache, tokens, blockTokens, signal })
    if (prompt === undefined) break
    cachedPromptTokens += prompt.cachedTokens
    const first = position * request.choices
    const options = { ...request, seed: seed + BigInt(first), signal }
    for await (const event of generateChoices(model, prompt, options)) {
      if (event.kind === 'end') completionTokens += event.end.completionTokens
      yield { ...event, index: first + event.index }
    }
  }
  return { cachedPromptTokens, completionTokens }
}
