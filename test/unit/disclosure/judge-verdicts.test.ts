import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeVerdicts, type ScoreTerms } from '../../../src/disclosure/judge-verdicts.ts'
import { type AuditVerdict, auditMethod } from '../../../src/domain/audit.ts'
import { address, unixSeconds } from '../../../src/domain/units.ts'
import { verdictOf } from '../../support/verdicts.ts'

const auditors = ['1', '2', '3'].map((digit) => address(`0x${digit.repeat(40)}`))
const [one, two, three] = auditors as [
  AuditVerdict['auditor'],
  AuditVerdict['auditor'],
  AuditVerdict['auditor'],
]
const issuedAt = 1_750_000_000
const nowS = issuedAt + 100

const terms = (said: Partial<ScoreTerms> = {}): ScoreTerms => ({
  auditors: new Set(auditors),
  auditorsMin: 1,
  windowTokensMin: 1_000,
  verdictValidS: 3_600,
  ...said,
})
const verdict = (
  auditor: AuditVerdict['auditor'],
  passed: boolean,
  said: Partial<AuditVerdict> = {},
): AuditVerdict => verdictOf({ auditor, passed, issuedAt: unixSeconds(issuedAt), ...said })

const outcomeOf = (verdicts: readonly AuditVerdict[], said: Partial<ScoreTerms> = {}, at = nowS) =>
  judgeVerdicts(verdicts, terms(said), at)?.outcome

describe('what verdicts come to', () => {
  test('nothing follows from no verdict', () => {
    expect(outcomeOf([])).toBeUndefined()
  })

  test('one auditor suffices where one must agree', () => {
    expect(outcomeOf([verdict(one, true)])).toBe('passed')
    expect(outcomeOf([verdict(one, false)])).toBe('failed')
  })

  test('where two must agree, one says nothing', () => {
    const both = { auditorsMin: 2 }
    expect(outcomeOf([verdict(one, true)], both)).toBeUndefined()
    expect(outcomeOf([verdict(one, false), verdict(two, true)], both)).toBeUndefined()
    expect(outcomeOf([verdict(one, true), verdict(two, true)], both)).toBe('passed')
    expect(outcomeOf([verdict(one, false), verdict(two, false)], both)).toBe('failed')
  })

  test('as many that say failed as that say passed are believed; fewer are not', () => {
    expect(outcomeOf([verdict(one, false), verdict(two, true)])).toBe('failed')
    expect(outcomeOf([verdict(one, false), verdict(two, true), verdict(three, true)])).toBe(
      'passed',
    )
  })

  test('of one auditor the newest counts, in whatever order they are given', () => {
    const old = verdict(one, false)
    const fresh = verdict(one, true, { issuedAt: unixSeconds(issuedAt + 1) })
    expect(outcomeOf([old, fresh])).toBe('passed')
    expect(outcomeOf([fresh, old])).toBe('passed')
    // One auditor that says so twice is one.
    expect(outcomeOf([old, fresh], { auditorsMin: 2 })).toBeUndefined()
  })

  test('whoever is not named, or is not any more, does not count', () => {
    expect(outcomeOf([verdict(two, false)], { auditors: new Set([one]) })).toBeUndefined()
  })

  test('counts until it is too old, to the second', () => {
    const standing = judgeVerdicts([verdict(one, true)], terms(), nowS)
    expect(standing?.until).toBe(issuedAt + 3_600)
    expect(outcomeOf([verdict(one, true)], {}, issuedAt + 3_599)).toBe('passed')
    expect(outcomeOf([verdict(one, true)], {}, issuedAt + 3_600)).toBeUndefined()
  })

  test('too few tokens say nothing, but one answer that is not bit for bit does', () => {
    const few = { tokens: 999, matchedTokens: 10 }
    expect(outcomeOf([verdict(one, true, few)])).toBeUndefined()
    expect(outcomeOf([verdict(one, false, few)])).toBeUndefined()
    const proof = { ...few, method: auditMethod.bitForBit }
    expect(outcomeOf([verdict(one, false, proof)])).toBe('failed')
    expect(outcomeOf([verdict(one, true, proof)])).toBeUndefined()
  })
})

test('a verdict of nobody who counts changes nothing, and a pass never comes of fails alone', () => {
  const anyVerdict = fc.record({
    auditor: fc.constantFrom(...auditors, address(`0x${'9'.repeat(40)}`)),
    passed: fc.boolean(),
    tokens: fc.constantFrom(10, 5_000),
    issuedAt: fc.integer({ min: issuedAt - 4_000, max: issuedAt }).map(unixSeconds),
    method: fc.constantFrom(...Object.values(auditMethod)),
  })
  const seen = { passed: 0, failed: 0, neither: 0 }
  fc.assert(
    fc.property(
      fc.array(anyVerdict, { maxLength: 8 }),
      fc.integer({ min: 1, max: 3 }),
      (said, min) => {
        const verdicts = said.map((one) => verdictOf(one))
        const judged = judgeVerdicts(verdicts, terms({ auditorsMin: min }), issuedAt)
        const others = verdicts.filter(({ auditor }) => terms().auditors.has(auditor))
        expect(judgeVerdicts(others, terms({ auditorsMin: min }), issuedAt)).toEqual(judged)
        if (judged?.outcome === 'passed') expect(verdicts.some(({ passed }) => passed)).toBe(true)
        if (judged?.outcome === 'failed') expect(verdicts.some(({ passed }) => !passed)).toBe(true)
        if (judged !== undefined) expect(judged.until).toBeGreaterThan(issuedAt)
        seen[judged?.outcome ?? 'neither'] += 1
      },
    ),
  )
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0)
})
