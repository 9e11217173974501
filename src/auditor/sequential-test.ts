/*
 * A test that may be looked at after every answer. Each answer multiplies two bets:
 *
 * - against: fair where the contributor is honest, so by Ville's inequality it ever reaches 1/α with
 *   a probability of at most α;
 * - infavour: fair where at least a stated share of answers is wrong, with β alike.
 *
 * Fair means that the factor's expectation, given all answers before, is at most 1. One answer counts for at
 * most `answerFactorMax`, which only lowers expectations: so no answer condemns alone. Several bets of different sizes run side by side, and
 * their mean is a bet as fair as each, which saves guessing the size that would suit the unknown fault.
 *
 * Sources: Ville, Étude critique de la notion de collectif, 1939; Waudby-Smith and Ramdas, "Estimating
 * means of bounded random variables by betting", 2024.
 */
import { assert } from '../base/assert.ts'

/** What one answer says: a factor for each size of bet. */
export type AnswerEvidence = {
  readonly against: readonly number[]
  readonly inFavour: readonly number[]
}

/** Natural logarithms of what each bet has grown to. Starts at no answers. */
export type TestState = {
  readonly answers: number
  readonly against: readonly number[]
  readonly inFavour: readonly number[]
}

export type TestTerms = {
  /** Bound of the probability that an honest contributor is ever called dishonest in this test. */
  readonly falseAlarmMax: number
  /** Bound of the probability that one whose share of wrong answers is as stated ever passes it. */
  readonly falsePassMax: number
}

export type TestOutcome = 'failed' | 'passed' | 'open'

/** With a false alarm rate of one in a million at least ten answers are needed to condemn. */
export const answerFactorMax = 4

/** Sizes of bets: `TestState` has one entry for each. */
export const betCount = 4

export const freshTest: TestState = {
  answers: 0,
  against: Array.from({ length: betCount }, () => 0),
  inFavour: Array.from({ length: betCount }, () => 0),
}

export function withAnswer(state: TestState, evidence: AnswerEvidence): TestState {
  return {
    answers: state.answers + 1,
    against: grown(state.against, evidence.against),
    inFavour: grown(state.inFavour, evidence.inFavour),
  }
}

/** `failed` goes first: who could be told to be both is not good. */
export function outcomeOf(state: TestState, terms: TestTerms): TestOutcome {
  if (logMean(state.against) >= -Math.log(terms.falseAlarmMax)) return 'failed'
  return logMean(state.inFavour) >= -Math.log(terms.falsePassMax) ? 'passed' : 'open'
}

/** How far the bet against has come to where it condemns, on a logarithmic scale: 0 no way at all, 1 all the way. */
export const shareOfAlarm = (state: TestState, { falseAlarmMax }: TestTerms): number =>
  Math.min(1, Math.max(0, logMean(state.against) / -Math.log(falseAlarmMax)))

/** Two statistics of one answer as one: the mean of fair bets is fair. */
export const eitherOf = (one: AnswerEvidence, other: AnswerEvidence): AnswerEvidence => ({
  against: one.against.map((factor, at) => (factor + (other.against[at] ?? 1)) / 2),
  inFavour: one.inFavour.map((factor, at) => (factor + (other.inFavour[at] ?? 1)) / 2),
})

function grown(logs: readonly number[], factors: readonly number[]): readonly number[] {
  assert(factors.length === logs.length, 'an answer has a factor for each bet')
  return logs.map((log, at) => {
    const factor = factors[at] ?? Number.NaN
    assert(factor >= 0, 'nobody can lose more than was bet')
    return log + Math.log(Math.min(answerFactorMax, factor))
  })
}

function logMean(logs: readonly number[]): number {
  const most = Math.max(...logs)
  if (most === -Infinity) return -Infinity
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length)
}
