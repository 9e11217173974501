/*
 * From judged tokens to bets (sequential-test.ts). What is known of an answer decides how it is judged:
 *
 * - by its draws, where the seed is known or the temperature is 0: how far off each token's draw is;
 * - by its log-probabilities besides, where it tells some;
 * - by its surprise, where nobody knows the draws: whether its tokens are as likely as they should be.
 */
import type { JudgedToken } from './judge-choice.ts'
import type { NoiseAllowance } from './noise-allowance.ts'
import { type AnswerEvidence, answerFactorMax, betCount, eitherOf } from './sequential-test.ts'

/** A draw that is off by this much of the probability is as wrong as any. */
const distanceCounted = 0.05
/** Nats: a log-probability that is off by this much is as wrong as any. */
const logprobGapCounted = 0.01
/** The share of wrong answers that a passing window excludes. */
const wrongShareExcluded = 0.05
/** Nats a token that a passing window excludes, where only surprise is known. */
const surpriseExcluded = 0.15

const sharesBet = [0.003, 0.01, 0.05, 0.3]
const sharesBetInFavour = [0.6, 0.8, 0.9, 0.95]
const betsOnSurprise = [0.05, 0.1, 0.2, 0.4]
const betsOnExpectation = [0.02, 0.04, 0.07, 0.11]

/** 0 where the reference samples the same, 1 where it is sure to sample another. */
export const tokenScore = ({ distance }: JudgedToken): number =>
  Math.min(1, (distance ?? 0) / distanceCounted)

export const logprobScore = ({ logprobGap }: JudgedToken): number =>
  // What is no number is no log-probability.
  Math.abs(logprobGap ?? 0) < logprobGapCounted ? Math.abs(logprobGap ?? 0) / logprobGapCounted : 1

/**
 * Some token is off by as much as any: no rounding explains it, and the draw is known, so that whoever computes the answer again
 * sees it too. Log-probabilities alone do not count.
 */
export const isContradicted = (judged: readonly JudgedToken[]): boolean =>
  judged.some((token) => tokenScore(token) === 1)

/** Of a wrong answer, whatever is wrong with it: one whose tokens the model has not, or that is none. */
export const wrongAnswer: AnswerEvidence = {
  against: Array.from({ length: betCount }, () => answerFactorMax),
  inFavour: sharesBetInFavour.map((share) => 1 - share),
}

/** `judged` has at least one position: an answer has an end. */
export function answerEvidence(
  judged: readonly JudgedToken[],
  allowance: NoiseAllowance,
): AnswerEvidence {
  if (judged.some(({ distance }) => distance === undefined)) return bySurprise(judged, allowance)
  const byDraws = byScores(judged.map(tokenScore), allowance.tokenScoreMax)
  const told = judged.filter(({ logprobGap }) => logprobGap !== undefined)
  if (told.length === 0) return byDraws
  return eitherOf(byDraws, byScores(told.map(logprobScore), allowance.logprobScoreMax))
}

/** A share of what the bet has grown to is put on the answer's mean score being beyond what noise explains. */
function byScores(scores: readonly number[], meanMax: number): AnswerEvidence {
  const sum = scores.reduce((total, score) => total + score, 0)
  const beyond = sum / scores.length / meanMax
  const wrong = Math.min(1, sum)
  const lost = (wrongShareExcluded - wrong) / (1 - wrongShareExcluded)
  return {
    against: sharesBet.map((share) => 1 + share * (beyond - 1)),
    inFavour: sharesBetInFavour.map((share) => 1 + share * lost),
  }
}

/** A bet for each token, whose surprise is as expected on average where the distribution is the reference's. */
function bySurprise(
  judged: readonly JudgedToken[],
  { surpriseMax }: NoiseAllowance,
): AnswerEvidence {
  const product = (factorOf: (token: JudgedToken) => number): number =>
    Math.min(
      answerFactorMax,
      judged.reduce((grown, token) => grown * factorOf(token), 1),
    )
  return {
    against: betsOnSurprise.map((bet) =>
      product(({ surprise, surpriseExpected }) => {
        const affordable = Math.min(bet, 0.9 / (surpriseExpected + surpriseMax))
        return 1 + affordable * (surprise - surpriseMax)
      }),
    ),
    inFavour: betsOnExpectation.map((bet) =>
      product(({ surprise }) => 1 + bet * (surpriseExcluded - surprise)),
    ),
  }
}
