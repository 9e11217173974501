import type { CommittedToken } from '../attestation/token-commitment.ts'
import { assert } from '../base/assert.ts'
import type { AnswerWork } from './answer-work.ts'
import type { AnswerCounts } from './answering.ts'
import type { Engine } from './engine.ts'
import { type GenerationSteps, generate } from './generate.ts'
import { type ChoiceEvent, generateChoices } from './generate-choices.ts'
import type { ReadPrompt } from './read-prompt.ts'

/**
 * The choices of one prompt after those of the other, numbered through: choice `i` of them all has
 * the seed plus `i`, so it is the answer that a request for one choice with that seed gets. A prompt
 * is read once for all of its choices. Ends early when the signal came; what was counted until
 * then is its value.
 */
export async function* generateAnswers(
  engine: Pick<Engine, 'model' | 'batch' | 'promptReader'>,
  {
    request,
    prompts,
    seed,
    slots,
    tokens,
  }: Pick<AnswerWork, 'request' | 'prompts' | 'seed' | 'slots'> &
    Partial<Pick<AnswerWork, 'tokens'>>,
  signal: AbortSignal,
): AsyncGenerator<ChoiceEvent, AnswerCounts> {
  const { promptReader } = engine
  assert(prompts.length > 0, 'a request has a prompt')
  const reads = new Map<number, Promise<ReadPrompt | undefined>>()
  let cachedPromptTokens = 0
  let completionTokens = 0

  async function readAt(position: number): Promise<ReadPrompt | undefined> {
    const prompt = prompts[position]
    assert(prompt !== undefined, 'each choice has a prompt')
    const read = await promptReader.read(prompt.tokens, signal)
    cachedPromptTokens += read?.cachedTokens ?? 0
    return read
  }

  async function* steps(index: number): GenerationSteps {
    const position = Math.floor(index / request.choices)
    const reading = reads.get(position) ?? readAt(position)
    const isLast = (index + 1) % request.choices === 0
    if (isLast) reads.delete(position)
    else reads.set(position, reading)
    const prompt = await reading
    if (prompt === undefined) return { finishReason: undefined, completionTokens: 0 }
    const chosen = tokens?.[index]
    const onToken = chosen && ((token: CommittedToken) => void chosen.push(token))
    const options = { ...request, seed: seed + BigInt(index), signal, onToken }
    return yield* generate(engine, prompt, options)
  }

  const count = prompts.length * request.choices
  for await (const event of generateChoices(count, slots, steps)) {
    if (event.kind === 'end') completionTokens += event.end.completionTokens
    yield event
  }
  return { cachedPromptTokens, completionTokens }
}
