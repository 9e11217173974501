/*
 * Receipts that somebody holds, against the log that must have them: each in the place that its number gives it, and its
 * root on the chain in time. What is missing is a broken promise (S4), what contradicts another receipt is equivocation (S2).
 */
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import type { Bytes32, UnixSeconds } from '../domain/units.ts'
import { finding, type LogFinding } from './audit-log-findings.ts'
import type { FaultEvidence, GatewaySignedReceipt } from './fault-evidence.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'

/** What the log has at a number, as the audit met it. */
type Place = {
  readonly batch: number
  readonly digest: Bytes32
  readonly anchoredAt: UnixSeconds | undefined
}

type Held = ParsedReceipt & { readonly digest: Bytes32 }

export class HeldReceipts {
  readonly #receipts: Held[] = []
  readonly #wanted = new Set<number>()
  readonly #places = new Map<number, Place>()

  /** The caller has judged its signature: it is the gateway's. Before any batch is met. */
  add(parsed: ParsedReceipt): void {
    const digest = receiptDigest(receiptDomain(parsed.domain), parsed.receipt)
    this.#receipts.push({ ...parsed, digest })
    this.#wanted.add(parsed.receipt.gatewaySeq)
  }

  /** Remembers of a batch what is asked for. */
  meet(batch: {
    readonly batch: number
    readonly firstSeq: number
    readonly digests: readonly Bytes32[]
    readonly anchoredAt: UnixSeconds | undefined
  }): void {
    for (const [index, digest] of batch.digests.entries()) {
      const seq = batch.firstSeq + index
      if (!this.#wanted.has(seq)) continue
      this.#places.set(seq, { batch: batch.batch, digest, anchoredAt: batch.anchoredAt })
    }
  }

  judge(nowS: number): readonly LogFinding[] {
    return [...this.#forks(), ...this.#receipts.flatMap((held) => this.#judgePlace(held, nowS))]
  }

  #judgePlace(held: Held, nowS: number): readonly LogFinding[] {
    const { gatewaySeq, anchorBy } = held.receipt
    const place = this.#places.get(gatewaySeq)
    const isDue = anchorBy !== 0 && nowS > anchorBy
    const evidence = isDue ? promiseOf(held) : undefined
    if (place === undefined) {
      if (!isDue) return []
      const detail = `the log has no receipt ${gatewaySeq}, which was to be anchored by ${anchorBy}`
      return [finding('receipt-missing', { gatewaySeq, detail, evidence })]
    }
    const { batch } = place
    if (place.digest !== held.digest) {
      const detail = `the log has ${place.digest} as number ${gatewaySeq}, the gateway signed ${held.digest}`
      return [finding('receipt-missing', { batch, gatewaySeq, detail, evidence })]
    }
    if (anchorBy === 0 || (place.anchoredAt ?? nowS) <= anchorBy) return []
    const when =
      place.anchoredAt === undefined ? 'not anchored yet' : `anchored at ${place.anchoredAt}`
    const detail = `receipt ${gatewaySeq} was to be anchored by ${anchorBy}; it is ${when}`
    return [finding('receipt-late', { batch, gatewaySeq, detail, evidence: promiseOf(held) })]
  }

  /** Two receipts of one number, or of one place on a channel. */
  #forks(): readonly LogFinding[] {
    const first = new Map<string, Held>()
    const findings = new Map<Bytes32, LogFinding>()
    for (const held of this.#receipts) {
      const { gatewaySeq, channelId, channelSeq } = held.receipt
      for (const name of [`${gatewaySeq}`, `${channelId}/${channelSeq}`]) {
        const other = first.get(name)
        first.set(name, other ?? held)
        if (other === undefined || other.digest === held.digest) continue
        const detail = `the gateway signed ${other.digest} and ${held.digest} under one number, ${name}`
        const evidence = equivocationOf(other, held)
        findings.set(held.digest, finding('receipt-forked', { gatewaySeq, detail, evidence }))
      }
    }
    return [...findings.values()]
  }
}

const signedHalf = ({ receipt, gatewaySignature }: ParsedReceipt): GatewaySignedReceipt => ({
  receipt,
  gatewaySignature,
})

const promiseOf = (held: ParsedReceipt): FaultEvidence => ({
  object: 'vouch.fault',
  kind: 'S4',
  domain: held.domain,
  ...signedHalf(held),
})

const equivocationOf = (one: ParsedReceipt, other: ParsedReceipt): FaultEvidence => ({
  object: 'vouch.fault',
  kind: 'S2',
  domain: one.domain,
  receipts: [signedHalf(one), signedHalf(other)],
})
