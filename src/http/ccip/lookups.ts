/*
 * `GET` and `POST /ccip/{sender}/{data}`, `POST /ccip` and `POST /ccip/{sender}`: what a client asks that called a contract
 * and was told to look elsewhere. Source: EIP-3668, "Client Lookup Protocol". Anybody may: who pays is configured
 * (docs/ccip.md).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { lookupInputBytesMax, lookupPathDataBytesMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { Lookup } from '../../domain/offchain-lookup.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { address, isAddress, isHex } from '../../domain/units.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { newRequestIds } from '../../gateway/request-ids.ts'
import { isFields } from '../field-reader.ts'
import { errorAnswer } from '../openai-error.ts'
import { errorBody, sendError } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import { parseStrictJson } from '../strict-json.ts'
import { readInferCall, writeInferAnswer } from './infer-call.ts'
import { readContractInput } from './read-contract-input.ts'

/** Where clients look. */
export const lookupPath = '/ccip'

/** Hex of the largest input with its call around it, quoted, and some room. */
const bodyBytesMax: number = 2 * lookupInputBytesMax + 4_096

/** What the path names, as it was sent; undefined where it does not. */
type LookupNames = { readonly sender?: string | undefined; readonly data?: string | undefined }

export async function answerLookup(
  door: GatewayDoor,
  { incoming, outgoing }: HttpBindings,
  names: LookupNames,
): Promise<void> {
  const receivedAtMs = door.nowMs()
  const ids = newRequestIds(receivedAtMs)
  try {
    const { lookups } = door
    if (lookups === undefined) return refuse(outgoing, { reason: 'lookups_off' }, ids.requestId)
    const lookup = await readLookup(incoming, names)
    if (!lookup.ok) return refuse(outgoing, lookup.error, ids.requestId)
    const named = { ...ids, receivedAtMs, path: lookupPath }
    const answer = await lookups.answer(lookup.value, () =>
      readContractInput({ ...lookup.value, offers: door.priced() }, named),
    )
    if (!answer.ok) return refuse(outgoing, answer.error, ids.requestId)
    const body = Buffer.from(JSON.stringify({ data: writeInferAnswer(answer.value) }))
    outgoing.writeHead(200, {
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-vouch-receipt': answer.value.receiptId,
    })
    outgoing.end(body)
  } catch (error) {
    door.failed(ids.requestId, error)
    refuse(outgoing, { reason: 'internal_error' }, ids.requestId)
  }
}

/** What clients append that serve answers from files. */
const withoutSuffix = (text: string): string => text.replace(/\.json$/, '')

async function readLookup(
  incoming: IncomingMessage,
  names: LookupNames,
): Promise<Result<Lookup, Refusal>> {
  const data = names.data === undefined ? undefined : withoutSuffix(names.data)
  if (data !== undefined && data.length > 2 + 2 * lookupPathDataBytesMax) {
    return err({ reason: 'lookup_uri_too_long', bytesMax: lookupPathDataBytesMax })
  }
  if (data !== undefined) return lookupOf(names.sender, data)
  const asked = await readPosted(incoming)
  if (!asked.ok) return asked
  const { sender, data: posted } = asked.value
  const lookup = lookupOf(sender, posted)
  const inPath = names.sender && withoutSuffix(names.sender).toLowerCase()
  if (lookup.ok && inPath !== undefined && inPath !== lookup.value.sender) {
    return unreadable('sender is another one in the path than in the body')
  }
  return lookup
}

async function readPosted(
  incoming: IncomingMessage,
): Promise<Result<Readonly<Record<string, unknown>>, Refusal>> {
  const body = await readBody(incoming, bodyBytesMax)
  if (!body.ok) return body
  const json = parseStrictJson(body.value)
  if (!json.ok) return json
  return isFields(json.value)
    ? ok(json.value)
    : err({ reason: 'invalid_json', detail: 'the body is not a JSON object' })
}

function lookupOf(sender: unknown, data: unknown): Result<Lookup, Refusal> {
  if (!isAddress(sender)) return unreadable('sender is no address')
  if (!isHex(data)) return unreadable('data is no hex')
  const call = readInferCall(data)
  return call.ok ? ok({ sender: address(sender), ...call.value }) : call
}

const unreadable = (detail: string): Result<never, Refusal> =>
  err({ reason: 'lookup_unreadable', detail })

/** Told as they are: these are of the lookup itself, and no other gateway would do better, or they ask for patience. */
const kept: ReadonlySet<number> = new Set([400, 413, 414, 429])

/**
 * A client stops at a 4xx, and tries the contract's next URL at a 5xx. So whatever is only so here, such as a model that is not
 * offered or money that has run out, is a 5xx. ethers shows `message`, and viem the reason phrase.
 */
function refuse(outgoing: ServerResponse, refusal: Refusal, requestId: string): void {
  const { status, error } = errorAnswer(refusal)
  const told = status >= 500 || kept.has(status) ? status : 503
  outgoing.statusMessage = error.code ?? refusal.reason
  sendError(outgoing, refusal, requestId, { status: told, errorBody: lookupErrorBody })
}

function lookupErrorBody(refusal: Refusal, requestId: string | undefined): string {
  const { message } = errorAnswer(refusal).error
  return JSON.stringify({ message, ...JSON.parse(errorBody(refusal, requestId)) })
}

/**
 * Wallets ask from pages of every origin, and no key is read here that a page could steal. True where it was a preflight, which
 * is answered. Source: Fetch Standard, "3.3 CORS protocol".
 */
export function allowEveryPage(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
  outgoing.setHeader('access-control-allow-origin', '*')
  outgoing.setHeader('access-control-expose-headers', '*')
  if (incoming.method !== 'OPTIONS') return false
  outgoing.writeHead(204, {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '7200',
  })
  outgoing.end()
  return true
}

export const isLookup = (url: string | undefined): boolean =>
  url === lookupPath || url?.startsWith(`${lookupPath}/`) === true
