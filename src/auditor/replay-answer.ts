/*
 * Computing an answer again on the engine that is said to have made it: the same passes in the same order, so the same bits, on
 * CPUs for which onnxruntime chooses the same kernels. What a Work commits to is computed with it, so a commitment is compared
 * without being opened.
 */
import {
  type CommittedToken,
  type CommittedTokens,
  tokenCommitment,
} from '../attestation/token-commitment.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { AnswerWork } from '../engine/answer-work.ts'
import { createEngine } from '../engine/engine.ts'
import { generateAnswers } from '../engine/generate-answers.ts'
import type { LanguageModel } from '../engine/load-model.ts'

export type AskedChoices = Pick<AnswerWork, 'request' | 'prompts' | 'seed'>

export type ReplayedChoice = {
  readonly text: string
  readonly finishReason: string | undefined
  /** Of each token that the response tells of; of a stop string it tells nothing. */
  readonly logprobs: readonly number[]
}

export type ReplayedAnswer = {
  readonly choices: readonly ReplayedChoice[]
  readonly tokens: CommittedTokens
  readonly commitment: Bytes32
  readonly promptTokens: number
  readonly completionTokens: number
}

export async function replayAnswer(
  model: LanguageModel,
  { request, prompts, seed }: AskedChoices,
): Promise<ReplayedAnswer> {
  const slots = request.choices * prompts.length
  const engine = createEngine({
    model,
    workSigner: undefined,
    slotsMax: slots,
    batchRowsMax: slots,
    waitingMax: 0,
    prefixCacheBytesMax: 0,
    nowMs: () => 0,
  })
  const tokens = Array.from({ length: slots }, (): CommittedToken[] => [])
  const choices = prompts.flatMap(({ echo }) =>
    Array.from({ length: request.choices }, () => ({
      text: echo,
      finishReason: undefined as string | undefined,
      logprobs: [] as number[],
    })),
  )
  const work = { request: { ...request, topLogprobs: 0 }, prompts, seed, slots, tokens }
  for await (const event of generateAnswers(engine, work, new AbortController().signal)) {
    const choice = choices[event.index]
    if (choice === undefined) continue
    if (event.kind === 'end') choice.finishReason = event.end.finishReason
    else {
      choice.text += event.delta.text
      for (const { logprobs } of event.delta.tokens) choice.logprobs.push(logprobs?.logprob ?? 0)
    }
  }
  return {
    choices,
    tokens,
    commitment: tokenCommitment(tokens),
    promptTokens: prompts.reduce((sum, prompt) => sum + prompt.tokens.length, 0),
    completionTokens: tokens.reduce((sum, { length }) => sum + length, 0),
  }
}
