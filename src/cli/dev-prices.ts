import { devUsd } from '../dev/dev-contracts.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import { atomic } from '../domain/units.ts'

/** devUSD per million tokens: 0.10 in, 0.05 cached, 0.40 out. */
export const devPrices: TokenPrices = {
  promptAtomicPerMtok: atomic(devUsd(1n) / 10n),
  cachedPromptAtomicPerMtok: atomic(devUsd(1n) / 20n),
  completionAtomicPerMtok: atomic((devUsd(1n) * 4n) / 10n),
}
