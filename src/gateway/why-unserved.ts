import { usualEndpoints } from '../domain/endpoint.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'

/** Why a request has no candidate: its model is not there, or not at this endpoint. */
export function whyUnserved(
  pool: Pick<ContributorPool, 'contributors'>,
  { modelName: modelId, endpoint }: Pick<UnpaidRequest, 'modelName' | 'endpoint'>,
): RequestRefusal {
  const offers = pool.contributors
    .flatMap((contributor) => contributor.offers)
    .filter(({ modelName }) => modelName === modelId)
  if (offers.length === 0) return { reason: 'model_not_found', modelId }
  const offered = offers.flatMap((offer) => offer.endpoints ?? usualEndpoints)
  return { reason: 'endpoint_not_offered', modelId, endpoint, offered: [...new Set(offered)] }
}
