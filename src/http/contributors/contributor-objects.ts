/*
 * Contributors as the admin API, their lenders and they themselves see them. Amounts are decimal strings of atomic units, times Unix
 * milliseconds; docs/admin.md has every member. There is no member for a key: only whether there is one.
 */
import type { Contributor, Offer } from '../../domain/contributor.ts'
import type { ContributorRecord } from '../../domain/contributor-record.ts'
import { usualEndpoints } from '../../domain/endpoint.ts'
import type { TokenPrices } from '../../domain/price-sheet.ts'
import type { ContributorView } from '../../gateway/contributor-views.ts'
import type { MemberView } from '../../gateway/joining-door.ts'

type JsonObject = Readonly<Record<string, unknown>>

export const contributorObject = (view: ContributorView): JsonObject => {
  const { record, contributor, report } = view
  return {
    object: 'vouch.contributor',
    id: view.contributorId,
    origin: view.origin,
    name: record?.keyId ?? view.contributorId,
    url: record?.baseUrl ?? contributor?.baseUrl ?? null,
    has_key:
      record === undefined ? contributor?.authorization !== undefined : record.sealedKey !== '',
    ...stateOf(view),
    drained: view.mark?.isDrained ?? false,
    region: contributor?.region ?? null,
    signs: contributor?.identity !== undefined,
    in_flight: view.inFlight,
    concurrency_max: report?.concurrencyMax ?? null,
    reported: report?.heard === undefined ? null : reportedObject(report.heard),
    windows: (report?.windows ?? []).map((window) => ({
      name: window.name,
      max: window.max,
      left: window.left,
      seconds: window.windowMs / 1000,
    })),
    models: (contributor?.offers ?? []).map((offer) => modelObject(offer, view)),
    lender: record?.lender?.wallet ?? null,
    payout: record?.lender?.payout ?? null,
    operator: contributor?.identity?.operator ?? record?.joined?.operator ?? null,
    created_at_ms: record?.createdAtMs ?? null,
    changed_at_ms: record?.changedAtMs ?? null,
  }
}

type Heard = NonNullable<NonNullable<ContributorView['report']>['heard']>

/** Its own word, beside what was measured. */
function reportedObject({ said, atMs }: Heard): JsonObject {
  const { running, waiting, slots, draining, tokensPerSecond, contextTokensMax, region } = said
  return {
    at_ms: atMs,
    running,
    waiting,
    slots,
    draining,
    tokens_per_second: tokensPerSecond ?? null,
    context_tokens_max: contextTokensMax ?? null,
    region: region ?? null,
    gpus: said.gpus.map(({ name, memoryMb, memoryUsedMb, utilization }) => ({
      name,
      memory_mb: memoryMb,
      memory_used_mb: memoryUsedMb,
      utilization,
    })),
  }
}

/** The worst that is so of it, and why. */
function stateOf(view: ContributorView): { readonly state: string; readonly cause: string | null } {
  const told = (state: string, cause: string | null = null) => ({ state, cause })
  const { record, report } = view
  if (view.fault !== undefined) return told('unusable', view.fault)
  if (record?.status === 'pending') return told('pending', 'it waits for approval')
  if (view.mark?.isForger === true) return told('quarantined', quarantineCauses.forged)
  if (view.mark?.isDrained === true) return told('drained')
  if (report === undefined) {
    const isAway = record?.joined !== undefined && view.isConnected === false
    return isAway ? told('away', 'it has not dialled in to this gateway') : told('unusable', unpaid)
  }
  if (report.quarantine !== undefined)
    return told('quarantined', quarantineCauses[report.quarantine])
  if (report.heard?.said.draining) return told('draining', 'it said so: it is about to leave')
  const ill = report.lanes.find(({ state }) => state !== 'healthy')
  return ill === undefined
    ? told('healthy')
    : told(ill.state, `${ill.modelName} at ${ill.endpoint}: ${laneCauses[ill.state]}`)
}

const unpaid =
  'its payout channel could not be looked at yet, it wants to be paid where this gateway does not pay, or another has its id'
const quarantineCauses = {
  credentials: 'its key was refused; tried again within the hour',
  forged: 'it signed what did not happen; only readmit lets it back',
} as const
const laneCauses = {
  healthy: '',
  cooling: 'it asked for a rest',
  open: 'it failed too often',
  probing: 'one request finds out whether it is well again',
  failed_audit:
    'auditors found that it does not answer what the model says (GET /v1/audits/verdicts)',
} as const

function modelObject(offer: Offer, { report }: ContributorView): JsonObject {
  const { modelName, endpoints = usualEndpoints, prices, priceMax } = offer
  const lanes = (report?.lanes ?? []).filter(
    (lane) => lane.modelName === modelName && endpoints.includes(lane.endpoint),
  )
  return {
    id: offer.modelName,
    upstream_id: offer.upstreamModelName,
    model_id: offer.modelId,
    context_tokens_max: offer.contextTokensMax,
    // What is asked now, as far as it moves.
    price: pricesObject(lanes[0]?.prices ?? prices),
    price_max: priceMax === undefined ? null : pricesObject(priceMax.prices),
    endpoints: lanes.map((lane) => ({
      endpoint: lane.endpoint,
      state: lane.state,
      served: lane.served,
      failed: lane.failed,
      uptime: lane.uptime,
      first_token_ms: lane.firstTokenMs ?? null,
      per_token_ms: lane.perTokenMs ?? null,
    })),
  }
}

/** For a million tokens. */
export const pricesObject = (prices: TokenPrices): JsonObject => ({
  prompt: String(prices.promptAtomicPerMtok),
  cached_prompt: String(prices.cachedPromptAtomicPerMtok),
  completion: String(prices.completionAtomicPerMtok),
})

/** What a contributor is told of itself that joined. */
export function memberObject(view: MemberView): JsonObject {
  const { record, contributor, joined, isConnected, report } = view
  return {
    object: 'vouch.joined_contributor',
    id: view.contributorId,
    contributor: joined.operator,
    signing_addresses: contributor?.identity?.signingAddresses ?? [],
    url: isConnected === undefined ? (record?.baseUrl ?? null) : null,
    connected: isConnected ?? null,
    ...stateOf(view),
    drained: view.mark?.isDrained ?? false,
    in_flight: view.inFlight,
    concurrency_max: report?.concurrencyMax ?? null,
    terms: record?.definition ?? null,
    models: (contributor?.offers ?? []).map((offer) => modelObject(offer, view)),
    created_at_ms: record?.createdAtMs ?? null,
    changed_at_ms: record?.changedAtMs ?? null,
  }
}

export const adminModelObject = (model: {
  readonly offer: Offer
  readonly contributors: number
}): JsonObject => ({
  id: model.offer.modelName,
  model_id: model.offer.modelId,
  context_tokens_max: model.offer.contextTokensMax,
  completion_tokens_max: model.offer.completionTokensMax,
  contributors: model.contributors,
})

/** What a lender is told of its key: the operator's view of it stays with the operator. */
export function lentKeyObject(entry: {
  readonly record: ContributorRecord
  readonly contributor: Contributor | undefined
  readonly fault: string | undefined
}): JsonObject {
  const { record, contributor, fault } = entry
  return {
    object: 'vouch.lent_key',
    id: record.contributorId,
    url: record.baseUrl,
    key_id: record.keyId.slice(record.keyId.indexOf('/') + 1),
    state: fault === undefined ? record.status : 'unusable',
    cause: fault ?? null,
    lender: record.lender?.wallet ?? null,
    payout: record.lender?.payout ?? null,
    terms: record.definition,
    models: (contributor?.offers ?? []).map(({ modelName }) => modelName),
    created_at_ms: record.createdAtMs,
    changed_at_ms: record.changedAtMs,
  }
}
