import { expect } from 'vitest'
import type { RequestLine } from '../../src/base/log.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import type { Books, TestGateway } from './gateway-on-ledger.ts'

/**
 * The global law once every request has ended: nothing is held, Σ receipts = charged <= signed <= balance, the receipts of
 * the channel are numbered without a gap and each says how much was charged up to it, and the log says what they say.
 */
export async function expectBalancedBooks(gateway: TestGateway): Promise<Books> {
  const books = await gateway.books()
  const { channel, receipts } = books
  expect(channel.heldAmount).toBe(0n)
  let charged = 0n
  const previous = new Set<string>()
  for (const [index, { receipt }] of receipts.entries()) {
    charged += BigInt(receipt.cost)
    expect(receipt.channelSeq).toBe(index + 1)
    expect(receipt.gatewaySeq).toBe(index + 1)
    expect(receipt.cumulative).toBe(String(charged))
    previous.add(receipt.prevReceipt)
  }
  // Each points back to another receipt: a chain, not a fork.
  expect(previous.size).toBe(receipts.length)
  expect(channel.chargedCumulativeAmount).toBe(charged)
  expect(channel.signedMaxClaimable).toBeGreaterThanOrEqual(charged)
  expect(channel.balance).toBeGreaterThanOrEqual(channel.signedMaxClaimable)
  expect(gateway.log.reduce((sum, line) => sum + BigInt(line.costAtomic), 0n)).toBe(charged)
  return books
}

export type NewEntries = {
  readonly receipts: readonly ReceiptDocument[]
  readonly log: readonly RequestLine[]
  readonly chargedAmount: bigint
}

/** Books that many tests share: each look checks the law and answers what was added since the last. */
export function followBooks(gateway: TestGateway): () => Promise<NewEntries> {
  let receiptCount = 0
  let lineCount = 0
  let errorCount = 0
  let charged = 0n
  return async () => {
    const { channel, receipts } = await expectBalancedBooks(gateway)
    const errors = gateway.internalErrors.slice(errorCount)
    errorCount += errors.length
    expect(errors).toEqual([])
    const added = {
      receipts: receipts.slice(receiptCount),
      log: gateway.log.slice(lineCount),
      chargedAmount: channel.chargedCumulativeAmount - charged,
    }
    receiptCount = receipts.length
    lineCount = gateway.log.length
    charged = channel.chargedCumulativeAmount
    return added
  }
}
