import { expect, test } from 'vitest'
import { answerEvidence, wrongAnswer } from '../../../src/auditor/answer-evidence.ts'
import { freshAudit, windowOf, withVerdict, withWindow } from '../../../src/auditor/audit-state.ts'
import {
  freshWindow,
  outcomeOfWindow,
  verdictOf,
  type WindowState,
  type WindowTerms,
  withJudgement,
} from '../../../src/auditor/audit-window.ts'
import type { AnswerJudgement } from '../../../src/auditor/judge-answer.ts'
import { noiseAllowances } from '../../../src/auditor/noise-allowance.ts'
import { auditMethod } from '../../../src/domain/audit.ts'
import { address, bytes32, signature, unixSeconds } from '../../../src/domain/units.ts'

const contributor = address(`0x${'cc'.repeat(20)}`)
const modelId = bytes32(`0x${'3d'.repeat(32)}`)
const of = { contributor, modelId }
const terms: WindowTerms = {
  falseAlarmMax: 1e-6,
  falsePassMax: 0.01,
  tokensMin: 1_000,
  isReplayed: true,
}

const alike = {
  claimed: 1,
  expected: 1,
  distance: 0,
  surprise: 0,
  surpriseExpected: 0,
  logprobGap: undefined,
}
const good = (tokens: number, isIdentical: boolean | undefined): AnswerJudgement => ({
  kind: 'judged',
  tokens,
  matchedTokens: tokens,
  evidence: answerEvidence(
    Array.from({ length: tokens }, () => alike),
    noiseAllowances.same,
  ),
  isContradicted: false,
  isIdentical,
  difference: undefined,
})
const bad: AnswerJudgement = { kind: 'wrong', why: 'it has no end', evidence: wrongAnswer }

function windowOfMany(count: number, judgement: AnswerJudgement, first = 1): WindowState {
  let window = freshWindow(of, first)
  for (let index = 0; index < count; index += 1) {
    window = withJudgement(window, {
      gatewaySeq: first + index,
      isCanary: index % 2 === 1,
      judgement,
    })
  }
  return window
}

const verdict = (window: WindowState, outcome: 'passed' | 'failed', isReplayed = true) =>
  verdictOf(window, {
    outcome,
    terms: { ...terms, isReplayed },
    gateway: address(`0x${'66'.repeat(20)}`),
    auditor: address(`0x${'aa'.repeat(20)}`),
    unopened: 3,
    reportHash: modelId,
    issuedAt: unixSeconds(1_700_000_000),
  })

test('a window passes with enough answers and enough tokens, and not before', () => {
  expect(outcomeOfWindow(windowOfMany(60, good(20, true)), terms)).toBe('open')
  expect(outcomeOfWindow(windowOfMany(130, good(20, true)), terms)).toBe('passed')
  expect(outcomeOfWindow(windowOfMany(130, good(5, true)), terms)).toBe('open')
})

test('a window fails without many tokens only where answers were computed again', () => {
  const window = windowOfMany(12, bad)
  expect(outcomeOfWindow(window, terms)).toBe('failed')
  expect(outcomeOfWindow(window, { ...terms, isReplayed: false })).toBe('open')
  expect(outcomeOfWindow(windowOfMany(9, bad), terms)).toBe('open')
})

test('says in a verdict what was looked at and how', () => {
  expect(verdict(windowOfMany(130, good(20, true), 41), 'passed')).toMatchObject({
    contributor,
    modelId,
    firstSeq: 41,
    lastSeq: 170,
    samples: 130,
    canaries: 65,
    unopened: 3,
    tokens: 2_600,
    matchedTokens: 2_600,
    scorePpm: 0,
    method: auditMethod.bitForBit,
    passed: true,
  })
  expect(verdict(windowOfMany(12, bad), 'failed')).toMatchObject({
    samples: 12,
    scorePpm: 1_000_000,
    method: auditMethod.bitForBit,
    passed: false,
  })
  const { method } = verdict(windowOfMany(130, good(20, undefined)), 'passed', false)
  expect(method).toBe(auditMethod.tokenStatistics)
  // The very engine, on another kind of CPU: the tokens are the same, and some last bits are not.
  expect(verdict(windowOfMany(130, good(20, false)), 'passed').method).toBe(
    auditMethod.tokenStatistics,
  )
})

test('what cannot be judged counts neither way', () => {
  const window = windowOfMany(40, { kind: 'unjudged', why: 'tools' })
  expect(window).toMatchObject({ samples: 0, unjudged: 40, tokens: 0 })
  expect(outcomeOfWindow(window, terms)).toBe('open')
})

test('a verdict ends its window, and no other', () => {
  const other = { contributor, modelId: bytes32(`0x${'4e'.repeat(32)}`) }
  const log = { gateway: contributor, sender: contributor, ratePpm: 20_000 }
  let state = withWindow(freshAudit(log), windowOfMany(130, good(20, true)))
  state = withWindow(state, freshWindow(other, 7))
  const kept = {
    verdict: verdict(windowOfMany(130, good(20, true)), 'passed'),
    signature: signature('0x'),
    isReported: false,
  }
  state = withVerdict(state, kept)
  expect(windowOf(state, of)).toBeUndefined()
  expect(windowOf(state, other)).toBeDefined()
  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
})
