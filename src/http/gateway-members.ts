/*
 * What of a request is meant for the gateway and not for the engine: `routing` and `attestation`, beside OpenAI's fields.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { withoutMembers } from '../base/json-members.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { RequestRefusal } from '../domain/refusal.ts'
import type { InferenceRequest } from '../domain/request.ts'
import {
  parseRoutePreferences,
  parseRoutingHeader,
  type RoutePreferences,
} from '../domain/route-preferences.ts'
import { obeyAciConstraints } from './evidence/aci-constraints.ts'

type Parsed<T> = Result<T, RequestRefusal>
type ForGateway = Pick<
  InferenceRequest,
  'forwardedBody' | 'preferences' | 'needsSignature' | 'proof' | 'mayBeAudited'
>
type Attestation = Pick<InferenceRequest, 'needsSignature' | 'proof' | 'mayBeAudited'>

/** Members of the body that no engine sees. */
const ours: ReadonlySet<string> = new Set(['routing', 'attestation'])
const routingHeader = 'x-vouch-routing'
const auditHeader = 'x-vouch-audit'
const attestationHeader = 'x-vouch-attestation'

/** `fields` are what `body` says. */
export function readGatewayMembers(
  fields: Readonly<Record<string, unknown>>,
  body: Buffer,
  headers: IncomingHttpHeaders,
): Parsed<ForGateway> {
  const { routing, attestation } = fields as { routing?: unknown; attestation?: unknown }
  const preferences = readPreferences(routing, headers[routingHeader])
  if (!preferences.ok) return preferences
  const wanted = attestationOf(attestation, headers[attestationHeader])
  if (!wanted.ok) return wanted
  const wishes = readAttestation(wanted.value, headers[auditHeader])
  if (!wishes.ok) return wishes
  const obeyed = obeyAciConstraints(fields, body, headers)
  if (!obeyed.ok) return obeyed
  const isAlone = routing === undefined && attestation === undefined
  return ok({
    forwardedBody: isAlone ? obeyed.value : withoutMembers(obeyed.value, ours),
    preferences: preferences.value,
    ...wishes.value,
  })
}

function readPreferences(
  routing: unknown,
  header: string | string[] | undefined,
): Parsed<RoutePreferences | undefined> {
  if (header === undefined) {
    return routing === undefined ? ok(undefined) : parseRoutePreferences(routing)
  }
  if (routing !== undefined) {
    const expected = 'no such header beside routing in the body'
    return err({ reason: 'invalid_value', param: routingHeader, expected })
  }
  return parseRoutingHeader(String(header))
}

/** What stands in the header is what could have stood in the body: `none`, `signed`, `zk`, or `zk; wait`. */
function attestationOf(
  attestation: unknown,
  header: string | string[] | undefined,
): Parsed<unknown> {
  if (header === undefined) return ok(attestation)
  const refuse = (expected: string): Parsed<never> =>
    err({ reason: 'invalid_value', param: attestationHeader, expected })
  if (attestation !== undefined) return refuse('no such header beside attestation in the body')
  const [mode, ...wishes] = String(header)
    .split(';')
    .map((part) => part.trim())
  const waits = wishes.length === 1 && wishes[0] === 'wait'
  if (wishes.length > 0 && !waits) return refuse('one of none, signed, zk, zk; wait')
  return ok({ mode, ...(waits && { wait: true }) })
}

/** Who asks for evidence that is not there must not get an answer without it. */
function readAttestation(
  attestation: unknown,
  header: string | string[] | undefined,
): Parsed<Attestation> {
  const refuse = (param: string, expected: string): Parsed<never> =>
    err({ reason: 'invalid_value', param, expected })
  if (header !== undefined && header !== 'allow') return refuse(auditHeader, 'allow')
  const isAllowed = header === 'allow'
  if (attestation === undefined) return ok({ needsSignature: false, mayBeAudited: isAllowed })
  if (typeof attestation !== 'object' || attestation === null || Array.isArray(attestation)) {
    return refuse('attestation', 'an object')
  }
  const { mode, audit, wait, ...others } = attestation as Readonly<Record<string, unknown>>
  if (Object.keys(others).length > 0) {
    return refuse('attestation', 'an object with only mode, wait and audit')
  }
  if (audit !== undefined && typeof audit !== 'boolean') {
    return refuse('attestation.audit', 'true or false')
  }
  if (isAllowed && audit === false) {
    return refuse(auditHeader, 'no such header beside attestation.audit false')
  }
  const evidence = readMode(mode, wait, audit !== undefined)
  return evidence.ok
    ? ok({ ...evidence.value, mayBeAudited: isAllowed || audit === true })
    : evidence
}

function readMode(
  mode: unknown,
  wait: unknown,
  mayBeSilent: boolean,
): Parsed<Pick<Attestation, 'needsSignature' | 'proof'>> {
  const refuse = (param: string, expected: string): Parsed<never> =>
    err({ reason: 'invalid_value', param, expected })
  if (wait !== undefined && (mode !== 'zk' || typeof wait !== 'boolean')) {
    return refuse('attestation.wait', 'true or false, beside the mode zk')
  }
  if (mode === 'zk') return ok({ needsSignature: false, proof: wait === true ? 'wait' : 'later' })
  // Who says nothing of it but of audits asks for no signature.
  const isNone = mode === 'none' || (mode === undefined && mayBeSilent)
  if (!isNone && mode !== 'signed') return refuse('attestation.mode', 'one of none, signed, zk')
  return ok({ needsSignature: mode === 'signed' })
}
