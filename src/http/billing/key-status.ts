/*
 * `GET /v1/key`: what the key that asks may have, and what is left of it (docs/limits.md).
 */
import { type LimitedCaller, type LimitName, limitNames } from '../../domain/caller-limits.ts'
import type { Channel } from '../../domain/channel.ts'
import { freeAmount } from '../../domain/channel-ledger.ts'
import { microUsd } from '../../domain/exchange.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { dollarsText } from '../dollars-text.ts'
import { sendError, sendJson } from '../raw-response.ts'
import type { RouteCall } from '../route-call.ts'

type Known<T> = T extends { readonly ok: true; readonly value: infer V } ? V : never
type KeyInUse = Known<Awaited<ReturnType<GatewayDoor['billing']['key']>>>
type Allowance = Known<Awaited<ReturnType<GatewayDoor['limits']['askAllowances']>>>[number]
type JsonObject = Readonly<Record<string, unknown>>

export async function retrieveKeyStatus(call: RouteCall): Promise<void> {
  const { door, entrance, incoming, outgoing } = call
  const { billing, limits } = door
  const payer = await entrance.enter(incoming, door.authenticate)
  if (!payer.ok) return sendError(outgoing, payer.error)
  if (payer.value.kind !== 'api-key') return sendError(outgoing, { reason: 'invalid_api_key' })
  const key = await billing.key(payer.value)
  if (!key.ok) return sendError(outgoing, key.error)
  const channel = await billing.channel(payer.value.channelId)
  if (!channel.ok) return sendError(outgoing, channel.error)
  const callers = limits.limitsOf(payer.value) ?? []
  const left = await limits.askAllowances(callers)
  if (!left.ok) return sendError(outgoing, left.error)
  sendJson(outgoing, {
    ...keyStatus(key.value),
    balance: balanceOf(channel.value),
    limits: Object.fromEntries(
      (['key', 'account'] as const).map((kind) => [kind, limitsObject(kind, callers, left.value)]),
    ),
  })
}

const keyStatus = ({ key, spending }: KeyInUse): JsonObject => ({
  object: 'vouch.key',
  id: key.apiKeyId,
  label: key.label,
  account: key.channelId,
  models: key.modelScope ?? null,
  expires_at: key.expiresAtMs === undefined ? null : Math.floor(key.expiresAtMs / 1000),
  spend_cap:
    key.spendCapAmount === undefined
      ? null
      : {
          cap: String(key.spendCapAmount),
          spent: String(spending.chargedAmount),
          held: String(spending.heldAmount),
          left: String(key.spendCapAmount - spending.chargedAmount - spending.heldAmount),
        },
})

const balanceOf = (channel: Channel): JsonObject => ({
  chain_id: channel.chainId,
  asset: channel.config.token,
  signed: String(channel.signedMaxClaimable),
  charged: String(channel.chargedCumulativeAmount),
  held: String(channel.heldAmount),
  free: String(freeAmount(channel)),
})

const memberOf = {
  requestsPerMinuteMax: 'requests_per_minute',
  tokensPerMinuteMax: 'tokens_per_minute',
  concurrencyMax: 'concurrency',
  spendPerDayMax: 'spend_per_day',
} as const satisfies Record<LimitName, string>

/** Null for what is not limited. */
function limitsObject(
  kind: LimitedCaller['caller']['kind'],
  callers: readonly LimitedCaller[],
  left: readonly Allowance[],
): JsonObject {
  const limited = callers.find(({ caller }) => caller.kind === kind)
  return Object.fromEntries(
    limitNames.map((limitName) => {
      const allowance = left.find((one) => one.caller.kind === kind && one.limitName === limitName)
      // Who is under way at the moment of the answer is somebody else the moment after.
      const max = limitName === 'concurrencyMax' ? limited?.limits.concurrencyMax : undefined
      const told = max === undefined ? undefined : { limit: max }
      return [memberOf[limitName], allowance === undefined ? (told ?? null) : leftOf(allowance)]
    }),
  )
}

function leftOf({ limitName, max, remaining, resetMs }: Allowance): JsonObject {
  const told = (amount: number) =>
    limitName === 'spendPerDayMax' ? dollarsText(microUsd(BigInt(amount))) : amount
  return { limit: told(max), remaining: told(remaining), reset_ms: Math.ceil(resetMs) }
}
