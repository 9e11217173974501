/*
 * What is known of one contributor's model: answers are added one by one, and the sequential test is asked after
 * each. Plain data, so that a window is kept in a file and goes on another day.
 */
import { type AuditVerdict, type AuditWindow, auditMethod } from '../domain/audit.ts'
import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import type { AnswerJudgement } from './judge-answer.ts'
import {
  freshTest,
  outcomeOf,
  shareOfAlarm,
  type TestOutcome,
  type TestState,
  type TestTerms,
  withAnswer,
} from './sequential-test.ts'

export type WindowState = AuditWindow & {
  /** Answers that were judged, wrong ones included. */
  readonly samples: number
  readonly canaries: number
  /** Opened answers of which nothing can be said. */
  readonly unjudged: number
  readonly wrong: number
  /** Same in every bit. */
  readonly identical: number
  readonly tokens: number
  readonly matchedTokens: number
  /** The first few things that went wrong, or differed, with the receipts that they are about. */
  readonly notes: readonly { readonly gatewaySeq: number; readonly note: string }[]
  readonly test: TestState
}

const notesKept = 20

/** Tokens that a verdict rests on where the gateway asks for fewer. */
export const windowTokensMin = 1_000

export const freshWindow = (
  of: Pick<AuditWindow, 'contributor' | 'modelId'>,
  gatewaySeq: number,
): WindowState => ({
  contributor: of.contributor,
  modelId: of.modelId,
  firstSeq: gatewaySeq,
  lastSeq: gatewaySeq,
  samples: 0,
  canaries: 0,
  unjudged: 0,
  wrong: 0,
  identical: 0,
  tokens: 0,
  matchedTokens: 0,
  notes: [],
  test: freshTest,
})

export function withJudgement(
  window: WindowState,
  judged: {
    readonly gatewaySeq: number
    readonly isCanary: boolean
    readonly judgement: AnswerJudgement
  },
): WindowState {
  const { gatewaySeq, judgement } = judged
  const reached = reach(window, gatewaySeq)
  if (judgement.kind === 'unjudged') return { ...reached, unjudged: window.unjudged + 1 }
  const counted = {
    ...reached,
    samples: window.samples + 1,
    canaries: window.canaries + (judged.isCanary ? 1 : 0),
    test: withAnswer(window.test, judgement.evidence),
  }
  if (judgement.kind === 'wrong') {
    return { ...counted, wrong: window.wrong + 1, notes: noted(window, gatewaySeq, judgement.why) }
  }
  const { tokens, matchedTokens, isIdentical, difference } = judgement
  return {
    ...counted,
    tokens: window.tokens + tokens,
    matchedTokens: window.matchedTokens + matchedTokens,
    identical: window.identical + (isIdentical === true ? 1 : 0),
    notes: difference === undefined ? window.notes : noted(window, gatewaySeq, difference),
  }
}

/** What a window needs besides the test. */
export type WindowTerms = TestTerms & {
  /** Tokens that a gateway wants a verdict to rest on, or more. */
  readonly tokensMin: number
  /** Answers were computed again on the same engine: then it needs no tokens to say that they differ. */
  readonly isReplayed: boolean
}

export function outcomeOfWindow(window: WindowState, terms: WindowTerms): TestOutcome {
  const outcome = outcomeOf(window.test, terms)
  const isProof = outcome === 'failed' && terms.isReplayed
  return isProof || window.tokens >= terms.tokensMin ? outcome : 'open'
}

/** The verdict over a window that came to an end. */
export function verdictOf(
  window: WindowState,
  decided: {
    readonly outcome: Exclude<TestOutcome, 'open'>
    readonly terms: WindowTerms
    readonly gateway: Address
    readonly auditor: Address
    /** Chosen receipts of the window that the gateway did not open: nobody can say whose they are. */
    readonly unopened: number
    readonly reportHash: Bytes32
    readonly issuedAt: UnixSeconds
  },
): AuditVerdict {
  const { outcome, terms, ...of } = decided
  const passed = outcome === 'passed'
  const isBitForBit = terms.isReplayed && (!passed || window.identical === window.samples)
  return {
    gateway: of.gateway,
    auditor: of.auditor,
    contributor: window.contributor,
    modelId: window.modelId,
    firstSeq: window.firstSeq,
    lastSeq: window.lastSeq,
    samples: window.samples,
    canaries: window.canaries,
    unopened: of.unopened,
    tokens: window.tokens,
    matchedTokens: window.matchedTokens,
    scorePpm: Math.round(shareOfAlarm(window.test, terms) * 1_000_000),
    method: isBitForBit ? auditMethod.bitForBit : auditMethod.tokenStatistics,
    passed,
    reportHash: of.reportHash,
    issuedAt: of.issuedAt,
  }
}

const reach = (window: WindowState, gatewaySeq: number): WindowState => ({
  ...window,
  firstSeq: Math.min(window.firstSeq, gatewaySeq),
  lastSeq: Math.max(window.lastSeq, gatewaySeq),
})

const noted = ({ notes }: WindowState, gatewaySeq: number, note: string): WindowState['notes'] =>
  notes.length < notesKept ? [...notes, { gatewaySeq, note }] : notes
