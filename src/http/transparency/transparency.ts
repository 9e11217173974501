/*
 * The transparency log as it is served: to anybody, without a key, and to be kept by whoever passes it on. The entries of a
 * batch never change.
 */
import type { ServerResponse } from 'node:http'
import type { Result } from '../../base/result.ts'
import type { LogAnchor } from '../../domain/log-documents.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { bytes32, isBytes32 } from '../../domain/units.ts'
import type { TransparencyDoor } from '../../gateway/transparency-door.ts'
import { sendError } from '../raw-response.ts'
import type { Route, RouteCall } from '../route-call.ts'

const forGood = 'public, max-age=31536000, immutable'
/** A reorganisation may move its anchor. */
const forMinutes = 'public, max-age=300'
/** More is to come. */
const forSeconds = 'public, max-age=5'
const toPayer = 'private, max-age=5'

const jsonLines = 'application/x-ndjson'

const retrieveLog: Route = logRoute(async (log, { outgoing }) =>
  send(outgoing, await log.log(), () => forSeconds),
)

/** `/v1/transparency/batches/{n}`; with `.jsonl`, or for whoever accepts JSON Lines, its entries. */
const retrieveBatch: Route = logRoute(async (log, { outgoing, incoming, id }) => {
  const isLines = id.endsWith('.jsonl') || incoming.headers.accept?.includes(jsonLines) === true
  const batch = wholeNumber(id.replace(/\.jsonl$/, ''))
  if (batch === undefined) return sendError(outgoing, { reason: 'log_batch_not_found', batch: id })
  // The same URL has two forms.
  outgoing.setHeader('vary', 'accept')
  if (!isLines) return send(outgoing, await log.batch(batch), cachedByAnchor)
  const entries = await log.entries(batch)
  if (!entries.ok) return sendError(outgoing, entries.error)
  sendText(outgoing, entries.value, { 'content-type': jsonLines, 'cache-control': forGood })
})

const retrieveConsistency: Route = logRoute(async (log, call) => {
  const { outgoing } = call
  const from = wholeNumber(parameter(call, 'from'))
  const to = wholeNumber(parameter(call, 'to'))
  if (from === undefined) return sendError(outgoing, invalid('from', 'the number of a batch'))
  if (to === undefined) return sendError(outgoing, invalid('to', 'the number of a batch'))
  send(outgoing, await log.consistency({ from, to }), () => forSeconds)
})

const retrieveProof: Route = logRoute(async (log, call) => {
  const { outgoing } = call
  const digest = parameter(call, 'digest')
  const seqText = parameter(call, 'gatewaySeq')
  const gatewaySeq = wholeNumber(seqText)
  if (!isBytes32(digest))
    return sendError(outgoing, invalid('digest', "a receipt's EIP-712 digest"))
  if (gatewaySeq === undefined && seqText !== '') {
    return sendError(outgoing, invalid('gatewaySeq', 'the number that stands in the receipt'))
  }
  const proof = await log.proof({ gatewaySeq, digest: bytes32(digest) })
  send(outgoing, proof, ({ log: { anchor } }) => cachedByAnchor({ anchor }))
})

/** `GET /v1/receipts/{id}/proof`, for the account that paid. */
const retrieveReceiptProof: Route = logRoute(async (log, call) => {
  const { door, entrance, incoming, outgoing, id } = call
  const payer = await entrance.enter(incoming, door.authenticate)
  if (!payer.ok) return sendError(outgoing, payer.error)
  send(outgoing, await log.proofOf(payer.value, id), () => toPayer)
})

function logRoute(serve: (log: TransparencyDoor, call: RouteCall) => Promise<void>): Route {
  return (call) => {
    const { transparency } = call.door
    return transparency === undefined
      ? sendError(call.outgoing, { reason: 'log_not_kept' })
      : serve(transparency, call)
  }
}

const cachedByAnchor = ({ anchor }: { readonly anchor: LogAnchor | null }): string =>
  anchor === null ? forSeconds : forMinutes

function send<T>(
  outgoing: ServerResponse,
  answer: Result<T, Refusal>,
  caching: (value: T) => string,
): void {
  if (answer.ok) {
    sendText(outgoing, JSON.stringify(answer.value), {
      'content-type': 'application/json',
      'cache-control': caching(answer.value),
    })
  } else {
    sendError(outgoing, answer.error)
  }
}

function sendText(
  outgoing: ServerResponse,
  text: string,
  headers: Readonly<Record<string, string>>,
): void {
  const body = Buffer.from(text)
  // Auditors run in browsers, too. Who may ask with a key from a page, the operator says.
  const isPublic = headers['cache-control'] !== toPayer
  outgoing.writeHead(200, {
    ...headers,
    ...(isPublic && { 'access-control-allow-origin': '*' }),
    'content-length': body.length,
  })
  outgoing.end(body)
}

const parameter = ({ incoming }: RouteCall, name: string): string =>
  new URLSearchParams(incoming.url?.split('?')[1] ?? '').get(name) ?? ''

const wholeNumber = (text: string): number | undefined =>
  /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined

const invalid = (param: string, expected: string): Refusal => ({
  reason: 'invalid_value',
  param,
  expected,
})

/** Where each is: paths are those of docs/transparency.md. */
export const transparencyRoutes: readonly (readonly [path: string, route: Route])[] = [
  ['/v1/transparency/head', retrieveLog],
  ['/v1/transparency/batches/:id', retrieveBatch],
  ['/v1/transparency/consistency', retrieveConsistency],
  ['/v1/transparency/proof', retrieveProof],
  ['/v1/receipts/:id/proof', retrieveReceiptProof],
]
