import type { Offer } from '../domain/contributor.ts'
import type { InferenceRequest } from '../domain/request.ts'

/**
 * The bytes for the contributor: the client's own wherever possible, but for what it says to the gateway alone. A contributor that signs its Work reports tokens
 * there, so nothing is added for it. For any other upstream the model's name is mapped, usage is asked for on every stream
 * (we always meter), and a missing completion bound is filled in (the hold covers no more).
 */
export function prepareBody(
  request: InferenceRequest,
  offer: Offer,
  terms: { readonly signs: boolean; readonly completionTokensMax: number },
): Buffer {
  const mapped = offer.upstreamModelName !== offer.modelName
  const asksUsage = !terms.signs && request.stream && !request.includeUsage
  const bounds = !terms.signs && request.completionTokensMax === undefined
  if (!mapped && !asksUsage && !bounds) return request.forwardedBody
  const fields = JSON.parse(request.forwardedBody.toString()) as Record<string, unknown>
  if (mapped) fields['model'] = offer.upstreamModelName
  if (bounds) fields['max_tokens'] = terms.completionTokensMax
  if (asksUsage) {
    const options = fields['stream_options'] as Record<string, unknown> | null | undefined
    fields['stream_options'] = { ...options, include_usage: true }
  }
  return Buffer.from(JSON.stringify(fields))
}
