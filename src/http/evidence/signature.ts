/*
 * `GET /v1/signature/{id}` of the convention that NEAR AI, RedPill, Phala and 0G share (docs/convention.md).
 */
import type { IncomingMessage } from 'node:http'
import { err, ok, type Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { parseSigningAlgo, type SigningAlgo } from '../../domain/signing-algo.ts'
import { bytes32, isBytes32 } from '../../domain/units.ts'
import { sendError, sendJson } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'

/** For a key of the channel that paid, or its owner. */
export async function retrieveSignature(call: RouteCall): Promise<void> {
  const { door, entrance, incoming, outgoing, id } = call
  const channelId = await entrance.enter(incoming, door.billing.reader)
  if (!channelId.ok) return sendError(outgoing, channelId.error)
  const algo = readSigningAlgo(queryOf(incoming))
  if (!algo.ok) return sendError(outgoing, algo.error)
  const signature = await door.evidence.signature(channelId.value, { id, algo: algo.value })
  if (signature.ok) sendJson(outgoing, signature.value)
  else sendError(outgoing, signature.error)
}

/**
 * The same where 0G's client asks, which sends no credential: it knows the answer by the header `ZG-Res-Key` alone, so that
 * header is a receipt's id, whose 20 random bytes nobody guesses.
 */
export async function retrieveProxySignature(call: RouteCall): Promise<void> {
  const { door, incoming, outgoing, id } = call
  if (!isBytes32(id)) return retrieveSignature(call)
  const algo = readSigningAlgo(queryOf(incoming))
  if (!algo.ok) return sendError(outgoing, algo.error)
  const signature = await door.evidence.signatureOfReceipt(bytes32(id), algo.value)
  if (signature.ok) sendJson(outgoing, signature.value)
  else sendError(outgoing, signature.error)
}

export const queryOf = (incoming: IncomingMessage): URLSearchParams =>
  new URL(incoming.url ?? '', 'http://gateway').searchParams

/** `signing_algo`; without one ecdsa, as everywhere. */
export function readSigningAlgo(query: URLSearchParams): Result<SigningAlgo, Refusal> {
  const algo = parseSigningAlgo(query.get('signing_algo') ?? 'ecdsa')
  return algo === undefined
    ? err({ reason: 'invalid_value', param: 'signing_algo', expected: 'ecdsa or ed25519' })
    : ok(algo)
}
