import { textOfMember, withMembers } from '../base/json-members.ts'
import type { Offer } from '../domain/contributor.ts'
import type { InferenceRequest } from '../domain/request.ts'

/**
 * The bytes for the contributor: the client's own wherever possible, but for what it says to the gateway alone. The model's
 * name is mapped. A contributor that signs its Work reports tokens there, so nothing is added for it; any other is asked for
 * usage on every stream (we always meter), and a missing bound of a text is filled in (the hold covers no more).
 */
export function prepareBody(
  request: InferenceRequest,
  offer: Offer,
  terms: { readonly signs: boolean; readonly completionTokensMax: number },
): Buffer {
  // Bytes of a tensor, which say nothing of a model.
  if (request.endpoint === 'inference') return request.forwardedBody
  const mapped = offer.upstreamModelName !== offer.modelName
  const isText = request.expected === undefined
  const asksUsage = !terms.signs && request.stream && !request.includeUsage
  const bounds = !terms.signs && isText && request.completionTokensMax === undefined
  if (!mapped && !asksUsage && !bounds) return request.forwardedBody
  if (request.modelNameAt !== undefined) return withModelName(request, offer, request.modelNameAt)
  const members = new Map<string, string>()
  if (mapped) members.set('model', JSON.stringify(offer.upstreamModelName))
  if (bounds) members.set('max_tokens', String(terms.completionTokensMax))
  if (asksUsage) members.set('stream_options', optionsWithUsage(request.forwardedBody))
  return withMembers(request.forwardedBody, members)
}

/** A form, byte for byte but for the name. */
function withModelName(
  { forwardedBody }: InferenceRequest,
  { upstreamModelName }: Offer,
  { start, end }: NonNullable<InferenceRequest['modelNameAt']>,
): Buffer {
  const name = Buffer.from(upstreamModelName)
  return Buffer.concat([forwardedBody.subarray(0, start), name, forwardedBody.subarray(end)])
}

/** A stream's `stream_options` with usage asked for; whatever else they say stays. */
export function optionsWithUsage(body: Buffer): string {
  const options = textOfMember(body, 'stream_options') ?? 'null'
  const given = Buffer.from(options === 'null' ? '{}' : options)
  return withMembers(given, new Map([['include_usage', 'true']])).toString()
}
