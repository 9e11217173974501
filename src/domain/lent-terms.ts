import type { ContributorLimits } from './contributor.ts'
import type { TokenPrices } from './price-sheet.ts'

/** What somebody lends, as its order says it. */
export type LentTerms = {
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  /** The lender's own name for the key: the same URL and name again replace it. */
  readonly keyId: string
  readonly region: string | undefined
  readonly limits: ContributorLimits | undefined
  readonly models: readonly LentModel[]
}

export type LentModel = {
  /** A model of the operator's list. */
  readonly id: string
  readonly upstreamId: string
  /** What the lender asks; undefined asks the most that the list allows. */
  readonly prices: TokenPrices | undefined
}
