import { err, ok, type Result } from '../base/result.ts'
import type { LanguageModel } from '../engine/load-model.ts'
import type { ToldChoice } from './told-answer.ts'

type TokenModel = Pick<LanguageModel, 'config' | 'tokenizer'>

/** A choice as the tokens that it claims were sampled. */
export type ClaimedTokens = {
  readonly tokenIds: readonly number[]
  /** Of each token, where the response told them. */
  readonly logprobs: readonly number[] | undefined
  /** The response named each token, so there is nothing to guess about where a text was cut. */
  readonly isExact: boolean
}

/**
 * The tokens that a response names where it does, else those that the tokenizer makes of the text: a model
 * nearly always writes the same ones, and `judgeChoice` cuts anew where it did not.
 */
export function claimedTokens(
  model: TokenModel,
  { text, tokens }: ToldChoice,
): Result<ClaimedTokens, string> {
  if (tokens === undefined) {
    const tokenIds = model.tokenizer.encodeContent(text)
    return ok({ tokenIds, logprobs: undefined, isExact: false })
  }
  const ids = idsByBytes(model)
  const tokenIds = tokens.map(({ bytes }) => ids.get(Buffer.from(bytes).toString('latin1')))
  if (tokenIds.includes(undefined)) return err('it names a token that the model has not')
  // A character that the answer broke off in is in the tokens and not in the text.
  const spelled = Buffer.concat(tokens.map(({ bytes }) => bytes)).toString()
  if (!spelled.startsWith(text)) return err('its tokens do not spell its text')
  const logprobs = tokens.map(({ logprob }) => logprob)
  return ok({ tokenIds: tokenIds as number[], logprobs, isExact: true })
}

const known = new WeakMap<object, ReadonlyMap<string, number>>()

/** Token ids by their bytes, one character a byte; the lowest of those that spell the same. */
function idsByBytes({ config, tokenizer }: TokenModel): ReadonlyMap<string, number> {
  const made = known.get(tokenizer)
  if (made !== undefined) return made
  const ids = new Map<string, number>()
  for (let tokenId = config.vocabularySize - 1; tokenId >= 0; tokenId -= 1) {
    const bytes = tokenizer.bytesOf(tokenId)
    if (bytes !== undefined) ids.set(Buffer.from(bytes).toString('latin1'), tokenId)
  }
  known.set(tokenizer, ids)
  return ids
}
