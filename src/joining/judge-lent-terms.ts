/*
 * Whether what somebody lends is what the operator takes. Pure: names are resolved when they are dialled
 * (upstream/guarded-lookup.ts).
 */
import { lentModelsMax, lentUrlLengthMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { LentTerms } from '../domain/lent-terms.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'

/** Where a URL that a stranger names may lead. */
export type LentUrlRules = {
  readonly allowHttp: boolean
  readonly allowPrivateNetworks: boolean
  /** Undefined allows every host. */
  readonly hosts: readonly string[] | undefined
  /** Whether a host may be dialled at all: an address that is written out is judged here. */
  readonly isPublicHost: (hostname: string) => boolean
}

/** A model of the operator's list; its price is the most that a lender may ask. */
export type ListedModel = TokenPrices & { readonly id: string; readonly upstreamId: string }

/** Undefined where the URL may be used; else one line that says why not. */
export function objectionToLentUrl(baseUrl: string, rules: LentUrlRules): string | undefined {
  if (baseUrl.length > lentUrlLengthMax) return `url: at most ${lentUrlLengthMax} characters`
  const { protocol, hostname } = new URL(baseUrl)
  if (protocol !== 'https:' && !rules.allowHttp) return 'url: https:// only'
  if (rules.hosts?.includes(hostname) === false) {
    return `url: only these hosts: ${rules.hosts.join(', ')}`
  }
  if (!rules.allowPrivateNetworks && !rules.isPublicHost(hostname)) {
    return 'url: a host on the public Internet'
  }
  return undefined
}

const priceNames = {
  promptAtomicPerMtok: 'promptPerMtok',
  cachedPromptAtomicPerMtok: 'cachedPromptPerMtok',
  completionAtomicPerMtok: 'completionPerMtok',
} as const satisfies Record<keyof TokenPrices, string>
const priceKeys = Object.keys(priceNames) as readonly (keyof TokenPrices)[]

/** Undefined where no price is above the most that may be asked; else one line that names the first that is. */
export function objectionToPrices(
  { id, prices }: { readonly id: string; readonly prices: TokenPrices },
  priceMax: TokenPrices,
): string | undefined {
  const dearer = priceKeys.find((key) => prices[key] > priceMax[key])
  return (
    dearer && `models: ${priceNames[dearer]} of '${id}' is above ${priceMax[dearer]} atomic units`
  )
}

/** The listed models as they are lent: under the lender's names and at its prices. The error is one line. */
export function lentModelsOf<Listed extends ListedModel>(
  { models }: Pick<LentTerms, 'models'>,
  listed: readonly Listed[],
): Result<readonly Listed[], string> {
  if (models.length > lentModelsMax) return err(`models: at most ${lentModelsMax}`)
  const lent: Listed[] = []
  for (const { id, upstreamId, prices } of models) {
    const model = listed.find((one) => one.id === id)
    if (model === undefined) {
      return err(`models: '${id}' is not lent here; GET /v1/contributors/terms lists what is`)
    }
    const dearer = prices && objectionToPrices({ id, prices }, model)
    if (dearer !== undefined) return err(dearer)
    lent.push({ ...model, ...prices, upstreamId })
  }
  return ok(lent)
}
