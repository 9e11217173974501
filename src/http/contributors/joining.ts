import { contributorTermsBytesMax, lentApiKeyLengthMax } from '../../base/limits.ts'
import { err, type Result } from '../../base/result.ts'
import type { TokenPrices } from '../../domain/price-sheet.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { JoiningDoor, JoiningOffer, MemberView } from '../../gateway/joining-door.ts'
import { type Parsed, parse } from '../billing/billing-body.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import { memberObject, pricesObject } from './contributor-objects.ts'
import { orderBytesMax } from './lent-keys.ts'

type JoinOrder = Parameters<JoiningDoor['join']>[0]

const closed: Refusal = { reason: 'joining_closed' }

/** `{terms, contributor, nonce, validUntil, apiKey?, signature}` */
const parseJoinOrder = (body: Buffer): Parsed<JoinOrder> =>
  parse(body, (fields) => ({
    terms: fields.string('terms', contributorTermsBytesMax),
    contributor: fields.address('contributor'),
    nonce: fields.integer('nonce'),
    validUntil: fields.seconds('validUntil'),
    apiKey: fields.has('apiKey') ? fields.string('apiKey', lentApiKeyLengthMax) : undefined,
    signature: fields.signature('signature'),
  }))

/** `GET /v1/contributors/joining`: for everybody who thinks of joining. */
export async function retrieveJoiningTerms({ door, outgoing }: RouteCall): Promise<void> {
  const offer = door.joining === undefined ? err(closed) : await door.joining.offer()
  if (offer.ok) sendJson(outgoing, joiningTermsObject(offer.value))
  else sendError(outgoing, offer.error)
}

function joiningTermsObject(offer: JoiningOffer): Readonly<Record<string, unknown>> {
  const { chain, anyModel, asset } = offer
  return {
    object: 'vouch.joining_terms',
    open: offer.isOpen,
    approval: offer.needsApproval,
    fee_bps: offer.feeBps,
    min_stake: String(offer.minStake),
    gateway: offer.gateway,
    gateway_keys: offer.gatewayKeys,
    tunnel: '/v1/contributors/tunnel',
    chain: {
      chain_id: chain.chainId,
      rpc_url: chain.rpcUrl ?? null,
      contributor_registry: chain.contributorRegistry,
      receipt_verifier: chain.receiptVerifier,
      inference_coordinator: chain.inferenceCoordinator ?? null,
      settlement: chain.settlement,
      open_claim_authorizer: chain.openClaimAuthorizer,
      payout_token: asset,
      withdraw_delay_min_s: chain.withdrawDelayMinS,
    },
    asset,
    models: offer.models.map((model) => ({
      id: model.id,
      model_id: model.modelId ?? null,
      ...ceilingOf(model),
    })),
    any_model: anyModel === undefined ? null : ceilingOf(anyModel),
  }
}

const ceilingOf = (prices: TokenPrices) => ({ price_max: pricesObject(prices) })

/** `POST /v1/contributors`: joins, or on other terms again. Answered when the registry was asked. */
export async function joinPool({ door, entrance, incoming, outgoing }: RouteCall): Promise<void> {
  const { joining } = door
  const body = await readBody(incoming, orderBytesMax)
  if (joining?.isOpen() !== true) return sendError(outgoing, closed)
  const order: Result<JoinOrder, Refusal> = body.ok ? parseJoinOrder(body.value) : body
  if (!order.ok) return sendError(outgoing, order.error)
  const mustWait = entrance.mayRegister(incoming)
  if (mustWait !== undefined) return sendError(outgoing, mustWait)
  answer(outgoing, await joining.join(order.value))
}

/** `GET /v1/contributors/me`, with `Authorization: Vouch …` of a StandingQuery: how the asking contributor does. */
export async function retrieveMember({ door, entrance, ...call }: RouteCall): Promise<void> {
  const member = await entrance.enter(call.incoming, async (authorization) =>
    door.joining === undefined ? err(closed) : door.joining.member(authorization),
  )
  answer(call.outgoing, member)
}

/** `DELETE /v1/contributors/me`, with that of a LeavePool: it is asked no more. */
export async function leavePool({ door, entrance, ...call }: RouteCall): Promise<void> {
  const member = await entrance.enter(call.incoming, async (authorization) =>
    door.joining === undefined ? err(closed) : door.joining.leave(authorization),
  )
  if (!member.ok) return sendError(call.outgoing, member.error)
  sendJson(call.outgoing, { ...memberObject(member.value), state: 'left', cause: null })
}

function answer(outgoing: RouteCall['outgoing'], member: Result<MemberView, Refusal>): void {
  if (member.ok) sendJson(outgoing, memberObject(member.value))
  else sendError(outgoing, member.error)
}
