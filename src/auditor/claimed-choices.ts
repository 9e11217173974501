import type { CommittedTokens } from '../attestation/token-commitment.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { LanguageModel } from '../engine/load-model.ts'
import type { AskedText } from './asked-text.ts'
import { claimedTokens } from './claimed-tokens.ts'
import type { ClaimedChoice } from './judge-choice.ts'
import type { ToldChoice } from './told-answer.ts'

type Claims = {
  /** As many as were asked for. */
  readonly told: readonly ToldChoice[]
  readonly committed: CommittedTokens | undefined
}

type Teller = { readonly model: LanguageModel; readonly knowsSampler: boolean }

/** An answer as choices that can be judged. The error says what no honest contributor answers, whatever its model. */
export function claimedChoices(
  teller: Teller,
  asked: AskedText,
  { told, committed }: Claims,
): Result<readonly ClaimedChoice[], string> {
  const choices: ClaimedChoice[] = []
  for (const [index, choice] of told.entries()) {
    const claimed = claimedChoice(teller, asked, {
      index,
      told: choice,
      committed: committed?.[index],
    })
    if (!claimed.ok) return err(`choice ${index}: ${claimed.error}`)
    choices.push(claimed.value)
  }
  return ok(choices)
}

function claimedChoice(
  { model, knowsSampler }: Teller,
  { request, prompts, seed, isBounded }: AskedText,
  claim: {
    readonly index: number
    readonly told: ToldChoice
    readonly committed: CommittedTokens[number] | undefined
  },
): Result<ClaimedChoice, string> {
  const { index, told, committed } = claim
  const prompt = prompts[Math.floor(index / request.choices)]
  if (prompt === undefined) return err('nothing like it was asked for')
  const { finishReason } = told
  if (!told.text.startsWith(prompt.echo)) return err('it does not repeat its prompt')
  if (finishReason !== 'stop' && finishReason !== 'length') return err('it has no end')
  const text = told.text.slice(prompt.echo.length)
  const claimed = claimedTokens(model, { ...told, text }, committed)
  if (!claimed.ok) return claimed
  const room = model.config.contextTokensMax - prompt.tokens.length
  const completionTokensMax = Math.min(request.completionTokensMax, room)
  if (claimed.value.tokenIds.length > (isBounded ? completionTokensMax : room)) {
    return err('it is longer than was asked for')
  }
  return ok({
    prompt: prompt.tokens,
    sampling: request.sampling,
    seed: knowsSampler ? seed + BigInt(index) : undefined,
    claimed: claimed.value,
    finishReason,
    completionTokensMax,
    hasStopStrings: request.stopStrings.length > 0,
  })
}
