/*
 * What the owner of a channel asks and orders over HTTP. Orders carry a signature, which is their whole authority; what is
 * only read needs an API key of the channel or `Authorization: Vouch …` of its owner.
 */
import type { ServerResponse } from 'node:http'
import { receiptsPerPageMax } from '../../base/limits.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { Soon } from '../../base/soon.ts'
import type { Offer } from '../../domain/contributor.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { address, type Bytes32, bytes32, isAddress, isBytes32 } from '../../domain/units.ts'
import type { GatewayDoor } from '../../gateway/gateway-door.ts'
import { sendError, sendJson, sendJsonText } from '../raw-response.ts'
import { readBody } from '../read-body.ts'
import type { RouteCall } from '../route-call.ts'
import {
  type Parsed,
  parseDeposit,
  parseGrant,
  parseRefund,
  parseRevoke,
  parseVoucher,
} from './billing-body.ts'
import { channelObject, depositObject, keyObject, termsObject } from './billing-objects.ts'

/** A voucher and its terms, or a grant with a hundred models, fit. */
const orderBytesMax = 16 * 1024

/** `GET /v1/billing/terms`: for everybody; with `?chain_id=…&asset=…` the prices are in that asset. */
export function retrieveTerms({ door, incoming, outgoing }: RouteCall): void {
  const offers = offersIn(door, new URL(incoming.url ?? '', 'http://gateway').searchParams)
  if (offers.ok) sendJson(outgoing, termsObject(door.billing.terms, offers.value))
  else sendError(outgoing, offers.error)
}

function offersIn(door: GatewayDoor, query: URLSearchParams): Result<readonly Offer[], Refusal> {
  const [chainId, asset] = [query.get('chain_id'), query.get('asset')]
  if (chainId === null && asset === null) return ok(door.priced())
  if (chainId === null || !/^[1-9]\d{0,14}$/.test(chainId)) {
    return err({ reason: 'invalid_value', param: 'chain_id', expected: 'the number of a chain' })
  }
  if (!isAddress(asset)) {
    return err({ reason: 'invalid_value', param: 'asset', expected: 'the address of an asset' })
  }
  const place = { chainId: Number(chainId), address: address(asset) }
  const pricing = door.billing.pricing(place)
  return pricing.ok ? ok(door.priced().map(pricing.value.offerOf)) : pricing
}

/** `POST /v1/billing/vouchers`: raises the tranche. */
export const acceptVoucher = (call: RouteCall): Promise<void> =>
  execute(call, parseVoucher, async (voucher) => {
    const { billing } = call.door
    const channel = await billing.acceptVoucher(voucher)
    return channel.ok ? ok(channelObject(channel.value, billing.terms)) : channel
  })

/** `GET /v1/billing/channel` */
export const retrieveChannel = (call: RouteCall): Promise<void> =>
  read(call, async (channelId) => {
    const { billing } = call.door
    const channel = await billing.channel(channelId)
    return channel.ok ? ok(channelObject(channel.value, billing.terms)) : channel
  })

/** `POST /v1/billing/keys`: the owner made a key and grants it by its hash. */
export const grantKey = (call: RouteCall): Promise<void> =>
  execute(call, parseGrant, async (grant) => {
    const key = await call.door.billing.grantKey(grant)
    return key.ok ? ok(keyObject(key.value)) : key
  })

/** `POST /v1/billing/keys/revoke` */
export const revokeKey = (call: RouteCall): Promise<void> =>
  execute(call, parseRevoke, async (order) => {
    const key = await call.door.billing.revokeKey(order)
    return key.ok ? ok(keyObject(key.value)) : key
  })

/** `GET /v1/billing/keys` */
export const listKeys = (call: RouteCall): Promise<void> =>
  read(call, async (channelId) => {
    const keys = await call.door.billing.keys(channelId)
    if (!keys.ok) return keys
    return ok({
      object: 'list',
      data: keys.value.map(({ key, spending }) => keyObject(key, spending)),
    })
  })

/** `GET /v1/billing/receipts?after=N&limit=M`: documents in the order of the channel, the exact text that was stored. */
export async function listReceipts(
  call: RouteCall,
  query: { readonly after: string | undefined; readonly limit: string | undefined },
): Promise<void> {
  const { outgoing, door } = call
  const channelId = await reader(call)
  if (!channelId.ok) {
    sendError(outgoing, channelId.error)
    return
  }
  const range = readRange(query)
  if (!range.ok) {
    sendError(outgoing, range.error)
    return
  }
  const { afterSeq, limit } = range.value
  // One more than is shown tells whether there are more.
  const bodies = await door.billing.receipts({
    channelId: channelId.value,
    afterSeq,
    limit: limit + 1,
  })
  if (!bodies.ok) {
    sendError(outgoing, bodies.error)
    return
  }
  const hasMore = bodies.value.length > limit
  const data = bodies.value.slice(0, limit).join(',')
  sendJsonText(outgoing, `{"object":"list","data":[${data}],"has_more":${hasMore}}`)
}

/** `POST /v1/billing/refund`: everything that was not charged, to the payer, at once. */
export const refund = (call: RouteCall): Promise<void> =>
  execute(call, parseRefund, async (order) => {
    const refunded = await call.door.billing.refund(order)
    if (!refunded.ok) return refunded
    const { amount, transactionHash } = refunded.value
    return ok({
      object: 'vouch.refund',
      channel_id: order.channelId,
      amount: String(amount),
      transaction_hash: transactionHash,
    })
  })

/** `POST /v1/billing/deposits`: answered when the deposit is mined and credited. The same authorization again does no harm. */
export const makeDeposit = (call: RouteCall): Promise<void> =>
  execute(call, parseDeposit, async (order) => {
    const { billing } = call.door
    const mustWait = call.entrance.mayDeposit(call.incoming)
    if (mustWait !== undefined) return err(mustWait)
    const made = await billing.deposit(order)
    if (!made.ok) return made
    const { channel, deposit } = made.value
    return ok({
      ...(deposit === undefined ? { object: 'vouch.deposit' } : depositObject(deposit)),
      channel: channelObject(channel, billing.terms),
    })
  })

/** `GET /v1/billing/deposits/{id}`: how far a deposit is. Its id is a hash of the payer's signature, which nobody guesses. */
export function retrieveDeposit({ door, outgoing, id }: RouteCall): void {
  const record = isBytes32(id)
    ? door.billing.depositRecord(bytes32(id))
    : err({ reason: 'deposit_not_found' } as const)
  send(outgoing, record.ok ? ok(depositObject(record.value)) : record)
}

const reader = ({ entrance, door, incoming }: RouteCall): Soon<Result<Bytes32, Refusal>> =>
  entrance.enter(incoming, door.billing.reader)

/** Answers a question about the reader's channel. */
async function read(
  call: RouteCall,
  answer: (channelId: Bytes32) => Promise<Result<unknown, Refusal>>,
): Promise<void> {
  const channelId = await reader(call)
  send(call.outgoing, channelId.ok ? await answer(channelId.value) : channelId)
}

/** Reads an order and executes it. */
async function execute<T>(
  { incoming, outgoing }: RouteCall,
  parse: (body: Buffer) => Parsed<T>,
  act: (order: T) => Promise<Result<unknown, Refusal>>,
): Promise<void> {
  const body = await readBody(incoming, orderBytesMax)
  const order: Result<T, Refusal> = body.ok ? parse(body.value) : body
  send(outgoing, order.ok ? await act(order.value) : order)
}

function send(outgoing: ServerResponse, outcome: Result<unknown, Refusal>): void {
  if (outcome.ok) sendJson(outgoing, outcome.value)
  else sendError(outgoing, outcome.error)
}

function readRange(query: {
  readonly after: string | undefined
  readonly limit: string | undefined
}): Result<{ readonly afterSeq: number; readonly limit: number }, Refusal> {
  const afterSeq = wholeNumber(query.after ?? '0', Number.MAX_SAFE_INTEGER)
  if (afterSeq === undefined) {
    return err({ reason: 'invalid_value', param: 'after', expected: 'a sequence number' })
  }
  const limit = wholeNumber(query.limit ?? String(receiptsPerPageMax), receiptsPerPageMax)
  if (limit === undefined || limit === 0) {
    const expected = `a whole number from 1 to ${receiptsPerPageMax}`
    return err({ reason: 'invalid_value', param: 'limit', expected })
  }
  return ok({ afterSeq, limit })
}

function wholeNumber(text: string, max: number): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return value <= max ? value : undefined
}
