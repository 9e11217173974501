import { isSamePrice, lowestOf, type PriceSheet } from '../domain/price-sheet.ts'

/** Prices that move with what contributors ask stay below the ones that their gateway told at first. */
export const isNoDearer = (sheet: PriceSheet, agreed: readonly PriceSheet[]): boolean =>
  agreed.some(
    (most) =>
      sheet.operator === most.operator &&
      sheet.modelId === most.modelId &&
      sheet.asset === most.asset &&
      isSamePrice(lowestOf(sheet, most), sheet),
  )
