import type { CapacityReport } from '../../src/domain/capacity-report.ts'
import type { TokenPrices } from '../../src/domain/price-sheet.ts'
import { atomic } from '../../src/domain/units.ts'

/** Of an idle contributor with four places. */
export const capacityReport = (change: Partial<CapacityReport> = {}): CapacityReport => ({
  running: 0,
  waiting: 0,
  slots: 4,
  tokensPerSecond: undefined,
  contextTokensMax: undefined,
  region: undefined,
  gpus: [],
  draining: false,
  models: [],
  ...change,
})

/** The same price for every kind of token. */
export const priceOf = (amount: bigint): TokenPrices => ({
  promptAtomicPerMtok: atomic(amount),
  cachedPromptAtomicPerMtok: atomic(amount),
  completionAtomicPerMtok: atomic(amount),
})
