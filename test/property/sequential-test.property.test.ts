/*
 * What docs/audit-statistics.md promises of the sequential test, tried on many simulated contributors: how often the honest are
 * called dishonest, and the dishonest honest, however long one looks.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerEvidence, wrongAnswer } from '../../src/auditor/answer-evidence.ts'
import type { JudgedToken } from '../../src/auditor/judge-choice.ts'
import { noiseAllowances } from '../../src/auditor/noise-allowance.ts'
import {
  type AnswerEvidence,
  answerFactorMax,
  freshTest,
  outcomeOf,
  type TestOutcome,
  type TestTerms,
  withAnswer,
} from '../../src/auditor/sequential-test.ts'
import { seededRandom } from '../support/seeded-random.ts'

const terms: TestTerms = { falseAlarmMax: 0.05, falsePassMax: 0.05 }
const allowance = noiseAllowances.float

type Uniform = () => number

function uniformOf(seed: number): Uniform {
  const random = seededRandom(seed * 2_654_435_761)
  for (let skipped = 0; skipped < 8; skipped += 1) random(2)
  return () => random(2 ** 30) / 2 ** 30
}

const alike: JudgedToken = {
  claimed: 1,
  expected: 1,
  distance: 0,
  surprise: 0,
  surpriseExpected: 0.4,
  logprobGap: undefined,
}

/** The first outcome that is not open, within so many answers. */
function firstOutcome(answers: number, next: () => AnswerEvidence): TestOutcome {
  let state = freshTest
  for (let answer = 0; answer < answers; answer += 1) {
    state = withAnswer(state, next())
    const outcome = outcomeOf(state, terms)
    if (outcome !== 'open') return outcome
  }
  return 'open'
}

const shareOf = (outcomes: readonly TestOutcome[], wanted: TestOutcome): number =>
  outcomes.filter((outcome) => outcome === wanted).length / outcomes.length

/** Only the bet against counts: a test that passes early would hide later alarms. */
function everFails(answers: number, next: () => AnswerEvidence): boolean {
  let state = freshTest
  for (let answer = 0; answer < answers; answer += 1) {
    state = withAnswer(state, { ...next(), inFavour: [1, 1, 1, 1] })
    if (outcomeOf(state, terms) === 'failed') return true
  }
  return false
}

const contributors = 400
const length = 20

/** The noise that is allowed at most, in one token in so many: rare and gross, or frequent and slight. */
test.each([1, 0.25, 0.02])(
  'honest noise of score %d is called dishonest at most as often as said',
  (score) => {
    const share = allowance.tokenScoreMax / score
    let noisy = 0
    const failed = Array.from({ length: contributors }, (_, seed) => {
      const uniform = uniformOf(seed + 1)
      return everFails(300, () => {
        const judged = Array.from({ length }, () => {
          const isNoisy = uniform() < share
          if (isNoisy) noisy += 1
          return isNoisy ? { ...alike, expected: 2, distance: score * 0.05 } : alike
        })
        return answerEvidence(judged, allowance)
      })
    }).filter(Boolean).length
    expect(noisy).toBeGreaterThan(200)
    // Four standard deviations above the bound itself.
    expect(failed / contributors).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / contributors))
  },
)

test('noise that comes in clusters is called dishonest no more often', () => {
  // The same mean, but all of it in a few answers: tokens of one answer are not independent.
  const share = allowance.tokenScoreMax
  const failed = Array.from({ length: contributors }, (_, seed) => {
    const uniform = uniformOf(seed + 1)
    return everFails(300, () => {
      const tokens = Array.from({ length }, () => alike)
      const wrong = tokens.map(() => ({ ...alike, expected: 2, distance: 1 }))
      return answerEvidence(uniform() < share ? wrong : tokens, allowance)
    })
  }).filter(Boolean).length
  expect(failed / contributors).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / contributors))
})

test('surprise that is as the reference expects is called dishonest at most as often as said', () => {
  const probabilities = [0.7, 0.2, 0.07, 0.029, 0.001]
  const surprises = probabilities.map((probability) => Math.min(8, -Math.log(probability)))
  const expected = probabilities.reduce((sum, share, at) => sum + share * (surprises[at] ?? 0), 0)
  const answerWith = (uniform: Uniform, tempered: readonly number[]): AnswerEvidence =>
    answerEvidence(
      Array.from({ length }, () => {
        let left = uniform()
        const at = tempered.findIndex((share) => {
          left -= share
          return left < 0
        })
        const surprise = (surprises[at === -1 ? 4 : at] ?? 0) - expected
        return { ...alike, distance: undefined, surprise, surpriseExpected: expected }
      }),
      allowance,
    )
  const seeds = Array.from({ length: contributors }, (_, seed) => uniformOf(seed + 1))
  const honest = seeds.filter((uniform) => everFails(300, () => answerWith(uniform, probabilities)))
  expect(honest.length / contributors).toBeLessThan(
    0.05 + 4 * Math.sqrt((0.05 * 0.95) / contributors),
  )
  const hotter = [0.5, 0.25, 0.14, 0.09, 0.02]
  const found = seeds.filter((uniform) => everFails(300, () => answerWith(uniform, hotter)))
  expect(found.length / contributors).toBeGreaterThan(0.95)
})

test('a contributor that is wrong in one of twenty answers passes at most as often as said', () => {
  const outcomes = Array.from({ length: contributors }, (_, seed) => {
    const uniform = uniformOf(seed + 1)
    return firstOutcome(1_000, () => {
      const judged = Array.from({ length }, () => alike)
      return uniform() < 0.05 ? wrongAnswer : answerEvidence(judged, allowance)
    })
  })
  expect(shareOf(outcomes, 'passed')).toBeLessThan(
    0.05 + 4 * Math.sqrt((0.05 * 0.95) / contributors),
  )
  expect(shareOf(outcomes, 'failed')).toBeGreaterThan(0.9)
})

test('one without noise passes, and never fails', () => {
  const judged = Array.from({ length }, () => alike)
  expect(firstOutcome(120, () => answerEvidence(judged, allowance))).toBe('passed')
})

test('no answer condemns alone, whatever stands in it', () => {
  const tokens = fc.array(
    fc.record({
      claimed: fc.nat(3),
      expected: fc.nat(3),
      distance: fc.double({ min: 0, max: 1, noNaN: true }),
      surprise: fc.double({ min: -3, max: 8, noNaN: true }),
      surpriseExpected: fc.constant(3),
      logprobGap: fc.option(fc.double(), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 200 },
  )
  let condemning = 0
  fc.assert(
    fc.property(tokens, fc.boolean(), (judged, isDrawKnown) => {
      const answer = isDrawKnown
        ? judged
        : judged.map((token) => ({ ...token, distance: undefined }))
      const evidence = answerEvidence(answer, allowance)
      const grown = withAnswer(freshTest, evidence)
      expect(Math.max(...grown.against)).toBeLessThanOrEqual(Math.log(answerFactorMax))
      expect(evidence.inFavour.every((factor) => factor >= 0)).toBe(true)
      expect(outcomeOf(grown, { falseAlarmMax: 1e-6, falsePassMax: 0.01 })).toBe('open')
      if (Math.max(...grown.against) > 1) condemning += 1
    }),
  )
  expect(condemning).toBeGreaterThan(10)
})

test('ten wrong answers are enough for one in a million, nine are not', () => {
  const oneInAMillion: TestTerms = { falseAlarmMax: 1e-6, falsePassMax: 0.01 }
  let state = freshTest
  for (let answer = 0; answer < 9; answer += 1) state = withAnswer(state, wrongAnswer)
  expect(outcomeOf(state, oneInAMillion)).toBe('open')
  expect(outcomeOf(withAnswer(state, wrongAnswer), oneInAMillion)).toBe('failed')
})
