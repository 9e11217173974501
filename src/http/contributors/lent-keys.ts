import { contributorTermsBytesMax, lentApiKeyLengthMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { type Parsed, parse } from '../billing/billing-body.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import { lentKeyObject, pricesObject } from './contributor-objects.ts'

type Lending = NonNullable<GatewayDoor['lending']>
type LendOrder = Parameters<Lending['register']>[0]

/** Terms are text in JSON, where each of their quotes takes two bytes. */
export const orderBytesMax: number = 3 * contributorTermsBytesMax

const closed: Refusal = { reason: 'lending_closed' }

/** `{terms, lender, payout, nonce, validUntil, apiKey, signature}` */
const parseLendOrder = (body: Buffer): Parsed<LendOrder> =>
  parse(body, (fields) => ({
    terms: fields.string('terms', contributorTermsBytesMax),
    lender: fields.address('lender'),
    payout: fields.address('payout'),
    nonce: fields.integer('nonce'),
    validUntil: fields.seconds('validUntil'),
    apiKey: fields.string('apiKey', lentApiKeyLengthMax),
    signature: fields.signature('signature'),
  }))

/** `GET /v1/contributors/terms`: for everybody who thinks of lending a key. */
export function retrieveLendingTerms({ door, outgoing }: RouteCall): void {
  if (door.lending === undefined) sendError(outgoing, closed)
  else sendJson(outgoing, lendingTermsObject(door.lending))
}

function lendingTermsObject(lending: Lending): Readonly<Record<string, unknown>> {
  const policy = lending.policy()
  const { gateway, chainId, registry } = lending.place
  return {
    object: 'vouch.lending_terms',
    open: policy.isOpen,
    approval: policy.needsApproval,
    fee_bps: policy.feeBps,
    gateway,
    domain: { name: 'Vouch', version: '1', chainId, verifyingContract: registry },
    hosts: policy.urls.hosts ?? null,
    models: policy.models.map((model) => ({
      id: model.id,
      price_max: pricesObject(model),
    })),
  }
}

/** `POST /v1/contributors/keys`: lends a key, or another one in the place of it. Answered when it was tried. */
export async function lendKey({ door, entrance, incoming, outgoing }: RouteCall): Promise<void> {
  const { lending } = door
  const body = await readBody(incoming, orderBytesMax)
  if (lending?.policy().isOpen !== true) return sendError(outgoing, closed)
  const order: Result<LendOrder, Refusal> = body.ok ? parseLendOrder(body.value) : body
  if (!order.ok) return sendError(outgoing, order.error)
  const mustWait = entrance.mayRegister(incoming)
  if (mustWait !== undefined) return sendError(outgoing, mustWait)
  const entry = await lending.register(order.value)
  if (entry.ok) sendJson(outgoing, lentKeyObject(entry.value))
  else sendError(outgoing, entry.error)
}

/** `GET /v1/contributors/keys`: what the asking wallet has lent. */
export async function listLentKeys(call: RouteCall): Promise<void> {
  const entries = await lentBy(call)
  if (!entries.ok) return sendError(call.outgoing, entries.error)
  sendJson(call.outgoing, { object: 'list', data: entries.value.map(lentKeyObject) })
}

/** `GET /v1/contributors/keys/{id}` */
export async function retrieveLentKey(call: RouteCall): Promise<void> {
  const entries = await lentBy(call)
  if (!entries.ok) return sendError(call.outgoing, entries.error)
  const entry = entries.value.find(({ record }) => record.contributorId === call.id)
  if (entry === undefined) sendError(call.outgoing, { reason: 'lent_key_not_found' })
  else sendJson(call.outgoing, lentKeyObject(entry))
}

/** `DELETE /v1/contributors/keys/{id}`, with `Authorization: Vouch …` of a WithdrawKey: the gateway forgets the key. */
export async function withdrawLentKey(call: RouteCall): Promise<void> {
  const { lending } = call.door
  const entry = await call.entrance.enter(call.incoming, async (authorization) =>
    lending === undefined ? err(closed) : lending.withdraw(call.id, authorization),
  )
  if (!entry.ok) return sendError(call.outgoing, entry.error)
  sendJson(call.outgoing, { ...lentKeyObject(entry.value), state: 'withdrawn', cause: null })
}

const lentBy = ({ door, entrance, incoming }: RouteCall) =>
  entrance.enter(incoming, async (authorization) =>
    door.lending === undefined ? ok([]) : door.lending.keys(authorization),
  )
