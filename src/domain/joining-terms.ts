import type { ContributorLimits } from './contributor.ts'
import type { Endpoint } from './endpoint.ts'
import type { TokenPrices } from './price-sheet.ts'
import type { Bytes32 } from './units.ts'

/** What a contributor offers to a gateway's pool, as its order says it. */
export type JoiningTerms = {
  /** OpenAI base URL, ending in `/v1`; undefined where the contributor dials in. */
  readonly url: string | undefined
  readonly region: string | undefined
  readonly limits: ContributorLimits | undefined
  readonly models: readonly JoinedModel[]
}

export type JoinedModel = {
  /** The public name that clients ask for. */
  readonly id: string
  /** The name that its engine knows. */
  readonly upstreamId: string
  /** keccak256 of the canonical manifest: what its Works are signed for. */
  readonly modelId: Bytes32
  readonly contextTokensMax: number
  readonly completionTokensMax: number
  readonly endpoints: readonly Endpoint[]
  /** What it asks; the gateway's operator sets the most. */
  readonly prices: TokenPrices
}
