/*
 * A whole transparency log, from the chain up: what the gateway's account has anchored, the fold of its heads, the roots of
 * the entries, who signed, that no number is missing, and that it is the same log that others were shown. Nothing is
 * believed of whoever serves it: what cannot be checked is a finding or ends the audit.
 */
import { err, ok, type Result } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { logHeadDigest } from '../chain/log-head-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import type { LogHeadDocument, TransparencyLogDocument } from '../domain/log-documents.ts'
import type { LogHead } from '../domain/log-head.ts'
import type { Bytes32, UnixSeconds } from '../domain/units.ts'
import { judgeBatch } from './audit-log-batch.ts'
import {
  anchoringOf,
  GatewayKeys,
  type LogChain,
  type LogPins,
  readLogChain,
} from './audit-log-chain.ts'
import { finding, type LogFinding } from './audit-log-findings.ts'
import { HeldReceipts } from './audit-log-receipts.ts'
import type { GatewayLogSource, LogSource } from './log-source.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

export type LogAudit = {
  readonly rpc: JsonRpc
  readonly gateway: GatewayLogSource
  readonly pins: LogPins
  /** First batch that is looked at; those before it are believed as far as the fold bears them out. */
  readonly from: number
  /** What others were shown of the same log. */
  readonly others: readonly LogSource[]
  /** What somebody holds of the gateway. */
  readonly receipts: readonly ParsedReceipt[]
  readonly nowMs: () => number
  /** Called after each batch, with what it is: to keep a copy, and to tell how far the audit is. */
  readonly met?: ((batch: MetBatch) => Promise<void>) | undefined
}

export type MetBatch = {
  readonly document: LogHeadDocument
  readonly entries: string
  readonly findings: readonly LogFinding[]
  /** Of so many, the newest when the audit began. */
  readonly batches: number
}

export type LogReport = {
  readonly log: TransparencyLogDocument
  readonly batches: number
  readonly receipts: number
  readonly anchored: number
  readonly findings: readonly LogFinding[]
  /** False: the node does not tell events that far back, so that only the last head was compared. */
  readonly hasEvents: boolean
}

/** A batch as it is served, and since when the chain has its root. */
type Served = {
  readonly document: LogHeadDocument
  readonly entries: string
  readonly anchoredAt: UnixSeconds | undefined
}

/** Batches that are asked for at a time. */
const askedAheadMax = 8

/** The error is one line: why the log could not be audited at all. */
export async function auditLog(audit: LogAudit): Promise<Result<LogReport, string>> {
  const log = await audit.gateway.log()
  if (!log.ok) return log
  const chain = await readLogChain(audit.rpc, log.value, audit.pins)
  if (!chain.ok) return chain
  return new LogAuditor(audit, log.value, chain.value).run()
}

class LogAuditor {
  readonly #audit: LogAudit
  readonly #log: TransparencyLogDocument
  readonly #chain: LogChain
  readonly #keys: GatewayKeys
  readonly #held = new HeldReceipts()
  readonly #findings: LogFinding[] = []
  #batches = 0
  #receipts = 0
  #before: LogHead | 'first' = 'first'
  readonly #asked = new Map<number, Promise<Result<Served | undefined, string>>>()

  constructor(audit: LogAudit, log: TransparencyLogDocument, chain: LogChain) {
    this.#audit = audit
    this.#log = log
    this.#chain = chain
    this.#keys = new GatewayKeys(chain)
  }

  async run(): Promise<Result<LogReport, string>> {
    const { from, gateway, nowMs } = this.#audit
    await this.#takeReceipts()
    if (from > 0) {
      const before = await gateway.batch(from - 1)
      if (!before.ok) return before
      if (before.value === undefined) return err(`batch ${from - 1} is not served`)
      this.#before = before.value.head
    }
    // What the chain has must be served, even where the gateway says that it has less.
    const end = Math.max(this.#log.batches, this.#chain.anchored.batches)
    for (let batch = from; batch < end; batch += 1) {
      const done = await this.#auditBatch(batch, end)
      if (!done.ok) return done
      if (!done.value) break
    }
    this.#findings.push(...this.#held.judge(Math.floor(nowMs() / 1000)))
    return ok({
      log: this.#log,
      batches: this.#batches,
      receipts: this.#receipts,
      anchored: this.#chain.anchored.batches,
      findings: this.#findings,
      hasEvents: this.#chain.events !== undefined,
    })
  }

  async #takeReceipts(): Promise<void> {
    for (const parsed of this.#audit.receipts) {
      const fault = await this.#keys.faultOfReceipt(parsed)
      const { gatewaySeq } = parsed.receipt
      // What the gateway did not sign says nothing of its log.
      if (fault === undefined) this.#held.add(parsed)
      else this.#findings.push(finding('receipt-unusable', { gatewaySeq, detail: fault.detail }))
    }
  }

  /** False: what follows it cannot be judged without it. */
  async #auditBatch(batch: number, end: number): Promise<Result<boolean, string>> {
    const served = await this.#served(batch, end)
    if (!served.ok) return err(`batch ${batch}: ${served.error}`)
    if (served.value === undefined) {
      const has =
        batch < this.#chain.anchored.batches ? 'the chain has it' : 'the log says there is'
      const detail = `batch ${batch} is not served, and ${has}`
      this.#findings.push(finding('batch-missing', { batch, detail }))
      return ok(false)
    }
    const { document, entries, anchoredAt } = served.value
    const { head } = document
    const judged = judgeBatch(document, entries, this.#before)
    const signer = await this.#keys.faultOfHead(document, anchoredAt)
    const compared = await this.#compareOthers(document)
    if (!compared.ok) return compared
    const findings = [
      ...judged.findings,
      ...this.#judgeAnchor(head, anchoredAt),
      ...(signer === undefined ? [] : [finding(signer.kind, { batch, detail: signer.detail })]),
      ...compared.value,
    ]
    this.#findings.push(...findings)
    this.#held.meet({ batch, firstSeq: head.firstSeq, digests: judged.digests, anchoredAt })
    this.#batches += 1
    this.#receipts += judged.digests.length
    this.#before = head
    await this.#audit.met?.({ document, entries, findings, batches: end })
    return ok(true)
  }

  /** What is behind it is asked for meanwhile: a log of a year is half a million batches. */
  #served(batch: number, end: number): Promise<Result<Served | undefined, string>> {
    for (let next = batch; next < Math.min(end, batch + askedAheadMax); next += 1) {
      if (!this.#asked.has(next)) this.#asked.set(next, this.#ask(next))
    }
    const served = this.#asked.get(batch) ?? this.#ask(batch)
    this.#asked.delete(batch)
    return served
  }

  async #ask(batch: number): Promise<Result<Served | undefined, string>> {
    const { gateway } = this.#audit
    const document = await gateway.batch(batch)
    if (!document.ok || document.value === undefined) return document.ok ? ok(undefined) : document
    const [entries, anchoredAt] = await Promise.all([
      gateway.entries(batch),
      anchoringOf(this.#chain, document.value.head.root),
    ])
    if (!anchoredAt.ok) return err(describeChainFailure(anchoredAt.error))
    if (!entries.ok || entries.value === undefined) return entries.ok ? ok(undefined) : entries
    return ok({ document: document.value, entries: entries.value, anchoredAt: anchoredAt.value })
  }

  /** The batch's event, the account's fold where it is the newest that is anchored, and the time that the chain gives. */
  #judgeAnchor(head: LogHead, anchoredAt: UnixSeconds | undefined): readonly LogFinding[] {
    const { batch } = head
    const { anchored, events } = this.#chain
    if (batch >= anchored.batches) return this.#judgeUnanchored(head)
    const event = events?.get(batch)
    const isNewest = batch === anchored.batches - 1
    const differs =
      (event !== undefined &&
        (event.root !== head.root || event.count !== head.count || event.head !== head.head)) ||
      (isNewest && anchored.head !== head.head) ||
      (events !== undefined && event === undefined)
    if (differs) {
      const detail = `the chain has another batch ${batch}: ${event?.root ?? anchored.head}`
      return [finding('anchor-differs', { batch, detail })]
    }
    const lateS = (anchoredAt ?? 0) - head.closedAt - this.#log.promiseS
    const detail = `anchored ${lateS} s after the time that the log promises`
    return lateS > 0 ? [finding('anchor-late', { batch, detail })] : []
  }

  #judgeUnanchored({ batch, closedAt }: LogHead): readonly LogFinding[] {
    const waitedS = Math.floor(this.#audit.nowMs() / 1000) - closedAt
    if (waitedS <= this.#log.promiseS) return []
    const detail = `closed ${waitedS} s ago, promised within ${this.#log.promiseS} s, and not anchored`
    return [finding('anchor-missing', { batch, detail })]
  }

  /** Whoever was shown the same log has the same heads. */
  async #compareOthers(document: LogHeadDocument): Promise<Result<readonly LogFinding[], string>> {
    const { batch } = document.head
    const findings: LogFinding[] = []
    for (const other of this.#audit.others) {
      const shown = await other.batch(batch)
      // Who asked for a comparison is told when there was none.
      if (!shown.ok) return shown
      if (shown.value === undefined) continue
      if (nameOf(shown.value) === nameOf(document)) continue
      const fault = await this.#keys.faultOfHead(shown.value, undefined)
      // What the gateway did not sign says nothing of it.
      if (fault !== undefined) continue
      const detail = `the gateway signed another head of batch ${batch}, which ${other.name} has`
      findings.push(finding('log-forked', { batch, detail, heads: [shown.value, document] }))
    }
    return ok(findings)
  }
}

const nameOf = ({ head, domain }: LogHeadDocument): Bytes32 =>
  logHeadDigest(receiptDomain(domain), head)
