/*
 * What a request may demand of whoever serves it (`aci/1`, section 5.3): `provider.aci_verified` and `provider.aci_session_ids`,
 * and the header `X-Upstream-Verification: required` that they took the place of. No upstream is verified here, so whoever
 * demands it is refused before anything is sent on.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { textOfMember, withMembers, withoutMembers } from '../../base/json-members.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { RequestRefusal } from '../../domain/refusal.ts'

const ours: ReadonlySet<string> = new Set(['aci_verified', 'aci_session_ids'])
const sessionIdPattern = /^[0-9a-f]{64}$/

type Members = Readonly<Record<string, unknown>>

/** The body to send on: `provider` without what is for the gateway alone. */
export function obeyAciConstraints(
  fields: Members,
  body: Buffer,
  headers: IncomingHttpHeaders,
): Result<Buffer, RequestRefusal> {
  const provider = aciMembersOf(fields['provider'])
  const refusal = refuse(provider, headers['x-upstream-verification'])
  if (refusal !== undefined) return err(refusal)
  return ok(Object.keys(provider).length === 0 ? body : withoutConstraints(body))
}

/** Whatever else `provider` says is for whoever answers. */
function aciMembersOf(provider: unknown): Members {
  if (typeof provider !== 'object' || provider === null) return {}
  return Object.fromEntries(Object.entries(provider).filter(([name]) => name.startsWith('aci_')))
}

function refuse(
  { aci_verified: verified, aci_session_ids: sessionIds, ...unknown }: Members,
  header: string | string[] | undefined,
): RequestRefusal | undefined {
  const invalid = (name: string, expected: string): RequestRefusal => ({
    reason: 'invalid_value',
    param: `provider.${name}`,
    expected,
  })
  const [misspelt] = Object.keys(unknown)
  // A wish that is not understood must not be passed over.
  if (misspelt !== undefined) return invalid(misspelt.slice(0, 64), 'no such member')
  if (verified !== undefined && typeof verified !== 'boolean') {
    return invalid('aci_verified', 'true or false')
  }
  if (sessionIds !== undefined) {
    if (!areSessionIds(sessionIds)) return invalid('aci_session_ids', 'ids of 64 hex digits')
    if (verified === false) return invalid('aci_verified', 'not false beside aci_session_ids')
    return { reason: 'session_not_accepted' }
  }
  const isRequired = verified === true || header === 'required'
  return isRequired ? { reason: 'verification_unavailable' } : undefined
}

const areSessionIds = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((id) => typeof id === 'string' && sessionIdPattern.test(id))

function withoutConstraints(body: Buffer): Buffer {
  const provider = Buffer.from(textOfMember(body, 'provider') ?? '{}')
  const rest = withoutMembers(provider, ours).toString()
  return rest === '{}'
    ? withoutMembers(body, new Set(['provider']))
    : withMembers(body, new Map([['provider', rest]]))
}
