import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import { type PriceSheet, priceOfAnybody } from '../domain/price-sheet.ts'
import { type Receipt, type Work, workStatus } from '../domain/receipt.ts'
import { type CheckLine, fails, holds } from './check-line.ts'

/**
 * That the sheet beside the receipt is the one it was priced by, and that its prices give no less
 * than `cost`.
 */
export function checkPrice(receipt: Receipt, sheet: PriceSheet): readonly CheckLine[] {
  return [checkSheet(receipt, sheet), checkCost(receipt, sheet)]
}

function checkSheet({ work, priceHash }: Receipt, sheet: PriceSheet): CheckLine {
  const check = 'price-sheet'
  if (hashPriceSheet(sheet) !== priceHash) {
    return fails(check, 'its hash is not the priceHash of the receipt')
  }
  if (sheet.modelId !== work.modelId) return fails(check, 'it prices another model')
  if (sheet.operator !== work.gateway && sheet.operator !== work.contributor) {
    return fails(check, `it is ${sheet.operator}'s, who took no part`)
  }
  const { validFrom, validUntil } = sheet
  if (work.finishedAt < validFrom || (validUntil !== 0 && work.finishedAt > validUntil)) {
    return fails(check, 'it was not in force when the answer was finished')
  }
  return holds(
    check,
    `${sheet.promptAtomicPerMtok} / ${sheet.cachedPromptAtomicPerMtok} / ` +
      `${sheet.completionAtomicPerMtok} atomic units of ${sheet.asset} for a million prompt / ` +
      'cached prompt / completion tokens',
  )
}

function checkCost({ work, cost }: Receipt, sheet: PriceSheet): CheckLine {
  const price = priceOf(work, sheet)
  if (price === undefined) {
    return fails('cost', 'the tokens and prices give no amount that a channel could hold')
  }
  const why = chargesNothing(work) ? ' for an answer that failed or is empty' : ''
  if (cost > price) {
    return fails('cost', `${cost} atomic units are charged, but at most ${price} are due${why}`)
  }
  return cost < price
    ? holds('cost', `${cost} atomic units, less than the ${price} that the sheet allows`)
    : holds('cost', `${cost} atomic units, as the sheet and the tokens say${why}`)
}

/** An answer that failed upstream or has no token is free, whatever its prompt was. */
const chargesNothing = (work: Work): boolean =>
  work.status === workStatus.upstreamFailed || work.completionTokens === 0

/** What may be charged at most. */
const priceOf = (work: Work, sheet: PriceSheet): bigint | undefined =>
  chargesNothing(work) ? 0n : priceOfAnybody(sheet, work)
