import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest, Payer } from '../domain/request.ts'
import type { AnswerHeaders } from '../gateway/answer-client.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import { newRequestIds } from '../gateway/request-ids.ts'
import { echoRequestId } from './echo-request-id.ts'
import type { Entrance } from './entrance.ts'
import { evidenceHeaders, tellingSignature } from './evidence/signature-headers.ts'
import type { Exchange } from './exchange.ts'
import { provingOf } from './inference/proof-client.ts'
import { tellingReceipt } from './inline-receipt.ts'
import { isAboutMoney, isPaidByItself, paidInference, quotedHeaders } from './paid-inference.ts'
import { type RateHeaders, rateHeadersFor, tellingRates } from './rate-headers.ts'
import { rawAnswerClient, sendError, watchClient } from './raw-response.ts'
import { readAsked } from './read-asked.ts'
import type { Surface } from './surface.ts'

/** A request for inference at `surface`: read, hand to the conductor, tell a refusal. The conductor writes the answer itself. */
export async function serveInference(
  surface: Surface,
  { door, stallMs, entrance }: InferenceTerms,
  { incoming, outgoing }: Exchange,
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
  const refuse = (refusal: Refusal, told?: AnswerHeaders): void => {
    const headers = { ...door.evidence.aciHeaders(), ...rates?.(), ...told }
    sendError(outgoing, refusal, requestId, { headers, errorBody })
  }
  try {
    // Who asks comes before what is asked: a stranger's body is not read.
    const entering = entrance.enter<Payer>(incoming, door.authenticate)
    const entered = entering instanceof Promise ? await entering : entering
    if (!entered.ok) return refuse(entered.error)
    const payer = entered.value
    rates = rateHeadersFor(door, payer)
    const mustWait = entrance.mustWait(payer)
    if (mustWait !== undefined) return refuse(mustWait)
    const asking = readAsked(surface, incoming, { ...ids, receivedAtMs })
    const asked = asking instanceof Promise ? await asking : asking
    if (!asked.ok) return refuse(asked.error)
    const { startDialect } = asked.value
    const request: InferenceRequest = { ...asked.value.request, payer }
    const named = evidenceHeaders(door.evidence, ids.receiptId)
    const watched = { cancellation: watchClient(outgoing), requestId, stallMs, startDialect, named }
    const signed = tellingSignature(rawAnswerClient(outgoing, watched), incoming, door.evidence)
    const told = tellingRates(tellingReceipt(signed, incoming), rates)
    const proving = provingOf(told, { door, outgoing, request })
    const served = await door.complete(request, proving?.client ?? told)
    if (proving !== undefined && (await proving.finish(served))) return
    if (served.ok) return
    entrance.refused(payer, served.error)
    const isPriced = paid !== undefined && isAboutMoney(served.error)
    refuse(
      served.error,
      isPriced
        ? quotedHeaders(paid, incoming, { request, refusal: served.error, path: surface.path })
        : undefined,
    )
  } catch (error) {
    door.failed(requestId, error)
    refuse({ reason: 'internal_error' })
  }
}

export type InferenceTerms = {
  readonly door: GatewayDoor
  readonly stallMs: number
  readonly entrance: Entrance
}
