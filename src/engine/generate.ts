import {
  alternativesKept,
  type CommittedToken,
  logprobQ16,
} from '../attestation/token-commitment.ts'
import { assert } from '../base/assert.ts'
import type { BatchRow, DecodingBatch } from './decoding-batch.ts'
import type { LanguageModel } from './load-model.ts'
import type { ReadPrompt } from './read-prompt.ts'
import {
  logprobsOf,
  type SampledLogprobs,
  type SamplingParameters,
  sampleToken,
} from './sample-token.ts'
import { startTextAssembly, type TextDelta } from './text-assembly.ts'
import { uniformDraw } from './uniform-draw.ts'

export type GenerationOptions = {
  readonly sampling: SamplingParameters
  readonly stopStrings: readonly string[]
  readonly completionTokensMax: number
  /** Same model, prompt, options and seed: same tokens, bit for bit on one machine. */
  readonly seed: bigint
  /** Alternatives to report for each token; undefined reports no log-probabilities at all. */
  readonly topLogprobs: number | undefined
  /** Told of each sampled token, those of a stop string included; undefined where nobody commits to them. */
  readonly onToken?: ((token: CommittedToken) => void) | undefined
  /** Aborted when nobody wants the rest. */
  readonly signal: AbortSignal
}

export type GeneratedToken = {
  readonly tokenId: number
  readonly logprobs: SampledLogprobs | undefined
}

export type FinishReason = 'stop' | 'length'

/** `finishReason` is undefined when the signal ended the generation. */
export type GenerationEnd = {
  readonly finishReason: FinishReason | undefined
  /** Sampled tokens, those of a stop string included, the end token not. */
  readonly completionTokens: number
}

export type Generating = {
  readonly model: Pick<LanguageModel, 'config' | 'forbiddenTokens' | 'tokenizer'>
  readonly batch: DecodingBatch
}

export type GenerationSteps = AsyncGenerator<TextDelta<GeneratedToken>, GenerationEnd>

/**
 * One answer, text as it may leave. Ends with the model's end token or a stop string (`stop`), or
 * with the last token that the request or the context allows (`length`). It takes part in one pass
 * of the batch before each sampled token but the first.
 */
export async function* generate(
  { model, batch }: Generating,
  prompt: ReadPrompt,
  options: GenerationOptions,
): GenerationSteps {
  const { config, forbiddenTokens, tokenizer } = model
  const { sampling, seed, signal } = options
  const room = config.contextTokensMax - prompt.sequence.tokens
  const completionTokensMax = Math.min(options.completionTokensMax, room)
  const assembly = startTextAssembly<GeneratedToken>(options.stopStrings)
  const sampledCounts = new Map<number, number>()
  let row: BatchRow | undefined
  let { logits } = prompt
  try {
    for (let index = 0; ; index += 1) {
      const draw = sampling.temperature === 0 ? 0 : uniformDraw(seed, index)
      const choice = { logits, parameters: sampling, sampledCounts, forbiddenTokens, draw }
      const tokenId = sampleToken(choice)
      if (tokenId === config.endTokenId) {
        yield assembly.end()
        return { finishReason: 'stop', completionTokens: index }
      }
      const bytes = tokenizer.bytesOf(tokenId)
      assert(bytes !== undefined, 'every token that may be sampled is text')
      sampledCounts.set(tokenId, (sampledCounts.get(tokenId) ?? 0) + 1)
      const logprobs = weigh(logits, tokenId, options)
      yield assembly.push(bytes, { tokenId, logprobs })
      const completionTokens = index + 1
      if (assembly.stopped()) return { finishReason: 'stop', completionTokens }
      if (completionTokens === completionTokensMax) {
        yield assembly.end()
        return { finishReason: 'length', completionTokens }
      }
      if (signal.aborted) return { finishReason: undefined, completionTokens }
      row ??= batch.join(prompt.sequence)
      logits = await row.next(tokenId)
    }
  } finally {
    row?.leave()
  }
}

/** What is reported of a token; what is committed to is of the same numbers, computed once. */
function weigh(
  logits: Float32Array,
  tokenId: number,
  { topLogprobs, onToken }: GenerationOptions,
): SampledLogprobs | undefined {
  if (topLogprobs === undefined && onToken === undefined) return undefined
  const committed = onToken === undefined ? 0 : alternativesKept
  const topCount = Math.max(topLogprobs ?? 0, committed)
  const logprobs = logprobsOf(logits, { tokenId, topCount })
  onToken?.({
    tokenId,
    logprobQ16: logprobQ16(logprobs.logprob),
    top: logprobs.top.slice(0, committed).map((one) => ({
      tokenId: one.tokenId,
      logprobQ16: logprobQ16(one.logprob),
    })),
  })
  return topLogprobs === undefined
    ? undefined
    : { ...logprobs, top: logprobs.top.slice(0, topLogprobs) }
}
