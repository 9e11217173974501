/*
 * A gateway's ledger as it lies on the disk while nobody has it open, and what must be true of it at any moment.
 */
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { receiptDigest, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { conclude } from '../../src/client/check-line.ts'
import { anyReceipt } from '../../src/client/check-policy.ts'
import {
  type ParsedReceipt,
  parseReceiptDocument,
} from '../../src/client/parse-receipt-document.ts'
import type { TrustAnchors } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import { zeroBytes32 } from '../../src/domain/units.ts'

export type OpenHold = {
  readonly requestId: string
  readonly receiptId: string
  readonly heldAmount: bigint
  readonly checkpointEvents: number
}

/** Receipts are read once: each look goes on where the last one ended, and the chain must go on there, too. */
export class ReceiptBook {
  readonly #path: string
  readonly receipts = new Map<string, ParsedReceipt>()
  #charged = 0n
  #lastDigest: string = zeroBytes32
  #lastSeq = 0

  constructor(path: string) {
    this.#path = path
  }

  get charged(): bigint {
    return this.#charged
  }

  /**
   * Checks what was added: no gap, no fork, no receipt twice, each with the sum of all before it; and that the channel's book
   * says the same. One channel only. Answers the holds that are open.
   */
  readOn(): readonly OpenHold[] {
    const database = new DatabaseSync(this.#path, { readOnly: true })
    try {
      const rows = database
        .prepare('SELECT body FROM receipts WHERE gateway_seq > ? ORDER BY gateway_seq')
        .all(this.#lastSeq)
      for (const { body } of rows) this.#add(String(body))
      const channel = database.prepare('SELECT * FROM channels').get()
      expect(BigInt(String(channel?.['charged'] ?? 0))).toBe(this.#charged)
      expect(Number(channel?.['receipt_seq'] ?? 0)).toBe(this.#lastSeq)
      const holds = database.prepare('SELECT * FROM holds').all().map(openHold)
      const held = holds.reduce((sum, { heldAmount }) => sum + heldAmount, 0n)
      const signed = BigInt(String(channel?.['signed_max_claimable'] ?? 0))
      expect(this.#charged + held).toBeLessThanOrEqual(signed)
      expect(signed).toBeLessThanOrEqual(BigInt(String(channel?.['balance'] ?? 0)))
      for (const { receiptId } of holds) expect(this.receipts.has(receiptId)).toBe(false)
      return holds
    } finally {
      database.close()
    }
  }

  /** Every receipt holds for whoever knows the keys, by the same code that a stranger would run. */
  verifyAll(anchors: TrustAnchors, nowMs: number): void {
    const evidence = { content: [], request: undefined, response: undefined }
    for (const receipt of this.receipts.values()) {
      const lines = verifyReceipt({ receipt, evidence, anchors, policy: anyReceipt, nowMs })
      expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
      expect(conclude(lines)).toBe('holds')
    }
  }

  #add(body: string): void {
    const parsed = parseReceiptDocument(Buffer.from(body))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    const { receipt, domain } = parsed.value
    this.#lastSeq += 1
    this.#charged += receipt.cost
    expect(receipt).toMatchObject({
      gatewaySeq: this.#lastSeq,
      channelSeq: this.#lastSeq,
      cumulative: this.#charged,
      prevReceipt: this.#lastDigest,
    })
    expect(this.receipts.has(receipt.receiptId)).toBe(false)
    this.#lastDigest = receiptDigest(receiptDomain(domain), receipt)
    this.receipts.set(receipt.receiptId, parsed.value)
  }
}

function openHold(row: Readonly<Record<string, unknown>>): OpenHold {
  const context = JSON.parse(String(row['context'])) as { readonly receiptId: string }
  const checkpoint = row['checkpoint']
  const { contentEvents } =
    typeof checkpoint === 'string'
      ? (JSON.parse(checkpoint) as { readonly contentEvents: number })
      : { contentEvents: 0 }
  return {
    requestId: String(row['request_id']),
    receiptId: context.receiptId,
    heldAmount: BigInt(String(row['held'])),
    checkpointEvents: contentEvents,
  }
}
