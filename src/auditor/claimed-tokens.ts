import type { CommittedToken } from '../attestation/token-commitment.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { LanguageModel } from '../engine/load-model.ts'
import type { ToldChoice } from './told-answer.ts'

type TokenModel = Pick<LanguageModel, 'config' | 'tokenizer'>

/** A choice as the tokens that it claims were sampled. */
export type ClaimedTokens = {
  readonly tokenIds: readonly number[]
  /** Of each token, where they were told or committed to. */
  readonly logprobs: readonly number[] | undefined
  /** Each token was named, so there is nothing to guess about where a text was cut. */
  readonly isExact: boolean
}

/**
 * The tokens that a contributor committed to, or that its response names, where it does; else those that the
 * tokenizer makes of the text: a model nearly always writes the same ones, and `judgeChoice` cuts anew where it did not.
 */
export function claimedTokens(
  model: TokenModel,
  { text, tokens }: ToldChoice,
  committed?: readonly CommittedToken[],
): Result<ClaimedTokens, string> {
  if (committed !== undefined) {
    const tokenIds = committed.map(({ tokenId }) => tokenId)
    const logprobs = committed.map(({ logprobQ16 }) => logprobQ16 / 2 ** 16)
    return spelling(model, text, { tokenIds, logprobs, isExact: true })
  }
  if (tokens === undefined) {
    const tokenIds = model.tokenizer.encodeContent(text)
    return ok({ tokenIds, logprobs: undefined, isExact: false })
  }
  const ids = idsByBytes(model)
  const tokenIds = tokens.map(({ bytes }) => ids.get(Buffer.from(bytes).toString('latin1')) ?? -1)
  const logprobs = tokens.map(({ logprob }) => logprob)
  return spelling(model, text, { tokenIds, logprobs, isExact: true })
}

/** The same tokens, if the model has them and they spell the text, which may end before them: in a character, or at a stop string. */
function spelling(
  { tokenizer }: TokenModel,
  text: string,
  claimed: ClaimedTokens,
): Result<ClaimedTokens, string> {
  const bytes = claimed.tokenIds.map((tokenId) => tokenizer.bytesOf(tokenId))
  if (!bytes.every((token) => token !== undefined))
    return err('it names a token that the model has not')
  const isSpelled = Buffer.concat(bytes).toString().startsWith(text)
  return isSpelled ? ok(claimed) : err('its tokens do not spell its text')
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
