import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { requestBodyBytesMax } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { InferenceRequest, Payer } from '../domain/request.ts'
import { bytes32 } from '../domain/units.ts'
import type { GatewayDoor } from '../gateway/gateway-door.ts'
import type { Entrance } from './entrance.ts'
import { parseChatBody } from './openai-schema.ts'
import { isAboutMoney, isPaidByItself, paidCompletions, quotedHeaders } from './paid-completions.ts'
import { rawAnswerClient, sendError, watchClient } from './raw-response.ts'
import { readBody } from './read-body.ts'
import { newRequestIds, type RequestIds } from './request-ids.ts'

/** `POST /v1/chat/completions`: parse, hand to the conductor, tell a refusal. The conductor writes the answer itself. */
export async function chatCompletions(
  door: GatewayDoor,
  { incoming, outgoing }: HttpBindings,
  terms: { readonly stallMs: number; readonly entrance: Entrance },
): Promise<void> {
  const { stallMs, entrance } = terms
  const { paid } = door
  if (paid !== undefined && isPaidByItself(incoming)) {
    return paidCompletions(door, { incoming, outgoing }, { paid, stallMs })
  }
  const ids = newRequestIds(door.nowMs())
  const { requestId } = ids
  try {
    const request = await readRequest(door, { incoming, entrance }, ids)
    if (!request.ok) {
      sendError(outgoing, request.error, requestId)
      return
    }
    const watched = { cancellation: watchClient(outgoing), requestId, stallMs }
    const client = rawAnswerClient(outgoing, watched)
    const served = await door.complete(request.value, client)
    if (served.ok) return
    entrance.refused(request.value.payer, served.error)
    const headers =
      paid !== undefined && isAboutMoney(served.error)
        ? quotedHeaders(paid, incoming, { request: request.value, refusal: served.error })
        : {}
    sendError(outgoing, served.error, requestId, { headers })
  } catch (error) {
    door.failed(requestId, error)
    sendError(outgoing, { reason: 'internal_error' }, requestId)
  }
}

async function readRequest(
  door: GatewayDoor,
  { incoming, entrance }: { readonly incoming: IncomingMessage; readonly entrance: Entrance },
  ids: RequestIds,
): Promise<Result<InferenceRequest, Refusal>> {
  const receivedAtMs = door.nowMs()
  // Who asks comes before what is asked: a stranger's body is not read.
  const payer: Result<Payer, Refusal> = await entrance.enter(incoming, door.authenticate)
  if (!payer.ok) return payer
  const mustWait = entrance.mustWait(payer.value)
  if (mustWait !== undefined) return err(mustWait)
  const body = await readBody(incoming, requestBodyBytesMax)
  if (!body.ok) return body
  const chat = parseChatBody(body.value, incoming.headers)
  if (!chat.ok) return err(chat.error)
  return ok({
    ...chat.value,
    ...ids,
    body: body.value,
    requestHash: bytes32(`0x${sha256Hex(body.value)}`),
    receivedAtMs,
    payer: payer.value,
  })
}
