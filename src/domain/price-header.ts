import type { TokenPrices } from './price-sheet.ts'
import { atomic } from './units.ts'

/** With each job: what it is paid by, in atomic units of the gateway's home asset for a million tokens. */
export const priceHeader = 'x-vouch-price'

/** `<prompt>,<cached prompt>,<completion>`, decimal. */
export const writePriceHeader = (prices: TokenPrices): string =>
  [
    prices.promptAtomicPerMtok,
    prices.cachedPromptAtomicPerMtok,
    prices.completionAtomicPerMtok,
  ].join()

/** Undefined for whatever is no price. */
export function readPriceHeader(text: string): TokenPrices | undefined {
  const amounts = text.split(',').map((part) => (/^\d{1,39}$/.test(part) ? BigInt(part) : -1n))
  if (amounts.length !== 3 || !amounts.every(isAmount)) return undefined
  const [prompt = 0n, cachedPrompt = 0n, completion = 0n] = amounts
  return {
    promptAtomicPerMtok: atomic(prompt),
    cachedPromptAtomicPerMtok: atomic(cachedPrompt),
    completionAtomicPerMtok: atomic(completion),
  }
}

const isAmount = (amount: bigint): boolean => amount >= 0n && amount < 2n ** 128n
