/*
 * An audit of a gateway's log: batch by batch, sample by sample, to a verdict where one can be given. Each batch is done as a
 * whole and then kept, so that an audit that ends early loses at most one.
 */
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { auditVerdictDigest } from '../chain/audit-typed-data.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../chain/signatures.ts'
import type { WrongExecution } from '../client/fault-evidence.ts'
import type { ParsedReceipt } from '../client/parse-receipt-document.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { unixSeconds } from '../domain/units.ts'
import {
  type AuditState,
  contradictedOf,
  type KeptVerdict,
  windowOf,
  withContradicted,
  withFault,
  withUnopened,
  withVerdict,
  withWindow,
} from './audit-state.ts'
import {
  freshWindow,
  outcomeOfWindow,
  verdictOf,
  type WindowState,
  windowTokensMin,
  withJudgement,
} from './audit-window.ts'
import { checkedSamples } from './checked-samples.ts'
import { accusation, contradictedAnswer } from './contradicted-answer.ts'
import { type DrawFault, type DrawnReceipt, drawnReceipts } from './drawn-batch.ts'
import type { AuditTerms, GatewayAudits, ServedSample } from './gateway-audits.ts'
import {
  type AnswerJudgement,
  type AnswerUnderAudit,
  judgeAnswer,
  type Reference,
} from './judge-answer.ts'
import type { TestTerms } from './sequential-test.ts'

export type Audit = {
  readonly gateway: Pick<GatewayAudits, 'batchHead' | 'batchEntries' | 'samples' | 'report'>
  readonly terms: Pick<AuditTerms, 'gateway' | 'domain' | 'ratePpm' | 'windowTokensMin'>
  readonly rpc: JsonRpc
  readonly confirmations: number
  readonly references: ReadonlyMap<Bytes32, Reference>
  /** Whether both signatures of a receipt are by keys of the operators that it names; why not, for a person. */
  readonly objectionTo: (receipt: ParsedReceipt) => Promise<string | undefined>
  readonly test: TestTerms
  readonly signingKey: PrivateKey
  readonly nowMs: () => number
  readonly onEvent: (event: AuditEvent) => void
}

export type AuditEvent =
  | {
      readonly kind: 'judged'
      readonly contributor: Address
      readonly modelId: Bytes32
      readonly gatewaySeq: number
      readonly judgement: AnswerJudgement
    }
  | { readonly kind: 'unknown_model'; readonly gatewaySeq: number; readonly modelId: Bytes32 }
  | { readonly kind: 'fault'; readonly detail: string }
  | {
      readonly kind: 'decided'
      readonly kept: KeptVerdict
      readonly report: AuditReport
      /** What the panel takes, of a window that failed. */
      readonly accusations: readonly WrongExecution[]
    }

/** What a verdict's `reportHash` is of: keccak256 of its RFC 8785 form. */
type AuditReport = {
  readonly object: 'vouch.audit_report'
  readonly gateway: Address
  readonly window: WindowState
  readonly test: TestTerms
  readonly engine: Reference['engine']
}

/** `later`: this batch and those behind it have to wait. */
export type BatchOutcome = { readonly state: AuditState; readonly waitsFor: string | undefined }

export async function auditBatch(
  audit: Audit,
  before: AuditState,
  batch: number,
): Promise<BatchOutcome> {
  const samples = await samplesOf(audit, before.sender, batch)
  if (!samples.ok) {
    if (samples.fault.kind !== 'false') return { state: before, waitsFor: samples.fault.detail }
    const detail = `batch ${batch}: ${samples.fault.detail}`
    audit.onEvent({ kind: 'fault', detail })
    return { state: withFault({ ...before, nextBatch: batch + 1 }, detail), waitsFor: undefined }
  }
  let state = before
  for (const sample of samples.samples) state = await auditSample(audit, state, { batch, sample })
  return { state: { ...state, nextBatch: batch + 1 }, waitsFor: undefined }
}

type Samples =
  | { readonly ok: true; readonly samples: readonly ServedSample[] }
  | { readonly ok: false; readonly fault: DrawFault }

async function samplesOf(audit: Audit, sender: Address, batch: number): Promise<Samples> {
  const { gateway, terms, rpc, confirmations } = audit
  const unreachable = (detail: string): Samples => ({ ok: false, fault: { kind: 'later', detail } })
  const head = await gateway.batchHead(batch)
  if (!head.ok) return unreachable(head.error.detail)
  const entries = await gateway.batchEntries(batch)
  if (!entries.ok) return unreachable(entries.error.detail)
  const { gateway: operator, ratePpm, domain } = terms
  const drawn = await drawnReceipts(
    { rpc, gateway: operator, verifier: domain.verifyingContract, sender, confirmations, ratePpm },
    { head: head.value, entries: entries.value },
  )
  if (!drawn.ok) return { ok: false, fault: drawn.error }
  const served = await servedSamples(audit, batch, drawn.value)
  if (!Array.isArray(served)) return unreachable(String(served))
  const checked = checkedSamples(drawn.value, served)
  return checked.ok
    ? { ok: true, samples: checked.value }
    : { ok: false, fault: { kind: 'false', detail: checked.error } }
}

/** All pages, or why the gateway did not give one. A page that is empty and says that more follows is the last. */
async function servedSamples(
  { gateway }: Audit,
  batch: number,
  drawn: readonly DrawnReceipt[],
): Promise<readonly ServedSample[] | string> {
  const served: ServedSample[] = []
  if (drawn.length === 0) return served
  for (;;) {
    const page = await gateway.samples(batch, served.at(-1)?.index)
    if (!page.ok) return page.error.detail
    served.push(...page.value.samples)
    if (!page.value.hasMore || page.value.samples.length === 0) return served
    if (served.length > drawn.length) return served
  }
}

async function auditSample(
  audit: Audit,
  state: AuditState,
  { batch, sample }: { readonly batch: number; readonly sample: ServedSample },
): Promise<AuditState> {
  const { gatewaySeq } = sample
  if (!sample.opened) return withUnopened(state, { batch, gatewaySeq, reason: sample.reason })
  const objection = await audit.objectionTo(sample.receipt)
  if (objection !== undefined) {
    const detail = `receipt ${gatewaySeq}: ${objection}`
    audit.onEvent({ kind: 'fault', detail })
    return withFault(state, detail)
  }
  return auditAnswer(audit, state, {
    gatewaySeq,
    isCanary: false,
    receipt: sample.receipt,
    answer: {
      work: sample.receipt.receipt.work,
      requestBody: sample.requestBody,
      responseBody: sample.responseBody,
      commitmentOpening: sample.commitmentOpening ?? undefined,
    },
  })
}

/** One answer whose receipt and bytes were checked: a sample, or the auditor's own request. */
export async function auditAnswer(
  audit: Audit,
  state: AuditState,
  audited: {
    readonly gatewaySeq: number
    readonly isCanary: boolean
    readonly receipt: ParsedReceipt
    readonly answer: AnswerUnderAudit
  },
): Promise<AuditState> {
  const { gatewaySeq, isCanary, receipt, answer } = audited
  const { contributor, modelId } = answer.work
  const reference = audit.references.get(modelId)
  if (reference === undefined) {
    audit.onEvent({ kind: 'unknown_model', gatewaySeq, modelId })
    return state
  }
  const judgement = await judgeAnswer(reference, answer)
  audit.onEvent({ kind: 'judged', contributor, modelId, gatewaySeq, judgement })
  const before = windowOf(state, answer.work) ?? freshWindow({ contributor, modelId }, gatewaySeq)
  const window = withJudgement(before, { gatewaySeq, isCanary, judgement })
  const contradicted = contradictedAnswer(receipt, answer, judgement)
  const after = contradicted === undefined ? state : withContradicted(state, contradicted)
  return decided(audit, withWindow(after, window), window, reference)
}

function decided(
  audit: Audit,
  state: AuditState,
  window: WindowState,
  { engine, replays }: Reference,
): AuditState {
  const { gateway, domain } = audit.terms
  const tokensMin = Math.max(windowTokensMin, audit.terms.windowTokensMin)
  const terms = { ...audit.test, tokensMin, isReplayed: replays }
  const outcome = outcomeOfWindow(window, terms)
  if (outcome === 'open') return state
  const report: AuditReport = {
    object: 'vouch.audit_report',
    gateway,
    window,
    test: audit.test,
    engine,
  }
  const verdict = verdictOf(window, {
    outcome,
    terms,
    gateway,
    auditor: addressOfPrivateKey(audit.signingKey),
    unopened: state.unopened.filter(
      ({ gatewaySeq }) => gatewaySeq >= window.firstSeq && gatewaySeq <= window.lastSeq,
    ).length,
    reportHash: reportHashOf(report),
    issuedAt: unixSeconds(Math.floor(audit.nowMs() / 1000)),
  })
  const digest = auditVerdictDigest(receiptDomain(domain), verdict)
  const signature = signDigest(digest, audit.signingKey)
  const kept = { verdict, signature, isReported: false }
  const contradicted = outcome === 'failed' ? contradictedOf(state, verdict) : []
  const accusations = contradicted.map((answer) => accusation(answer, kept))
  audit.onEvent({ kind: 'decided', kept, report, accusations })
  return withVerdict(state, kept)
}

const reportHashOf = (report: AuditReport): Bytes32 =>
  keccak256Utf8(canonicalJson(report as unknown as Json))

/** Verdicts that the gateway has not yet are sent to it; what it refuses stays, with a word for a person. */
export async function reportVerdicts(
  { gateway }: Pick<Audit, 'gateway'>,
  state: AuditState,
): Promise<{ readonly state: AuditState; readonly refused: readonly string[] }> {
  const refused: string[] = []
  const verdicts: KeptVerdict[] = []
  for (const kept of state.verdicts) {
    if (kept.isReported) {
      verdicts.push(kept)
      continue
    }
    const { verdict, signature } = kept
    const reported = await gateway.report({ verdict, signature })
    if (!reported.ok) refused.push(reported.error.detail)
    verdicts.push({ ...kept, isReported: reported.ok })
  }
  return { state: { ...state, verdicts }, refused }
}
