/*
 * What the operator says of single callers while the gateway runs (docs/limits.md): `/admin/v1/keys/{id}/limits` and
 * `/admin/v1/accounts/{id}/limits`. Names of limits are those of vouch.yaml.
 */
import { callerLimitsBytesMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import {
  type Caller,
  type CallerLimits,
  type LimitName,
  type LimitOverride,
  limitNames,
} from '../../domain/caller-limits.ts'
import { type MicroUsd, microUsd } from '../../domain/exchange.ts'
import type { Refusal, RequestRefusal } from '../../domain/refusal.ts'
import { isBytes32 } from '../../domain/units.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { dollarsText } from '../dollars-text.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import { parseStrictJson } from '../strict-json.ts'
import { type AdminRoute, served } from './admin.ts'

type Limits = GatewayDoor['limits']

export type LimitRoutes = {
  readonly show: AdminRoute
  /** In the place of what was said before: `null` lifts the default, what is not there leaves it. */
  readonly put: AdminRoute
  /** Back to the defaults. */
  readonly remove: AdminRoute
}

export const limitRoutes = (kind: Caller['kind']): LimitRoutes => ({
  show: about(kind, async (limits, caller) => ok(limitsObject(limits, caller))),
  put: about(kind, async (limits, caller, call) => {
    const override = await readOverride(call)
    if (!override.ok) return override
    const put = await limits.put(caller, override.value)
    return put.ok ? ok(limitsObject(limits, caller)) : put
  }),
  remove: about(kind, async (limits, caller) => {
    const removed = await limits.remove(caller)
    return removed.ok ? ok(limitsObject(limits, caller)) : removed
  }),
})

const about = (
  kind: Caller['kind'],
  serve: (limits: Limits, caller: Caller, call: RouteCall) => Promise<Result<unknown, Refusal>>,
): AdminRoute =>
  served(async (_admin, call) => {
    const caller = callerOf(kind, call.id)
    return caller.ok ? serve(call.door.limits, caller.value, call) : caller
  })

const keyPattern = /^key_[0-9a-f]{24}$/

function callerOf(kind: Caller['kind'], id: string): Result<Caller, RequestRefusal> {
  if (kind === 'key' ? keyPattern.test(id) : isBytes32(id)) {
    return ok({ kind, id: id.toLowerCase() })
  }
  const expected = kind === 'key' ? 'the name of a key, key_ and 24 digits' : 'the id of a channel'
  return err({ reason: 'invalid_value', param: 'id', expected })
}

/** As in vouch.yaml. */
const memberOf = {
  requestsPerMinuteMax: 'requestsPerMinute',
  tokensPerMinuteMax: 'tokensPerMinute',
  concurrencyMax: 'concurrency',
  spendPerDayMax: 'spendPerDay',
} as const satisfies Record<LimitName, string>

function limitsObject(limits: Limits, caller: Caller) {
  const { limits: inForce, override = {} } = limits.show(caller)
  return {
    object: 'vouch.limits',
    [caller.kind]: caller.id,
    limits: written(inForce, limitNames),
    override: written(
      override,
      limitNames.filter((name) => override[name] !== undefined),
    ),
  }
}

const written = (limits: Partial<CallerLimits> | LimitOverride, names: readonly LimitName[]) =>
  Object.fromEntries(
    names.map((name) => {
      const limit = limits[name] ?? null
      return [memberOf[name], typeof limit === 'bigint' ? dollarsText(limit) : limit]
    }),
  )

async function readOverride({ incoming }: RouteCall): Promise<Result<LimitOverride, Refusal>> {
  const body = await readBody(incoming, callerLimitsBytesMax)
  const json = body.ok ? parseStrictJson(body.value) : body
  if (!json.ok) return json
  if (typeof json.value !== 'object' || json.value === null || Array.isArray(json.value)) {
    return err({ reason: 'invalid_json', detail: 'the body is no object' })
  }
  const said: [LimitName, number | MicroUsd | null][] = []
  for (const [member, value] of Object.entries(json.value)) {
    const name = limitNames.find((one) => memberOf[one] === member)
    if (name === undefined) {
      const expected = `one of ${Object.values(memberOf).join(', ')}`
      return err({ reason: 'invalid_value', param: member, expected })
    }
    const limit = value === null ? null : limitOf(name, value)
    if (limit === undefined) {
      const expected = name === 'spendPerDayMax' ? dollarsExpected : wholeExpected
      return err({ reason: 'invalid_value', param: member, expected })
    }
    said.push([name, limit])
  }
  return ok(Object.fromEntries(said) as LimitOverride)
}

const limitMax = 1_000_000_000
const wholeExpected = `a whole number from 1 to ${limitMax}, or null for none`
const dollarsExpected = 'dollars such as "5.00", more than nothing, or null for no limit'
const dollarsPattern = /^(\d{1,9})(?:\.(\d{1,6}))?$/

function limitOf(name: LimitName, value: unknown): number | MicroUsd | undefined {
  if (name !== 'spendPerDayMax') {
    const isLimit = typeof value === 'number' && Number.isInteger(value)
    return isLimit && value >= 1 && value <= limitMax ? value : undefined
  }
  const [, whole = '', fraction = ''] =
    dollarsPattern.exec(typeof value === 'string' ? value : '') ?? []
  const amount = BigInt(`${whole}${fraction.padEnd(6, '0')}`)
  return whole !== '' && amount > 0n ? microUsd(amount) : undefined
}
