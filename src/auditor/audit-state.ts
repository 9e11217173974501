/*
 * Everything that an audit remembers between two runs, as plain data.
 */
import type { AuditVerdict, UnopenedReason } from '../domain/audit.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import type { WindowState } from './audit-window.ts'
import type { ContradictedAnswer } from './contradicted-answer.ts'

export type UnopenedReceipt = {
  readonly batch: number
  readonly gatewaySeq: number
  readonly reason: UnopenedReason
}

/** A verdict, and whether the gateway has it. */
export type KeptVerdict = {
  readonly verdict: AuditVerdict
  readonly signature: Signature
  readonly isReported: boolean
}

export type AuditState = {
  readonly object: 'vouch.audit'
  readonly gateway: Address
  /** The account that anchors its log, as it was when the audit began. */
  readonly sender: Address
  /** The rate that the gateway promised when it was asked last. */
  readonly ratePpm: number
  /** Batches before it are done. */
  readonly nextBatch: number
  /** One for each contributor and model that nothing is decided of. */
  readonly windows: readonly WindowState[]
  /** Of these windows: what is evidence against a contributor, should it fail. */
  readonly contradicted: readonly ContradictedAnswer[]
  readonly verdicts: readonly KeptVerdict[]
  readonly unopened: readonly UnopenedReceipt[]
  /** What the gateway said that is not so, one sentence each. */
  readonly faults: readonly string[]
}

const unopenedKept = 10_000
const faultsKept = 100
/** Of one window, the newest: one is enough to accuse, and evidence is good for days only. */
const contradictedKept = 20

export const freshAudit = (of: Pick<AuditState, 'gateway' | 'sender' | 'ratePpm'>): AuditState => ({
  object: 'vouch.audit',
  gateway: of.gateway,
  sender: of.sender,
  ratePpm: of.ratePpm,
  nextBatch: 0,
  windows: [],
  contradicted: [],
  verdicts: [],
  unopened: [],
  faults: [],
})

type Judged = { readonly contributor: Address; readonly modelId: Bytes32 }

export const windowOf = (state: AuditState, of: Judged): WindowState | undefined =>
  state.windows.find((window) => isOf(window, of))

export const withWindow = (state: AuditState, window: WindowState): AuditState => ({
  ...state,
  windows: [...state.windows.filter((other) => !isOf(other, window)), window],
})

export const contradictedOf = (state: AuditState, of: Judged): readonly ContradictedAnswer[] =>
  state.contradicted.filter((answer) => isOf(answer, of))

export const withContradicted = (state: AuditState, answer: ContradictedAnswer): AuditState => ({
  ...state,
  contradicted: [
    ...state.contradicted.filter((other) => !isOf(other, answer)),
    ...[...contradictedOf(state, answer), answer].slice(-contradictedKept),
  ],
})

/** The window is over; the next answer begins another one. */
export const withVerdict = (state: AuditState, kept: KeptVerdict): AuditState => ({
  ...state,
  windows: state.windows.filter((window) => !isOf(window, kept.verdict)),
  contradicted: state.contradicted.filter((answer) => !isOf(answer, kept.verdict)),
  verdicts: [...state.verdicts, kept],
})

export const withUnopened = (state: AuditState, receipt: UnopenedReceipt): AuditState => ({
  ...state,
  unopened: [...state.unopened, receipt].slice(-unopenedKept),
})

export const withFault = (state: AuditState, fault: string): AuditState => ({
  ...state,
  faults: [...state.faults, fault].slice(-faultsKept),
})

const isOf = (one: Judged, of: Judged): boolean =>
  one.contributor === of.contributor && one.modelId === of.modelId
