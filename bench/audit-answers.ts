/*
 * Answers of a contributor that serves vouch-mini or something in its place, to questions as clients ask them, judged by a
 * reference: what bench/audit-detection.ts draws windows from.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { claimedTokens } from '../src/auditor/claimed-tokens.ts'
import { type JudgedToken, judgeChoice } from '../src/auditor/judge-choice.ts'
import { createEngine } from '../src/engine/engine.ts'
import { generateAnswers } from '../src/engine/generate-answers.ts'
import type { LanguageModel } from '../src/engine/load-model.ts'
import { promptTokens } from '../src/engine/prompt-tokens.ts'
import { logprobsOf, type SamplingParameters } from '../src/engine/sample-token.ts'
import { builtInModelFolder } from '../test/support/built-in-model.ts'

const questionFiles = ['fresh-questions', 'knowledge', 'paraphrases']

/** Questions in English that vouch-mini was not, or hardly, trained on. */
export const ordinaryQuestions: readonly string[] = questionFiles.flatMap((name) =>
  readFileSync(join(builtInModelFolder, `training/data/${name}.txt`), 'utf8')
    .split('\n')
    .map((line) => line.split(' | ')[1]?.trim() ?? '')
    .filter((question) => question !== ''),
)

/** What is common of a request: most clients leave the sampling to the model, some want what is likeliest, some variety. */
export function samplingOf(model: LanguageModel, index: number): SamplingParameters {
  const { temperature, topP } = model.config.sampling
  const plain = { presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map<number, number>() }
  if (index % 4 === 2) return { ...plain, temperature: 0, topP: 1 }
  if (index % 4 === 3) return { ...plain, temperature: 1, topP: 1 }
  return { ...plain, temperature, topP }
}

export type JudgedAnswer = {
  readonly sampling: SamplingParameters
  readonly tokens: readonly JudgedToken[]
}

export const completionTokensMax = 96

/** `count` answers of `served`, each with a seed of its own, judged by `reference`. */
export async function judgedAnswers(
  reference: LanguageModel,
  served: LanguageModel,
  {
    count,
    firstSeed,
    knowsSeed = true,
  }: { readonly count: number; readonly firstSeed: number; readonly knowsSeed?: boolean },
): Promise<readonly JudgedAnswer[]> {
  const engine = createEngine({
    model: served,
    workSigner: undefined,
    slotsMax: 1,
    batchRowsMax: 1,
    waitingMax: 0,
    prefixCacheBytesMax: 0,
    nowMs: () => 0,
  })
  const judged: JudgedAnswer[] = []
  for (let index = 0; index < count; index += 1) {
    const seed = BigInt(firstSeed + index)
    const content = ordinaryQuestions[(firstSeed + index) % ordinaryQuestions.length] ?? ''
    const tokens = promptTokens(reference, [{ role: 'user', content }])
    if (!tokens.ok) throw new Error('a question fits into the context')
    const sampling = samplingOf(reference, index)
    const answer = await answerOf(engine, { tokens: tokens.value, sampling, seed })
    const claimed = claimedTokens(reference, answer)
    if (!claimed.ok) throw new Error(claimed.error)
    const choice = {
      prompt: tokens.value,
      sampling,
      seed: knowsSeed ? seed : undefined,
      claimed: claimed.value,
      finishReason: answer.finishReason,
      completionTokensMax,
      hasStopStrings: false,
    }
    judged.push({ sampling, tokens: await judgeChoice(reference, choice) })
  }
  return judged
}

async function answerOf(
  engine: ReturnType<typeof createEngine>,
  asked: {
    readonly tokens: readonly number[]
    readonly sampling: SamplingParameters
    readonly seed: bigint
  },
) {
  const request = {
    stream: false,
    includeUsage: false,
    choices: 1,
    completionTokensMax,
    stopStrings: [],
    sampling: asked.sampling,
    seed: asked.seed,
    topLogprobs: 0,
  }
  const prompts = [{ tokens: asked.tokens, echo: '' }]
  const { signal } = new AbortController()
  const work = { request, prompts, seed: asked.seed, slots: 1 }
  let text = ''
  let finishReason: 'stop' | 'length' = 'stop'
  const tokens: { bytes: Uint8Array; logprob: number }[] = []
  for await (const event of generateAnswers(engine, work, signal)) {
    if (event.kind === 'end') finishReason = event.end.finishReason ?? 'stop'
    else {
      text += event.delta.text
      for (const { tokenId, logprobs } of event.delta.tokens) {
        tokens.push({
          bytes: engine.model.tokenizer.bytesOf(tokenId) ?? Buffer.alloc(0),
          logprob: logprobs?.logprob ?? 0,
        })
      }
    }
  }
  return { text, finishReason, tokens }
}
void logprobsOf
