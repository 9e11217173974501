import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { err, ok, type Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest, Payer } from '../domain/request.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import type { Entrance } from './entrance.ts'
import { isAboutMoney, isPaidByItself, paidInference, quotedHeaders } from './paid-inference.ts'
import { rawAnswerClient, sendError, watchClient } from './raw-response.ts'
import { readAsked } from './read-asked.ts'
import { newRequestIds, type RequestIds } from './request-ids.ts'
import type { Asked, Surface } from './surface.ts'

/** A request for inference at `surface`: read, hand to the conductor, tell a refusal. The conductor writes the answer itself. */
export async function serveInference(
  surface: Surface,
  { door, stallMs, entrance }: InferenceTerms,
  { incoming, outgoing }: HttpBindings,
): Promise<void> {
  const { paid } = door
  if (paid !== undefined && isPaidByItself(incoming)) {
    return paidInference(surface, { door, paid, stallMs }, { incoming, outgoing })
  }
  const ids = newRequestIds(door.nowMs())
  const { requestId } = ids
  const { errorBody } = surface
  try {
    const asked = await readRequest(surface, { door, incoming, entrance }, ids)
    if (!asked.ok) {
      sendError(outgoing, asked.error, requestId, { errorBody })
      return
    }
    const { request, startDialect } = asked.value
    const watched = { cancellation: watchClient(outgoing), requestId, stallMs, startDialect }
    const client = rawAnswerClient(outgoing, watched)
    const served = await door.complete(request, client)
    if (served.ok) return
    entrance.refused(request.payer, served.error)
    const headers =
      paid !== undefined && isAboutMoney(served.error)
        ? quotedHeaders(paid, incoming, { request, refusal: served.error, path: surface.path })
        : {}
    sendError(outgoing, served.error, requestId, { headers, errorBody })
  } catch (error) {
    door.failed(requestId, error)
    sendError(outgoing, { reason: 'internal_error' }, requestId, { errorBody })
  }
}

export type InferenceTerms = {
  readonly door: GatewayDoor
  readonly stallMs: number
  readonly entrance: Entrance
}

async function readRequest(
  surface: Surface,
  from: Pick<InferenceTerms, 'door' | 'entrance'> & { readonly incoming: IncomingMessage },
  ids: RequestIds,
): Promise<Result<Asked & { readonly request: InferenceRequest }, Refusal>> {
  const { door, entrance, incoming } = from
  const receivedAtMs = door.nowMs()
  // Who asks comes before what is asked: a stranger's body is not read.
  const entered: Result<Payer, Refusal> = await entrance.enter(incoming, door.authenticate)
  if (!entered.ok) return entered
  const payer = entered.value
  const mustWait = entrance.mustWait(payer)
  if (mustWait !== undefined) return err(mustWait)
  const asked = await readAsked(surface, incoming, { ...ids, receivedAtMs })
  if (!asked.ok) return asked
  return ok({ ...asked.value, request: { ...asked.value.request, payer } })
}
