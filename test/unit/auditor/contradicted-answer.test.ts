/* Which answers become evidence for the panel, of which windows, and that what is written is what it reads. */
import { expect, test } from 'vitest'
import { isContradicted, wrongAnswer } from '../../../src/auditor/answer-evidence.ts'
import {
  contradictedOf,
  freshAudit,
  withContradicted,
  withVerdict,
} from '../../../src/auditor/audit-state.ts'
import { accusation, contradictedAnswer } from '../../../src/auditor/contradicted-answer.ts'
import type { AnswerJudgement } from '../../../src/auditor/judge-answer.ts'
import { formatFaultEvidence, parseFaultEvidence } from '../../../src/client/fault-evidence.ts'
import { bytes32, signature, zeroAddress } from '../../../src/domain/units.ts'
import { signedVerdict } from '../../support/fault-evidence.ts'
import {
  contributorOperator as contributor,
  type ReceiptChanges,
  request,
  response,
  signReceipt,
  work,
} from '../../support/signed-receipt.ts'

const wrong: AnswerJudgement = { kind: 'wrong', why: 'it has no end', evidence: wrongAnswer }
const judged: AnswerJudgement = {
  kind: 'judged',
  tokens: 20,
  matchedTokens: 19,
  evidence: wrongAnswer,
  isContradicted: true,
  isIdentical: false,
  difference: 'choice 0: its text, from character 3 on',
}

function found(
  { judgement = wrong, requestBody = request, responseBody = response } = {},
  changes: ReceiptChanges = {},
) {
  const receipt = signReceipt(changes)
  const bodies = { requestBody, responseBody, commitmentOpening: undefined }
  return contradictedAnswer(receipt, { work: receipt.receipt.work, ...bodies }, judgement)
}

function foundOne(changes: ReceiptChanges = {}) {
  const answer = found({}, changes)
  if (answer === undefined) throw new Error('it is evidence')
  return answer
}

test.each([wrong, judged])('an answer that is $kind is evidence with its verdict', (judgement) => {
  const answer = found({ judgement })
  if (answer === undefined) throw new Error('it is evidence')
  const line = formatFaultEvidence(accusation(answer, { ...signedVerdict }))
  const { receipt, contributorSignature, gatewaySignature, domain } = signReceipt()
  expect(parseFaultEvidence(Buffer.from(line))).toEqual({
    ok: true,
    value: {
      ...{ object: 'vouch.fault', kind: 'S7', domain, receipt },
      ...{ contributorSignature, gatewaySignature, verdicts: [signedVerdict] },
    },
  })
})

test('what an audit keeps beside a verdict is not told to the panel', () => {
  const kept = { ...signedVerdict, isReported: false }
  expect(accusation(foundOne(), kept).verdicts).toEqual([signedVerdict])
})

test.each<readonly [string, () => unknown]>([
  [
    'that differs in what rounding explains',
    () => found({ judgement: { ...judged, isContradicted: false } }),
  ],
  ['of which nothing can be said', () => found({ judgement: { kind: 'unjudged', why: 'tools' } })],
  ['to another request than was signed for', () => found({ requestBody: Buffer.from('{}') })],
  ['that was changed on its way', () => found({ responseBody: Buffer.from('{}') })],
  ['that no contributor signed', () => found({}, { contributorSignature: signature('0x') })],
  ['whose receipt does not claim that one did', () => found({}, { receipt: { tiers: 1 } })],
])('an answer %s is none', (_, find) => {
  expect(find()).toBeUndefined()
})

test('a token that is off by as much as any contradicts, a closer one or a log-probability does not', () => {
  const token = { claimed: 1, expected: 1, surprise: 0, surpriseExpected: 0 }
  const alike = { ...token, distance: 0, logprobGap: 0 }
  const near = { ...token, expected: 2, distance: 0.049, logprobGap: 3 }
  const unknown = { ...token, expected: 2, distance: undefined, logprobGap: undefined }
  const far = { ...near, distance: 0.05 }
  expect(isContradicted([alike, near, unknown])).toBe(false)
  expect(isContradicted([alike, near, far])).toBe(true)
})

test('a state keeps the newest of each window, as plain data, until that is decided', () => {
  const log = { gateway: zeroAddress, sender: zeroAddress, ratePpm: 20_000 }
  const modelId = bytes32(`0x${'4e'.repeat(32)}`)
  const other = foundOne({ work: { modelId } })
  let state = withContradicted(freshAudit(log), other)
  for (let gatewaySeq = 1; gatewaySeq <= 25; gatewaySeq += 1) {
    state = withContradicted(state, foundOne({ receipt: { gatewaySeq } }))
  }
  const kept = contradictedOf(state, { contributor, modelId: work.modelId })
  expect(kept.map((answer) => accusation(answer, signedVerdict).receipt.gatewaySeq)).toEqual(
    Array.from({ length: 20 }, (_, at) => at + 6),
  )
  expect(JSON.parse(JSON.stringify(state))).toEqual(state)
  state = withVerdict(state, { ...signedVerdict, isReported: false })
  expect(state.contradicted).toEqual([other])
})
