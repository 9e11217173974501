import { choicesMax, promptsMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { FieldReader } from './field-reader.ts'
import type { OpenedBody } from './open-json-body.ts'
import { checkSampling, hasOnly, readFraming, tokensBoundMax } from './openai-schema.ts'
import { jsonSurface } from './opened-surface.ts'
import { boundRendered, readPrompts } from './prompt-list.ts'
import type { Asked, Surface } from './surface.ts'

/** `POST /v1/completions`: text that goes on from a prompt, without a chat's template. docs/endpoints.md. */
export const completions: Surface = jsonSurface('/v1/completions', readCompletionRequest)

/** Fields of which no engine writes anything into the prompt, beside the prompt itself. */
const notRendered: ReadonlySet<string> = new Set([
  ...['model', 'prompt', 'suffix', 'stream', 'stream_options', 'n', 'best_of', 'echo', 'user'],
  ...['max_tokens', 'temperature', 'top_p', 'top_k', 'min_p', 'presence_penalty', 'seed', 'stop'],
  ...['frequency_penalty', 'repetition_penalty', 'logit_bias', 'logprobs'],
  ...['routing', 'attestation'],
])

/** Source: OpenAI API reference, "Create completion". */
function readCompletionRequest({
  fields,
  reader,
  verdict,
  common,
}: OpenedBody): Result<Asked['request'], RequestRefusal> {
  const prompts = readPrompts(reader, 'prompt', { countMax: promptsMax, takesEmpty: true })
  const perPrompt = readChoices(reader)
  const suffix = reader.text('suffix')
  const isEchoed = reader.flag('echo') === true
  const completionTokensMax = reader.wholeNumber('max_tokens', { min: 1, max: tokensBoundMax })
  if (verdict.refusal !== undefined) return err(verdict.refusal)
  if (prompts === undefined) return err({ reason: 'missing_required_parameter', param: 'prompt' })
  const framing = readFraming(fields)
  if (!framing.ok) return framing
  const sampling = checkSampling(fields)
  if (!sampling.ok) return sampling
  const suffixBytes = Buffer.byteLength(suffix ?? '') * prompts.count
  return ok({
    endpoint: 'completions',
    ...common,
    ...framing.value,
    choiceCount: prompts.count * perPrompt,
    messageCount: prompts.count,
    promptBytes: hasOnly(fields, notRendered)
      ? prompts.bytes + suffixBytes
      : boundRendered(prompts, common.forwardedBody),
    promptHasMedia: false,
    promptCount: prompts.count,
    promptTokensMin: prompts.longestTokensMin,
    echoedBytes: isEchoed ? prompts.bytes * perPrompt : undefined,
    completionTokensMax,
    completionTokensParam: 'max_tokens',
  })
}

/** Choices for each prompt. Candidates that `best_of` throws away are not delivered, so they are not charged. */
function readChoices(reader: FieldReader): number {
  const choices = reader.wholeNumber('n', { min: 1, max: choicesMax }) ?? 1
  const candidates = reader.wholeNumber('best_of', { min: 1, max: choicesMax })
  if (candidates === undefined || candidates === choices) return choices
  if (candidates < choices) reader.unfit('best_of', 'no less than n')
  if (reader.raw('stream') === true) {
    reader.unfit('best_of', 'the same as n where the answer is streamed')
  }
  return choices
}
