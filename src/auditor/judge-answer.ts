/*
 * One answer of a contributor against the reference. Three ends: it was judged, with what it says for and against the contributor;
 * it is wrong whatever the model, such as one that is longer than was asked for; or nothing can be said of it, which is
 * no fault of the contributor.
 */
import { type CommittedTokens, tokenCommitment } from '../attestation/token-commitment.ts'
import { readTokens } from '../attestation/token-openings.ts'
import { type Work, workStatus } from '../domain/receipt.ts'
import { zeroBytes32 } from '../domain/units.ts'
import type { LanguageModel } from '../engine/load-model.ts'
import { answerEvidence, isContradicted, wrongAnswer } from './answer-evidence.ts'
import { readAskedText } from './asked-text.ts'
import { claimedChoices } from './claimed-choices.ts'
import { type JudgedToken, judgeChoice } from './judge-choice.ts'
import type { NoiseAllowance, NoiseClass } from './noise-allowance.ts'
import { type ReplayedAnswer, replayAnswer } from './replay-answer.ts'
import { replayDifference } from './replay-difference.ts'
import type { AnswerEvidence } from './sequential-test.ts'
import { readToldChoices } from './told-answer.ts'

/** What is audited: the bodies are those that `work.inputHash` and `work.outputHash` are of, which the caller checked. */
export type AnswerUnderAudit = {
  readonly work: Work
  readonly requestBody: Buffer
  readonly responseBody: Buffer
  /** As the contributor gave it; undefined where it did not, or committed to nothing. */
  readonly commitmentOpening: string | undefined
}

export type Reference = {
  readonly model: LanguageModel
  readonly allowance: NoiseAllowance
  /** The contributor samples as docs/engine.md says, so that seeds tell the draws. */
  readonly knowsSampler: boolean
  /** It is the very engine, so that answers are computed again and compared bit for bit. */
  readonly replays: boolean
  /** Where it computes: told with what was found. */
  readonly engine: {
    readonly engine: string
    readonly cpu: string
    readonly noiseClass: NoiseClass
  }
}

export type AnswerJudgement =
  | {
      readonly kind: 'judged'
      /** Positions that were compared, the ends of answers included. */
      readonly tokens: number
      readonly matchedTokens: number
      readonly evidence: AnswerEvidence
      /** Some token is one that the reference would not have given here, however it rounds. */
      readonly isContradicted: boolean
      /** Every bit was the same; undefined where that was not tried. */
      readonly isIdentical: boolean | undefined
      /** What differs first, for a person; undefined where nothing does. */
      readonly difference: string | undefined
    }
  | { readonly kind: 'wrong'; readonly why: string; readonly evidence: AnswerEvidence }
  | { readonly kind: 'unjudged'; readonly why: string }

const unjudged = (why: string): AnswerJudgement => ({ kind: 'unjudged', why })
const wrong = (why: string): AnswerJudgement => ({ kind: 'wrong', why, evidence: wrongAnswer })

export async function judgeAnswer(
  reference: Reference,
  answer: AnswerUnderAudit,
): Promise<AnswerJudgement> {
  const { work, requestBody, responseBody } = answer
  if (work.status !== workStatus.complete) return unjudged('the answer did not end by itself')
  const asked = readAskedText(reference.model, { jobId: work.jobId, body: requestBody })
  if (!asked.ok) return unjudged(asked.error)
  if (!reference.knowsSampler && !asked.value.hasTemperature) {
    return unjudged('the request leaves the temperature to the engine')
  }
  const told = readToldChoices(responseBody)
  if (!told.ok) return wrong(`the response is no answer: ${told.error}`)
  if (told.value.length !== asked.value.request.choices * asked.value.prompts.length) {
    return wrong('the response has another number of choices than was asked for')
  }
  const replay = reference.replays ? await replayAnswer(reference.model, asked.value) : undefined
  const difference = replay && replayDifference(replay, { told: told.value, work })
  if (replay !== undefined && difference === undefined) return identical(reference, replay)
  const choices = claimedChoices(reference, asked.value, {
    told: told.value,
    committed: committedTokens(answer),
  })
  if (!choices.ok) return wrong(choices.error)
  const judged: JudgedToken[] = []
  for (const choice of choices.value) judged.push(...(await judgeChoice(reference.model, choice)))
  return {
    kind: 'judged',
    tokens: judged.length,
    matchedTokens: judged.filter(({ claimed, expected }) => claimed === expected).length,
    evidence: answerEvidence(judged, reference.allowance),
    isContradicted: isContradicted(judged),
    isIdentical: replay === undefined ? undefined : false,
    difference,
  }
}

/** As if each token had been compared, because each was. */
function identical({ allowance }: Reference, replay: ReplayedAnswer): AnswerJudgement {
  const tokens =
    replay.completionTokens +
    replay.choices.filter(({ finishReason }) => finishReason === 'stop').length
  const alike = {
    claimed: 0,
    expected: 0,
    distance: 0,
    surprise: 0,
    surpriseExpected: 0,
    logprobGap: 0,
  }
  const judged = Array.from({ length: Math.max(1, tokens) }, () => alike)
  return {
    kind: 'judged',
    tokens,
    matchedTokens: tokens,
    evidence: answerEvidence(judged, allowance),
    isContradicted: false,
    isIdentical: true,
    difference: undefined,
  }
}

/**
 * Undefined where nothing was committed to or nothing was opened: a contributor that restarted has lost it. What opens something
 * else counts as nothing, because it came through the gateway without anybody's signature.
 */
function committedTokens({
  work,
  commitmentOpening,
}: AnswerUnderAudit): CommittedTokens | undefined {
  if (work.commitment === zeroBytes32 || commitmentOpening === undefined) return undefined
  const tokens = readTokens(commitmentOpening)
  return tokens !== undefined && tokenCommitment(tokens) === work.commitment ? tokens : undefined
}
