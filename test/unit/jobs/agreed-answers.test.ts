import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes32 } from '../../../src/domain/units.ts'
import { answersMissing, largestAgreement } from '../../../src/jobs/agreed-answers.ts'
import type { JobAnswer } from '../../../src/store/contract-job-store.ts'
import { someAsk, someTerms } from '../../support/contract-jobs.ts'

const saying = (hash: number, index: number): JobAnswer => ({
  requestId: `req_${index}`,
  receiptId: bytes32(`0x${'01'.repeat(32)}`),
  state: 'kept',
  content: '0x',
  contentHash: bytes32(`0x${String(hash).padStart(64, '0')}`),
  packed: '0x',
})

const job = (agreement: number, answersMax: number, answers: readonly JobAnswer[]) => ({
  ask: someAsk({ terms: someTerms({ agreement, answersMax }) }),
  answers,
})

test('asks for all that must agree at once, and for one more where one of two lies', () => {
  expect(answersMissing(job(2, 3, []))).toBe(2)
  expect(answersMissing(job(2, 3, [saying(1, 0), saying(2, 1)]))).toBe(1)
  expect(answersMissing(job(2, 3, [saying(1, 0), saying(2, 1), saying(2, 2)]))).toBe(0)
  expect(answersMissing(job(2, 3, [saying(1, 0), saying(2, 1), saying(3, 2)]))).toBe('no_agreement')
})

test('gives up as soon as too few answers are left to agree', () => {
  expect(answersMissing(job(3, 4, [saying(1, 0), saying(2, 1), saying(3, 2)]))).toBe('no_agreement')
})

test('counts nothing that is not kept', () => {
  const { contentHash: _hash, ...rest } = saying(1, 0)
  const unkept = { ...rest, state: 'charging' as const }
  expect(largestAgreement([unkept, saying(1, 1)])).toHaveLength(1)
})

test('whatever is said: asked is never more than the job takes, and enough to agree', () => {
  let agreed = 0
  let hopeless = 0
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 10 }),
      (agreement, more, said) => {
        const answersMax = agreement + more
        const answers = said.slice(0, answersMax).map(saying)
        const missing = answersMissing(job(agreement, answersMax, answers))
        const largest = largestAgreement(answers).length
        if (missing === 'no_agreement') {
          hopeless += 1
          expect(largest + answersMax - answers.length).toBeLessThan(agreement)
          return
        }
        if (missing === 0) agreed += 1
        expect(missing).toBe(Math.max(0, agreement - largest))
        expect(answers.length + missing).toBeLessThanOrEqual(answersMax)
      },
    ),
  )
  expect(agreed).toBeGreaterThan(0)
  expect(hopeless).toBeGreaterThan(0)
})
