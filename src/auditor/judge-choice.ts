import type { FinishReason } from '../engine/generate.ts'
import type { LanguageModel } from '../engine/load-model.ts'
import { logprobsOf, type SamplingParameters, sampleToken } from '../engine/sample-token.ts'
import { uniformDraw } from '../engine/uniform-draw.ts'
import type { ClaimedTokens } from './claimed-tokens.ts'
import { referenceLogits } from './reference-logits.ts'
import {
  drawDistance,
  type SamplingDistribution,
  samplingDistribution,
  surpriseAt,
} from './sampling-distribution.ts'

/** A choice of an answer, as it was asked for and as it was claimed. */
export type ClaimedChoice = {
  readonly prompt: readonly number[]
  readonly sampling: SamplingParameters
  /** Undefined where the sampler is not the one of docs/engine.md: then no draw is known. */
  readonly seed: bigint | undefined
  readonly claimed: ClaimedTokens
  readonly finishReason: FinishReason
  /** Tokens that the answer may have at most: what is longer or ends with `length` before was not asked for. */
  readonly completionTokensMax: number
  /** A stop string may have cut the answer, so its end says nothing. */
  readonly hasStopStrings: boolean
}

/** One position of an answer, its end included. */
export type JudgedToken = {
  readonly claimed: number
  /** What the reference samples there with the same draw; at temperature above 0 without a seed: its likeliest. */
  readonly expected: number
  /** 0 … 1, see `drawDistance`; undefined where no draw is known. */
  readonly distance: number | undefined
  /** Nats beyond what was to be expected; says nothing at temperature 0. */
  readonly surprise: number
  /** Nats that are to be expected of the reference's distribution. */
  readonly surpriseExpected: number
  /** Claimed log-probability less the reference's; undefined where none is claimed. */
  readonly logprobGap: number | undefined
}

type Reference = Pick<LanguageModel, 'config' | 'decoder' | 'forbiddenTokens' | 'tokenizer'>

/** Nats beyond which a token is no more surprising: an unlikely one happens to the honest, too. */
const surpriseMax = 8

/** Of UTF-8. */
const characterBytesMax = 4

/** A text is cut into other tokens at most so often. */
const recutsMax = 8

/** Each position of the answer against the reference, the answer's own tokens before it. */
export async function judgeChoice(
  reference: Reference,
  choice: ClaimedChoice,
): Promise<readonly JudgedToken[]> {
  let { claimed } = choice
  for (let recuts = 0; ; recuts += 1) {
    const judged = await judgeTokens(reference, { ...choice, claimed })
    const recut = recuts < recutsMax ? recutAt(reference, claimed, judged) : undefined
    if (recut === undefined) return judged
    claimed = recut
  }
}

async function judgeTokens(
  reference: Reference,
  choice: ClaimedChoice,
): Promise<readonly JudgedToken[]> {
  const { config, forbiddenTokens } = reference
  const { claimed, sampling, prompt } = choice
  const tokens = endingOf(choice, config.endTokenId)
  const logits = await referenceLogits(reference, prompt, claimed.tokenIds)
  const sampledCounts = new Map<number, number>()
  return tokens.map((tokenId, at) => {
    const ofPosition = logits[at] ?? new Float32Array()
    const position = { logits: ofPosition, parameters: sampling, sampledCounts, forbiddenTokens }
    const distribution = samplingDistribution(position)
    const claimedLogprob = claimed.logprobs?.[at]
    const judged = {
      ...againstDraw(choice, { position, distribution, tokenId, at }),
      ...surpriseOf(distribution, tokenId),
      logprobGap:
        claimedLogprob === undefined || at >= claimed.tokenIds.length
          ? undefined
          : claimedLogprob - logprobsOf(ofPosition, { tokenId, topCount: 0 }).logprob,
    }
    sampledCounts.set(tokenId, (sampledCounts.get(tokenId) ?? 0) + 1)
    return judged
  })
}

function surpriseOf(
  distribution: SamplingDistribution,
  tokenId: number,
): Pick<JudgedToken, 'surprise' | 'surpriseExpected'> {
  const { surprise, expected } = surpriseAt(distribution, { tokenId, most: surpriseMax })
  return { surprise: surprise - expected, surpriseExpected: expected }
}

/** The claimed tokens, and the mark of the end where the answer claims one. */
function endingOf(choice: ClaimedChoice, endTokenId: number): readonly number[] {
  const { claimed, finishReason, completionTokensMax, hasStopStrings } = choice
  const { tokenIds, isExact } = claimed
  // A text says nothing of the first bytes of a character that was not finished.
  const untold = isExact ? 0 : characterBytesMax - 1
  const isCutByLength = finishReason === 'length' && tokenIds.length + untold >= completionTokensMax
  const isCutByStop = finishReason === 'stop' && hasStopStrings
  return isCutByLength || isCutByStop ? tokenIds : [...tokenIds, endTokenId]
}

function againstDraw(
  { sampling, seed }: ClaimedChoice,
  at: {
    readonly position: Parameters<typeof samplingDistribution>[0]
    readonly distribution: SamplingDistribution
    readonly tokenId: number
    readonly at: number
  },
): Pick<JudgedToken, 'claimed' | 'expected' | 'distance'> {
  const { position, distribution, tokenId: claimed } = at
  const { temperature } = sampling
  if (temperature > 0 && seed === undefined) {
    return { claimed, expected: distribution.best, distance: undefined }
  }
  const draw = temperature === 0 ? 0 : uniformDraw(seed ?? 0n, at.at)
  const expected = sampleToken({ ...position, draw })
  if (expected === claimed) return { claimed, expected, distance: 0 }
  return {
    claimed,
    expected,
    distance: drawDistance(distribution, { tokenId: claimed, draw, temperature }),
  }
}

/**
 * The same text in other tokens, where the first that is not the expected one would be, if the text were
 * cut behind the expected one. Undefined where that explains nothing.
 */
function recutAt(
  { tokenizer }: Reference,
  { tokenIds, isExact }: ClaimedTokens,
  judged: readonly JudgedToken[],
): ClaimedTokens | undefined {
  if (isExact) return undefined
  const at = judged.findIndex(({ claimed, expected }) => claimed !== expected)
  const expected = judged[at]?.expected
  if (expected === undefined || at >= tokenIds.length) return undefined
  const bytesOf = (tokenId: number): Uint8Array => tokenizer.bytesOf(tokenId) ?? Buffer.alloc(0)
  const rest = Buffer.concat(tokenIds.slice(at).map(bytesOf))
  const begun = bytesOf(expected)
  if (begun.length === 0 || !rest.subarray(0, begun.length).equals(begun)) return undefined
  const behind = rest.subarray(begun.length)
  const text = behind.toString()
  // Only whole characters can be cut into tokens again.
  if (!Buffer.from(text).equals(behind)) return undefined
  const recut = [...tokenIds.slice(0, at), expected, ...tokenizer.encodeContent(text)]
  return { tokenIds: recut, logprobs: undefined, isExact: false }
}
