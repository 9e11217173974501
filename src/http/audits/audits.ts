/*
 * What auditors ask and report over HTTP. A query is signed (`Authorization: Vouch …` of an AuditQuery); a verdict carries
 * the auditor's signature, which is its whole authority. What was found is for everybody.
 */
import { err, ok, type Result } from '../../base/result.ts'
import { type AuditVerdict, auditMethod, type SignedVerdict } from '../../domain/audit.ts'
import type { Refusal } from '../../domain/refusal.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
} from '../../domain/units.ts'
import { type BodyFields, type Parsed, parse } from '../billing/billing-body.ts'
import { sendError, sendJson } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import {
  auditBatchObject,
  auditSamplesObject,
  auditTermsObject,
  auditVerdictObject,
} from './audit-objects.ts'

/** Sixteen members and a signature fit many times. */
const verdictBytesMax = 8 * 1024
const verdictsPerPageMax = 100
const closed: Refusal = { reason: 'audits_closed' }

/** `GET /v1/audits/terms`: for everybody. */
export function retrieveAuditTerms({ door, outgoing }: RouteCall): void {
  if (door.audits === undefined) sendError(outgoing, closed)
  else sendJson(outgoing, auditTermsObject(door.audits))
}

/** `GET /v1/audits/batches/{n}`: what of it is to be opened. */
export async function retrieveAuditBatch(call: RouteCall): Promise<void> {
  const drawn = await asAuditor(call, (audits, authorization, number) =>
    audits.batch(authorization, number),
  )
  if (drawn.ok) sendJson(call.outgoing, auditBatchObject(drawn.value))
  else sendError(call.outgoing, drawn.error)
}

/** `GET /v1/audits/batches/{n}/samples?after=index` */
export async function retrieveAuditSamples(call: RouteCall): Promise<void> {
  const after = new URL(call.incoming.url ?? '', 'http://gateway').searchParams.get('after')
  if (after !== null && !/^\d{1,9}$/.test(after)) {
    const expected = 'the index of a sample'
    return sendError(call.outgoing, { reason: 'invalid_value', param: 'after', expected })
  }
  const afterIndex = after === null ? -1 : Number(after)
  const opened = await asAuditor(call, (audits, authorization, number) =>
    audits.samples(authorization, { number, afterIndex }),
  )
  if (opened.ok) sendJson(call.outgoing, auditSamplesObject(opened.value))
  else sendError(call.outgoing, opened.error)
}

type Audits = NonNullable<RouteCall['door']['audits']>

async function asAuditor<T>(
  { door, entrance, incoming, id }: RouteCall,
  ask: (
    audits: Audits,
    authorization: string | undefined,
    number: number,
  ) => Promise<Result<T, Refusal>>,
): Promise<Result<T, Refusal>> {
  const { audits } = door
  if (audits === undefined) return err(closed)
  if (!/^\d{1,9}$/.test(id)) return err({ reason: 'audit_batch_not_found' })
  return entrance.enter(incoming, (authorization) => ask(audits, authorization, Number(id)))
}

/** `POST /v1/audits/verdicts`: `{verdict, signature}`. */
export async function reportVerdict({ door, incoming, outgoing }: RouteCall): Promise<void> {
  const body = await readBody(incoming, verdictBytesMax)
  if (door.audits === undefined) return sendError(outgoing, closed)
  const signed = body.ok ? parseVerdict(body.value) : body
  if (!signed.ok) return sendError(outgoing, signed.error)
  const kept = await door.audits.report(signed.value)
  if (kept.ok) sendJson(outgoing, auditVerdictObject(kept.value))
  else sendError(outgoing, kept.error)
}

/** `GET /v1/audits/verdicts?contributor=0x…&model=0x…`: the newest first, for everybody. */
export function listVerdicts({ door, incoming, outgoing }: RouteCall): void {
  const { audits } = door
  const asked = readFilter(new URL(incoming.url ?? '', 'http://gateway').searchParams)
  if (audits === undefined) sendError(outgoing, closed)
  else if (!asked.ok) sendError(outgoing, asked.error)
  else {
    const verdicts = audits.verdicts({ ...asked.value, limit: verdictsPerPageMax })
    sendJson(outgoing, { object: 'list', data: verdicts.map(auditVerdictObject) })
  }
}

type Filter = {
  readonly contributor: Address | undefined
  readonly modelId: Bytes32 | undefined
}

function readFilter(query: URLSearchParams): Result<Filter, Refusal> {
  const [contributor, model] = [query.get('contributor'), query.get('model')]
  if (contributor !== null && !isAddress(contributor)) {
    return err({ reason: 'invalid_value', param: 'contributor', expected: 'an address' })
  }
  if (model !== null && !isBytes32(model)) {
    return err({ reason: 'invalid_value', param: 'model', expected: 'the id of a model' })
  }
  return ok({
    contributor: contributor === null ? undefined : address(contributor),
    modelId: model === null ? undefined : bytes32(model),
  })
}

const uint32Max = 2 ** 32 - 1

const parseVerdict = (body: Buffer): Parsed<SignedVerdict> =>
  parse(body, (fields) => ({
    verdict: verdictOf(fields.object('verdict')),
    signature: fields.signature('signature'),
  }))

const verdictOf = (fields: BodyFields): AuditVerdict => ({
  gateway: fields.address('gateway'),
  auditor: fields.address('auditor'),
  contributor: fields.address('contributor'),
  modelId: fields.bytes32('modelId'),
  firstSeq: fields.integer('firstSeq'),
  lastSeq: fields.integer('lastSeq'),
  samples: fields.integer('samples', uint32Max),
  canaries: fields.integer('canaries', uint32Max),
  unopened: fields.integer('unopened', uint32Max),
  tokens: fields.integer('tokens', uint32Max),
  matchedTokens: fields.integer('matchedTokens', uint32Max),
  scorePpm: fields.integer('scorePpm', uint32Max),
  method: fields.oneOf('method', Object.values(auditMethod)),
  passed: fields.flag('passed'),
  reportHash: fields.bytes32('reportHash'),
  issuedAt: fields.seconds('issuedAt'),
})
