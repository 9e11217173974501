import { hexOf } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import { type Soon, whenThere } from '../base/soon.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { Bytes32 } from '../domain/units.ts'
import type { RequestIds } from '../gateway/request-ids.ts'
import type { Incoming } from './exchange.ts'
import { readBody } from './read-body.ts'
import type { Asked, Surface } from './surface.ts'

/** The body of a request, read as its surface reads it, and what names it. */
export function readAsked(
  surface: Surface,
  incoming: Incoming,
  named: NamedRequest,
): Soon<ReadRequest> {
  return whenThere(readBody(incoming, surface.bodyBytesMax), (body) => {
    if (!body.ok) return body
    const { path } = surface
    return whenThere(surface.read(body.value, incoming.headers), (asked) => {
      if (!asked.ok) return asked
      const { request, startDialect } = asked.value
      return ok({ request: requestOf(request, { ...named, path, body: body.value }), startDialect })
    })
  })
}

type ReadRequest = Result<Asked & { readonly request: UnpaidRequest }, RequestRefusal>

export type NamedRequest = RequestIds & { readonly receivedAtMs: number }

/** What was asked at `path` in exactly these bytes. */
export const requestOf = (
  asked: Asked['request'],
  at: NamedRequest & { readonly path: string; readonly body: Buffer },
): UnpaidRequest => {
  const { requestId, jobId, receiptId, receivedAtMs, path, body } = at
  return {
    ...asked,
    path: path === `/v1/${asked.endpoint}` ? undefined : path,
    requestId,
    jobId,
    receiptId,
    receivedAtMs,
    body,
    // A hash is what a Bytes32 is: looking at each digit again would cost as much as making it.
    requestHash: hexOf(sha256Hex(body)) as Bytes32,
  }
}
