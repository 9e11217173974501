/*
 * Answers of a contributor that serves vouch-mini or something in its place, to questions as clients ask them, judged by a
 * reference: what bench/audit-detection.ts draws windows from.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { claimedTokens } from '../src/auditor/claimed-tokens.ts'
import { type JudgedToken, judgeChoice } from '../src/auditor/judge-choice.ts'
import { replayAnswer } from '../src/auditor/replay-answer.ts'
import type { LanguageModel } from '../src/engine/load-model.ts'
import { promptTokens } from '../src/engine/prompt-tokens.ts'
import type { SamplingParameters } from '../src/engine/sample-token.ts'
import { builtInModelFolder } from '../test/support/built-in-model.ts'
import { openVariant, type VariantName } from '../test/support/model-variants.ts'

const questionFiles = ['fresh-questions', 'knowledge', 'paraphrases']

/** Questions in English that vouch-mini was not, or hardly, trained on. */
export const ordinaryQuestions: readonly string[] = questionFiles.flatMap((name) =>
  readFileSync(join(builtInModelFolder, `training/data/${name}.txt`), 'utf8')
    .split('\n')
    .map((line) => line.split(' | ')[1]?.trim() ?? '')
    .filter((question) => question !== ''),
)

export type JudgedAnswer = {
  readonly temperature: number
  /** With the draws that the seed gives. */
  readonly tokens: readonly JudgedToken[]
}

export type ServedName = VariantName | 'vouch-mini' | 'replayed'

const completionTokensMax = 96
const cacheFolder = resolve(import.meta.dirname, '../.vouch/audit-bench')

/** `count` answers, each to a question and with a seed of its own. Kept in a file: the model is asked once. */
export async function judgedAnswers(
  reference: LanguageModel,
  served: ServedName,
  count: number,
): Promise<readonly JudgedAnswer[]> {
  const path = join(cacheFolder, `${served}-${count}.json`)
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as readonly JudgedAnswer[]
  const isItself = served === 'vouch-mini' || served === 'replayed'
  const model = isItself ? reference : await openVariant(reference, served)
  const judged: JudgedAnswer[] = []
  for (let index = 0; index < count; index += 1) {
    // What was answered before to somebody else, in the place of what is asked now.
    const answered = served === 'replayed' ? index + 7 : index
    judged.push(await judgedAnswer(reference, model, { index, answered }))
  }
  mkdirSync(cacheFolder, { recursive: true })
  writeFileSync(path, JSON.stringify(judged))
  return judged
}

async function judgedAnswer(
  reference: LanguageModel,
  served: LanguageModel,
  { index, answered }: { readonly index: number; readonly answered: number },
): Promise<JudgedAnswer> {
  const sampling = samplingOf(reference, index)
  const request = {
    stream: false,
    includeUsage: false,
    choices: 1,
    completionTokensMax,
    stopStrings: [],
    sampling,
    seed: undefined,
    topLogprobs: undefined,
  }
  const prompts = [{ tokens: questionTokens(reference, answered), echo: '' }]
  const said = await replayAnswer(served, { request, prompts, seed: BigInt(answered) })
  const [choice] = said.choices
  if (choice === undefined) throw new Error('one choice was asked for')
  const told = { text: choice.text, finishReason: choice.finishReason, tokens: undefined }
  const claimed = claimedTokens(reference, told, said.tokens[0])
  if (!claimed.ok) throw new Error(claimed.error)
  const tokens = await judgeChoice(reference, {
    prompt: questionTokens(reference, index),
    sampling,
    seed: BigInt(index),
    claimed: claimed.value,
    finishReason: choice.finishReason === 'length' ? 'length' : 'stop',
    completionTokensMax,
    hasStopStrings: false,
  })
  return { temperature: sampling.temperature, tokens }
}

function questionTokens(model: LanguageModel, index: number): readonly number[] {
  const content = ordinaryQuestions[index % ordinaryQuestions.length] ?? ''
  const tokens = promptTokens(model, [{ role: 'user', content }])
  if (!tokens.ok) throw new Error('a question fits into the context')
  return tokens.value
}

/** Half of the clients leave the sampling to the model, a quarter wants what is likeliest, a quarter variety. */
function samplingOf({ config }: LanguageModel, index: number): SamplingParameters {
  const plain = { presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map<number, number>() }
  if (index % 4 === 2) return { ...plain, temperature: 0, topP: 1 }
  if (index % 4 === 3) return { ...plain, temperature: 1, topP: 1 }
  return { ...plain, temperature: config.sampling.temperature, topP: config.sampling.topP }
}
