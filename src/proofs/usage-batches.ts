import { err, ok, type Result } from '../base/result.ts'
import { batchSheetsMax } from './usage-inputs.ts'
import { type PricedReceipt, type UsageRange, type UsageTerms, usageRange } from './usage-range.ts'
import { refuseUsage, type UsageRefusal } from './usage-refusal.ts'
import type { UsageStatement } from './usage-statement.ts'

/**
 * The receipts in stretches that follow each other, each of which a batch has room for: for so many rows, and for the sheets and
 * signers that are among them.
 */
export function usageBatches(
  receipts: readonly PricedReceipt[],
  { rows, ...terms }: UsageTerms & { readonly rows: number },
): Result<readonly UsageRange[], UsageRefusal> {
  const batches: UsageRange[] = []
  for (let start = 0; start < receipts.length || batches.length === 0; ) {
    const batch = nextBatch(receipts.slice(start, start + rows), terms)
    if (!batch.ok) return batch
    const [before, first] = [batches.at(-1), receipts[start]]
    const gap =
      before === undefined ? undefined : gapBetween(before.statement, batch.value.statement)
    if (gap !== undefined && first !== undefined) {
      return err(refuseUsage(gap.reason, first.receipt, gap.detail))
    }
    batches.push(batch.value)
    start += batch.value.statement.count
  }
  return ok(batches)
}

/** As many of these receipts, from the first on, as fit. */
function nextBatch(
  receipts: readonly PricedReceipt[],
  terms: UsageTerms,
): Result<UsageRange, UsageRefusal> {
  const sheets = new Set<string>()
  const behind = receipts.findIndex(({ receipt }) => {
    sheets.add(receipt.priceHash)
    return sheets.size > batchSheetsMax
  })
  const fitting = behind === -1 ? receipts : receipts.slice(0, behind)
  const range = usageRange(fitting, terms)
  const isCrowded = !range.ok && range.error.reason === 'signers_too_many'
  return isCrowded ? nextBatch(fitting.slice(0, -1), terms) : range
}

/** Why one statement does not continue another; undefined where it does. */
export function gapBetween(
  before: UsageStatement,
  next: UsageStatement,
):
  | (Pick<UsageRefusal, 'detail'> & { readonly reason: 'receipt_elsewhere' | 'receipts_apart' })
  | undefined {
  const differs = (['domainSeparator', 'channelId', 'gateway', 'asset'] as const).find(
    (member) => before[member] !== next[member],
  )
  if (differs !== undefined) {
    return { reason: 'receipt_elsewhere', detail: `its ${differs} is another than before` }
  }
  const seq = before.firstSeq + before.count
  if (next.firstSeq !== seq) {
    return { reason: 'receipts_apart', detail: `receipt ${seq} should stand here` }
  }
  if (next.previousDigest !== before.lastDigest) {
    return { reason: 'receipts_apart', detail: 'its prevReceipt is not the one before it' }
  }
  return next.cumulative - next.total === before.cumulative
    ? undefined
    : { reason: 'receipts_apart', detail: 'its cumulative is not the sum so far' }
}
