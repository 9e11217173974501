import { assert } from '../base/assert.ts'
import type { ForwardPass, KeyValueCache } from './decoder-session.ts'
import type { LanguageModel } from './load-model.ts'
import type { PrefixCache } from './prefix-cache.ts'
import {
  logprobsOf,
  type SampledLogprobs,
  type SamplingParameters,
  sampleToken,
} from './sample-token.ts'
import { startTextAssembly, type TextDelta } from './text-assembly.ts'
import { uniformDraw } from './uniform-draw.ts'

/** A prompt after the model has read it: any number of answers may start from it. */
export type ReadPrompt = ForwardPass & { readonly cachedTokens: number }

export type GenerationOptions = {
  readonly sampling: SamplingParameters
  readonly stopStrings: readonly string[]
  readonly completionTokensMax: number
  /** Same model, prompt, options and seed: same tokens, bit for bit on one machine. */
  readonly seed: bigint
  /** Alternatives to report for each token; undefined reports no log-probabilities at all. */
  readonly topLogprobs: number | undefined
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

/**
 * Reads the prompt block by block, starting after what the prefix cache holds; undefined when the
 * signal came first.
 */
export async function readPrompt(reading: {
  readonly model: Pick<LanguageModel, 'decoder'>
  readonly prefixCache: PrefixCache
  readonly tokens: readonly number[]
  readonly blockTokens: number
  readonly signal: AbortSignal
}): Promise<ReadPrompt | undefined> {
  const { model, prefixCache, tokens, blockTokens, signal } = reading
  assert(tokens.length > 0, 'a prompt has at least one token')
  let cache: KeyValueCache = prefixCache.longestPrefix(tokens)
  const cachedTokens = cache.tokens
  for (;;) {
    if (signal.aborted) return undefined
    const block = tokens.slice(cache.tokens, cache.tokens + blockTokens)
    const pass = await model.decoder.forward(cache, block)
    cache = pass.cache
    if (cache.tokens < tokens.length) continue
    prefixCache.keep(tokens, cache)
    return { ...pass, cachedTokens }
  }
}

/**
 * One answer, text as it may leave. Ends with the model's end token or a stop string (`stop`), or
 * with the last token that the request or the context allows (`length`). The model runs once before
 * each sampled token but the first.
 */
export async function* generate(
  model: Pick<LanguageModel, 'config' | 'decoder' | 'forbiddenTokens' | 'tokenizer'>,
  prompt: ReadPrompt,
  options: GenerationOptions & { readonly signal: AbortSignal },
): AsyncGenerator<TextDelta<GeneratedToken>, GenerationEnd> {
  const { config, decoder, forbiddenTokens, tokenizer } = model
  const { sampling, seed, signal, topLogprobs } = options
  const room = config.contextTokensMax - prompt.cache.tokens
  const completionTokensMax = Math.min(options.completionTokensMax, room)
  const assembly = startTextAssembly<GeneratedToken>(options.stopStrings)
  const sampledCounts = new Map<number, number>()
  let { logits, cache }: ForwardPass = prompt
  for (let index = 0; ; index += 1) {
    const draw = sampling.temperature === 0 ? 0 : uniformDraw(seed, index)
    const tokenId = sampleToken({
      logits,
      parameters: sampling,
      sampledCounts,
      forbiddenTokens,
      draw,
    })
    if (tokenId === config.endTokenId) {
      yield assembly.end()
      return { finishReason: 'stop', completionTokens: index }
    }
    const bytes = tokenizer.bytesOf(tokenId)
    assert(bytes !== undefined, 'every token that may be sampled is text')
    sampledCounts.set(tokenId, (sampledCounts.get(tokenId) ?? 0) + 1)
    const logprobs =
      topLogprobs === undefined ? undefined : logprobsOf(logits, { tokenId, topCount: topLogprobs })
    yield assembly.push(bytes, { tokenId, logprobs })
    const completionTokens = index + 1
    if (assembly.stopped()) return { finishReason: 'stop', completionTokens }
    if (completionTokens === completionTokensMax) {
      yield assembly.end()
      return { finishReason: 'length', completionTokens }
    }
    if (signal.aborted) return { finishReason: undefined, completionTokens }
    const pass = await decoder.forward(cache, [tokenId])
    logits = pass.logits
    cache = pass.cache
  }
}
