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

/**
 * The receipts of a gateway that has one channel, in their order: no gap, no fork, none twice, each with the sum of all
 * before it and the digest of the last.
 */
export class ReceiptChain {
  readonly receipts = new Map<string, ParsedReceipt>()
  #charged = 0n
  #lastDigest: string = zeroBytes32
  #lastSeq = 0

  /** Σ receipts. */
  get charged(): bigint {
    return this.#charged
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  /** The stored JSON of the next one. */
  add(body: string): void {
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

  /** Every receipt holds for whoever knows the keys, by the same code that a stranger would run. */
  verifyAll(anchors: TrustAnchors, nowMs: number): void {
    const evidence = { content: [], request: undefined, response: undefined }
    for (const receipt of this.receipts.values()) {
      const lines = verifyReceipt({ receipt, evidence, anchors, policy: anyReceipt, nowMs })
      expect(lines.filter(({ verdict }) => verdict === 'fails')).toEqual([])
      expect(conclude(lines)).toBe('holds')
    }
  }
}
