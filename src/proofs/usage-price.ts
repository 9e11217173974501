import { err, ok, type Result } from '../base/result.ts'
import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import { type PriceSheet, priceOfAnybody } from '../domain/price-sheet.ts'
import { type Work, workStatus } from '../domain/receipt.ts'
import { type AtomicAmount, atomic } from '../domain/units.ts'
import type { PricedReceipt } from './usage-range.ts'
import { refuseUsage, type UsageRefusal } from './usage-refusal.ts'

/** The most that the receipt may charge by its own sheet, which it does not exceed. */
export function priceOrRefusal({
  receipt,
  priceSheet,
}: PricedReceipt): Result<AtomicAmount, UsageRefusal> {
  const mismatch = sheetMismatch(receipt.work, priceSheet, receipt.priceHash)
  if (mismatch !== undefined) return err(refuseUsage('sheet_mismatch', receipt, mismatch))
  const price = priceOf(receipt.work, priceSheet)
  if (price === undefined) {
    return err(refuseUsage('overcharged', receipt, 'tokens and prices give no amount'))
  }
  if (receipt.cost > price) {
    const detail = `it charges ${receipt.cost} atomic units, at most ${price} are due`
    return err(refuseUsage('overcharged', receipt, detail))
  }
  return ok(price)
}

function sheetMismatch(work: Work, sheet: PriceSheet, priceHash: string): string | undefined {
  if (hashPriceSheet(sheet) !== priceHash) return 'its price sheet is not the one of its priceHash'
  if (sheet.modelId !== work.modelId) return 'its price sheet is for another model'
  if (sheet.operator !== work.gateway && sheet.operator !== work.contributor) {
    return `its price sheet is ${sheet.operator}'s, who took no part`
  }
  const { validFrom, validUntil } = sheet
  if (work.finishedAt < validFrom || (validUntil !== 0 && work.finishedAt > validUntil)) {
    return 'its price sheet was not in force when the answer was finished'
  }
  return undefined
}

/** Undefined where the circuit's numbers, of 128 bits each, cannot hold the price; it computes that of free answers, too. */
function priceOf(work: Work, sheet: PriceSheet): AtomicAmount | undefined {
  const price = priceOfAnybody(sheet, work)
  const isFree = work.status === workStatus.upstreamFailed || work.completionTokens === 0
  return price !== undefined && isFree ? atomic(0n) : price
}
