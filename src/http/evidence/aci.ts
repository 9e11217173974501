/*
 * Attested Confidential Inference, `aci/1`: attestation, receipts and sessions (docs/aci.md). Errors carry the types of its
 * section 10.
 */
import type { ServerResponse } from 'node:http'
import type { Refusal } from '../../domain/refusal.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { errorAnswer } from '../openai-error.ts'
import { sendError } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'
import { readNonce } from './attestation-report.ts'
import { queryOf } from './signature.ts'

/** `GET /v1/aci/attestation`, for everybody. */
export async function retrieveAciAttestation(call: RouteCall): Promise<void> {
  const nonce = readNonce(queryOf(call.incoming))
  if (!nonce.ok) return refuse(call, nonce.error)
  const attestation = await call.door.evidence.aciAttestation(nonce.value)
  if (attestation.ok) send(call, attestation.value)
  else refuse(call, attestation.error)
}

/** `GET /v1/aci/receipts/{id}`, for a key of the channel that paid, or its owner. */
export async function retrieveAciReceipt(call: RouteCall): Promise<void> {
  const { door, entrance, incoming, id } = call
  const channelId = await entrance.enter(incoming, door.billing.reader)
  if (!channelId.ok) return refuse(call, channelId.error)
  const receipt = await door.evidence.aciReceipt(channelId.value, id)
  if (receipt.ok) send(call, receipt.value)
  else refuse(call, receipt.error)
}

/** `GET /v1/aci/sessions/{id}`, for everybody: nothing of a request is in one. */
export async function retrieveAciSession(call: RouteCall): Promise<void> {
  const session = await call.door.evidence.aciSession(call.id)
  if (session.ok) send(call, session.value)
  else refuse(call, session.error)
}

/** `GET /v1/aci/sessions` */
export async function listAciSessions(call: RouteCall): Promise<void> {
  const upstreamName = queryOf(call.incoming).get('upstream_name') ?? undefined
  send(call, await call.door.evidence.aciSessions(upstreamName))
}

type Told = { readonly door: GatewayDoor; readonly outgoing: ServerResponse }

function send({ door, outgoing }: Told, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  outgoing.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...door.evidence.aciHeaders(),
  })
  outgoing.end(body)
}

function refuse({ door, outgoing }: Told, refusal: Refusal): void {
  sendError(outgoing, refusal, undefined, {
    headers: door.evidence.aciHeaders(),
    errorBody: aciErrorBody,
  })
}

const types: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'not_found',
  404: 'not_found',
  409: 'not_found',
  410: 'not_found',
}

function aciErrorBody(refusal: Refusal): string {
  const { status, error } = errorAnswer(refusal)
  return JSON.stringify({ error: { ...error, type: types[status] ?? error.type } })
}
