import type { HttpBindings } from '@hono/node-server'
import type { Result } from '../base/result.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest, Payer } from '../domain/request.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { echoRequestId } from './echo-request-id.ts'
import type { Entrance } from './entrance.ts'
import { tellingReceipt } from './inline-receipt.ts'
import { isAboutMoney, isPaidByItself, paidInference, quotedHeaders } from './paid-inference.ts'
import { type RateHeaders, rateHeadersFor, tellingRates } from './rate-headers.ts'
import { rawAnswerClient, sendError, watchClient } from './raw-response.ts'
import { readAsked } from './read-asked.ts'
import { newRequestIds } from './request-ids.ts'
import type { Surface } from './surface.ts'

/** A request for inference at `surface`: read, hand to the conductor, tell a refusal. The conductor writes the answer itself. */
export async function serveInference(
  surface: Surface,
  { door, stallMs, entrance }: InferenceTerms,
  { incoming, outgoing }: HttpBindings,
): Promise<void> {
  const { paid } = door
  echoRequestId({ incoming, outgoing })
  if (paid !== undefined && isPaidByItself(incoming)) {
    return paidInference(surface, { door, paid, stallMs }, { incoming, outgoing })
  }
  const receivedAtMs = door.nowMs()
  const ids = newRequestIds(receivedAtMs)
  const { requestId } = ids
  const { errorBody } = surface
  let rates: RateHeaders | undefined
  try {
    // Who asks comes before what is asked: a stranger's body is not read.
    const entered: Result<Payer, Refusal> = await entrance.enter(incoming, door.authenticate)
    if (!entered.ok) return sendError(outgoing, entered.error, requestId, { errorBody })
    const payer = entered.value
    rates = rateHeadersFor(door, payer)
    const mustWait = entrance.mustWait(payer)
    if (mustWait !== undefined) {
      return sendError(outgoing, mustWait, requestId, { headers: rates?.(), errorBody })
    }
    const asked = await readAsked(surface, incoming, { ...ids, receivedAtMs })
    if (!asked.ok) {
      return sendError(outgoing, asked.error, requestId, { headers: rates?.(), errorBody })
    }
    const { startDialect } = asked.value
    const request: InferenceRequest = { ...asked.value.request, payer }
    const watched = { cancellation: watchClient(outgoing), requestId, stallMs, startDialect }
    const client = tellingRates(tellingReceipt(rawAnswerClient(outgoing, watched), incoming), rates)
    const served = await door.complete(request, client)
    if (served.ok) return
    entrance.refused(payer, served.error)
    const quoted =
      paid !== undefined && isAboutMoney(served.error)
        ? quotedHeaders(paid, incoming, { request, refusal: served.error, path: surface.path })
        : undefined
    const headers = { ...rates?.(), ...quoted }
    sendError(outgoing, served.error, requestId, { headers, errorBody })
  } catch (error) {
    door.failed(requestId, error)
    sendError(outgoing, { reason: 'internal_error' }, requestId, { headers: rates?.(), errorBody })
  }
}

export type InferenceTerms = {
  readonly door: GatewayDoor
  readonly stallMs: number
  readonly entrance: Entrance
}
