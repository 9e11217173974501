import { randomBytes } from 'node:crypto'
import { err, ok, type Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { sendError, sendJson } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'
import { queryOf, readSigningAlgo } from './signature.ts'

/** `GET /v1/attestation/report`, for everybody: verifiers of others ask without a key (docs/convention.md). */
export async function retrieveReport({ door, incoming, outgoing }: RouteCall): Promise<void> {
  const query = queryOf(incoming)
  const algo = readSigningAlgo(query)
  if (!algo.ok) return sendError(outgoing, algo.error)
  const nonce = readNonce(query)
  if (!nonce.ok) return sendError(outgoing, nonce.error)
  const modelId = query.get('model') ?? undefined
  if (modelId !== undefined && !door.models().some(({ modelName }) => modelName === modelId)) {
    return sendError(outgoing, { reason: 'model_not_found', modelId })
  }
  const report = await door.evidence.report({
    algo: algo.value,
    nonce: nonce.value ?? randomBytes(32).toString('hex'),
    signingAddress: query.get('signing_address') ?? undefined,
    modelName: modelId,
    includeTlsFingerprint: query.get('include_tls_fingerprint') === 'true',
  })
  if (report.ok) sendJson(outgoing, report.value)
  else sendError(outgoing, report.error)
}

/** 64 hex digits; undefined where none was sent. */
export function readNonce(query: URLSearchParams): Result<string | undefined, Refusal> {
  const nonce = query.get('nonce') ?? undefined
  return nonce === undefined || /^[0-9a-f]{64}$/.test(nonce)
    ? ok(nonce)
    : err({ reason: 'invalid_value', param: 'nonce', expected: '64 lower-case hex digits' })
}
