import { err, ok, type Result } from '../base/result.ts'
import type { GatewayConfig } from '../config.ts'
import { readLentTerms, readUpstreamEntry } from '../config-entries.ts'
import { closedLending } from '../config-lending.ts'
import type { ModelConfig, ServedModelConfig, UpstreamConfig } from '../config-upstreams.ts'
import type { Contributor } from '../domain/contributor.ts'
import type { ContributorRecord } from '../domain/contributor-record.ts'
import { usualEndpoints } from '../domain/endpoint.ts'
import { tokenPricesOf } from '../domain/price-sheet.ts'
import { lentModelsOf, objectionToLentUrl } from '../joining/judge-lent-terms.ts'
import { isGuardedHost } from '../upstream/guarded-lookup.ts'
import { contributorOf } from './contributors-of.ts'
import { joinedContributorOf, type KnownOfRecord } from './joined-contributor.ts'

/**
 * What a kept record means to the router under this configuration. It is judged anew with each configuration: a model that
 * the operator took off the list, or made cheaper, is served from no lent key any more. The error is one line.
 */
export function keptContributorOf(
  config: GatewayConfig,
  record: ContributorRecord,
  known: KnownOfRecord,
): Result<Contributor, string> {
  const { lender, joined, contributorId } = record
  if (joined !== undefined) return joinedContributorOf(config, { ...record, joined }, known)
  const { apiKey } = known
  const upstream =
    lender === undefined ? addedUpstream(config, record) : lentUpstream(config, record)
  if (!upstream.ok) return upstream
  const contributor = contributorOf(config, { ...upstream.value, id: contributorId, apiKey })
  const isGuarded = lender !== undefined && config.lending?.urls.allowPrivateNetworks !== true
  return ok({ ...contributor, isGuarded })
}

/** A model that the configuration has under the same name is the same model, whatever its weights are known by. */
function addedUpstream(
  config: GatewayConfig,
  { definition }: ContributorRecord,
): Result<UpstreamConfig, string> {
  const read = readUpstreamEntry(definition, config.chain.assetDecimals)
  if (!read.ok) return read
  const listed = [...config.upstreams.flatMap(({ models }) => models), ...listedModels(config)]
  const models = read.value.models.map((model) => ({
    ...model,
    modelId: listed.find(({ id }) => id === model.id)?.modelId ?? model.modelId,
  }))
  return ok({ ...read.value, models })
}

function lentUpstream(
  config: GatewayConfig,
  { definition, keyId }: ContributorRecord,
): Result<UpstreamConfig, string> {
  const terms = readLentTerms(definition, config.chain.assetDecimals)
  if (!terms.ok) return terms
  const { baseUrl, limits, region } = terms.value
  const { urls } = config.lending ?? closedLending
  const objection = objectionToLentUrl(baseUrl, { ...urls, isPublicHost: isGuardedHost })
  if (objection !== undefined) return err(objection)
  const models = lentModelsOf(terms.value, listedModels(config))
  if (!models.ok) return models
  const entry = { id: keyId, baseUrl, limits, region, models: models.value.map(askedForText) }
  return ok({ ...entry, apiKey: undefined, identity: undefined })
}

/** A lent key is asked for chat completions alone: what every service has, and what was tried. */
function askedForText(model: ModelConfig): ServedModelConfig {
  const prices = tokenPricesOf(model)
  return { ...model, servings: [{ endpoints: usualEndpoints, unit: 'token', ...prices }] }
}

const listedModels = (config: GatewayConfig) => (config.lending ?? closedLending).models
