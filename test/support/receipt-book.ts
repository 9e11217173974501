/*
 * A gateway's ledger as it lies on the disk while nobody has it open, and what must be true of it at any moment.
 */
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { readReceiptsBySeq } from '../../src/store/receipt-rows-sqlite.ts'
import { ReceiptChain } from './receipt-chain.ts'

export type OpenHold = {
  readonly requestId: string
  readonly receiptId: string
  readonly heldAmount: bigint
  readonly checkpointEvents: number
}

/** Receipts are read once: each look goes on where the last one ended, and the chain must go on there, too. */
export class ReceiptBook {
  readonly #path: string
  readonly chain = new ReceiptChain()

  constructor(path: string) {
    this.#path = path
  }

  /** Checks what was added, and that the channel's book says the same. One channel only. Answers the holds that are open. */
  readOn(): readonly OpenHold[] {
    const { chain } = this
    const database = new DatabaseSync(this.#path, { readOnly: true })
    try {
      const added = readReceiptsBySeq(database, { afterSeq: chain.lastSeq, limit: -1 })
      for (const { body = '' } of added) chain.add(body)
      const channel = database.prepare('SELECT * FROM channels').get()
      expect(BigInt(String(channel?.['charged'] ?? 0))).toBe(chain.charged)
      expect(Number(channel?.['receipt_seq'] ?? 0)).toBe(chain.lastSeq)
      const holds = database.prepare('SELECT * FROM holds').all().map(openHold)
      const held = holds.reduce((sum, { heldAmount }) => sum + heldAmount, 0n)
      const signed = BigInt(String(channel?.['signed_max_claimable'] ?? 0))
      expect(chain.charged + held).toBeLessThanOrEqual(signed)
      expect(signed).toBeLessThanOrEqual(BigInt(String(channel?.['balance'] ?? 0)))
      for (const { receiptId } of holds) expect(chain.receipts.has(receiptId)).toBe(false)
      return holds
    } finally {
      database.close()
    }
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
