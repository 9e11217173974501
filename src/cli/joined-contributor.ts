/*
 * What a record of a contributor that joined means under the configuration as it is, and as the registry has it now.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { MemberStanding } from '../chain/member-standing.ts'
import type { GatewayConfig } from '../config.ts'
import { closedJoining } from '../config-joining.ts'
import type { Serving } from '../config-prices.ts'
import type { ServedModelConfig } from '../config-upstreams.ts'
import type { Contributor } from '../domain/contributor.ts'
import type { ContributorRecord, Membership } from '../domain/contributor-record.ts'
import type { JoiningTerms } from '../domain/joining-terms.ts'
import { tokenPricesOf } from '../domain/price-sheet.ts'
import { atomic } from '../domain/units.ts'
import { type JoiningPolicy, signingNow } from '../joining/joining-step.ts'
import { judgeJoiningTerms, type TakenModel } from '../joining/judge-joining-terms.ts'
import { isGuardedHost } from '../upstream/guarded-lookup.ts'
import { contributorOf } from './contributors-of.ts'

/** What the registry says of an operator; undefined while it is not known. */
export type StandingOf = (operator: Membership['operator']) => MemberStanding | undefined

export function joiningPolicyOf(config: GatewayConfig): JoiningPolicy {
  const joining = config.joining ?? closedJoining
  const named = [
    ...(config.lending?.models ?? []),
    ...config.upstreams.flatMap(({ models }) => models),
  ]
  return {
    ...joining,
    urls: { ...joining.urls, isPublicHost: isGuardedHost },
    names: new Map(named.map(({ id, modelId }) => [id, modelId])),
    operators: new Set(config.upstreams.flatMap(({ identity }) => identity?.operator ?? [])),
  }
}

/** What a record is judged by beside the configuration. */
export type KnownOfRecord = {
  /** Decrypted; undefined where it needs none. */
  readonly apiKey: string | undefined
  /** What a contributor's own terms say. */
  readonly readTerms: (text: string) => Result<JoiningTerms, string>
  readonly standingOf: StandingOf
  readonly nowMs: number
}

/** The error is one line for the contributor and its gateway's operator. */
export function joinedContributorOf(
  config: GatewayConfig,
  record: ContributorRecord & { readonly joined: Membership },
  known: KnownOfRecord,
): Result<Contributor, string> {
  const { joined, contributorId, baseUrl } = record
  const policy = joiningPolicyOf(config)
  if (!policy.isOpen) return err('contributors do not join here by themselves any more')
  if (policy.operators.has(joined.operator)) return err('the operator lists it itself now')
  const terms = known.readTerms(record.definition)
  if (!terms.ok) return terms
  // Whether names are free was decided when it joined, on all who had joined until then.
  const models = judgeJoiningTerms(terms.value, { ...policy, namesOfOthers: new Map() })
  if (!models.ok) return models
  const standing = known.standingOf(joined.operator)
  const keys = signingNow(joined.signingAddresses, standing, known.nowMs)
  const objection = objectionToStanding(standing, keys.length)
  if (objection !== undefined) return err(objection)
  const contributor = contributorOf(config, {
    id: contributorId,
    baseUrl,
    apiKey: known.apiKey,
    identity: { operator: joined.operator, signingAddresses: keys },
    limits: terms.value.limits,
    region: terms.value.region,
    models: models.value.map(servedModelOf),
  })
  const isGuarded = terms.value.url !== undefined && !policy.urls.allowPrivateNetworks
  return ok({ ...contributor, isGuarded })
}

function objectionToStanding(
  standing: MemberStanding | undefined,
  activeKeys: number,
): string | undefined {
  if (standing === undefined) return 'the ContributorRegistry could not be asked about it lately'
  if (!standing.isServing) {
    return 'by the ContributorRegistry it is not registered, is paused, or has too little at stake'
  }
  if (activeKeys === 0) return 'none of the keys that it joined with may sign for it now'
  if (standing.payout !== undefined) return undefined
  return 'it has registered no payout in the ContributorRegistry: it could not be paid'
}

/** What is answered in tokens may move in price with what the contributor reports; an embedding is its prompt alone. */
function servedModelOf({ prices, priceMax, endpoints, ...model }: TakenModel): ServedModelConfig {
  const texts = endpoints.filter((endpoint) => endpoint !== 'embeddings')
  const ofTexts: Serving = { ...prices, endpoints: texts, unit: 'token', priceMax }
  const ofVectors: Serving = {
    ...tokenPricesOf(prices),
    completionAtomicPerMtok: atomic(0n),
    endpoints: ['embeddings'],
    unit: 'vector',
  }
  const servings = [
    ...(texts.length > 0 ? [ofTexts] : []),
    ...(endpoints.includes('embeddings') ? [ofVectors] : []),
  ]
  return { ...model, tokenizer: undefined, servings }
}
