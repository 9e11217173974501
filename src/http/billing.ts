import type { IncomingMessage, ServerResponse } from 'node:http'
import { err, ok, type Result } from '../base/result.ts'
import type { Channel, ChannelConfig } from '../domain/channel.ts'
import { freeAmount } from '../domain/channel-ledger.ts'
import type { Refusal, RequestRefusal } from '../domain/refusal.ts'
import {
  address,
  atomic,
  bytes32,
  isAddress,
  isBytes32,
  isHex,
  signature,
} from '../domain/units.ts'
import type { GatewayDoor, OfferedVoucher } from '../gateway/gateway-door.ts'
import { sendError, sendJson } from './raw-response.ts'
import { readBody } from './read-body.ts'
import { parseStrictJson } from './strict-json.ts'

/** A voucher and its terms fit many times. */
const voucherBytesMax = 16 * 1024

/**
 * `POST /v1/billing/vouchers`: the payer's session key raises the tranche. The signature is the authority; no API key.
 * Body: `{ "channelConfig": {…x402 ChannelConfig…}, "maxClaimableAmount": "5000000", "signature": "0x…" }`.
 */
export async function acceptVoucher(
  door: GatewayDoor,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readBody(incoming, voucherBytesMax)
  const voucher: Result<OfferedVoucher, Refusal> = body.ok ? parseVoucher(body.value) : body
  const accepted = voucher.ok ? await door.acceptVoucher(voucher.value) : voucher
  if (accepted.ok) sendJson(outgoing, channelObject(accepted.value))
  else sendError(outgoing, accepted.error)
}

/** `GET /v1/billing/channel`: the book of the key's own channel. */
export async function retrieveChannel(
  door: GatewayDoor,
  outgoing: ServerResponse,
  authorization: string | undefined,
): Promise<void> {
  const payer = await door.authenticate(authorization)
  if (!payer.ok) {
    sendError(outgoing, payer.error)
    return
  }
  const channel = await door.channel(payer.value.channelId)
  if (channel === undefined) sendError(outgoing, { reason: 'channel_not_found' })
  else sendJson(outgoing, channelObject(channel))
}

/** Atomic units of the channel's asset, as decimal strings. */
function channelObject(channel: Channel): Readonly<Record<string, unknown>> {
  return {
    object: 'vouch.channel',
    channel_id: channel.channelId,
    asset: channel.config.token,
    balance: String(channel.balance),
    signed: String(channel.signedMaxClaimable),
    charged: String(channel.chargedCumulativeAmount),
    held: String(channel.heldAmount),
    free: String(freeAmount(channel)),
    claimed: String(channel.totalClaimed),
    closing: channel.closing,
  }
}

type Fields = Readonly<Record<string, unknown>>

function parseVoucher(body: Buffer): Result<OfferedVoucher, RequestRefusal> {
  const json = parseStrictJson(body)
  if (!json.ok) return json
  const fields = (json.value ?? {}) as Fields
  const config = parseConfig((fields['channelConfig'] ?? {}) as Fields)
  if (!config.ok) return config
  const amount = fields['maxClaimableAmount']
  if (typeof amount !== 'string' || !/^\d{1,38}$/.test(amount)) {
    return invalid('maxClaimableAmount', 'a decimal string of atomic units')
  }
  if (!isHex(fields['signature'])) return invalid('signature', 'hex bytes with 0x')
  return ok({
    config: config.value,
    maxClaimableAmount: atomic(BigInt(amount)),
    signature: signature(fields['signature']),
  })
}

function parseConfig(fields: Fields): Result<ChannelConfig, RequestRefusal> {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token } = fields
  const accounts = { payer, payerAuthorizer, receiver, receiverAuthorizer, token }
  for (const [name, value] of Object.entries(accounts)) {
    if (!isAddress(value)) return invalid(`channelConfig.${name}`, 'an address')
  }
  const { withdrawDelay, salt } = fields
  if (typeof withdrawDelay !== 'number' || !isUint40(withdrawDelay)) {
    return invalid('channelConfig.withdrawDelay', 'whole seconds below 2^40')
  }
  if (!isBytes32(salt)) return invalid('channelConfig.salt', '32 bytes of hex')
  return ok({
    payer: address(String(payer)),
    payerAuthorizer: address(String(payerAuthorizer)),
    receiver: address(String(receiver)),
    receiverAuthorizer: address(String(receiverAuthorizer)),
    token: address(String(token)),
    withdrawDelay,
    salt: bytes32(salt),
  })
}

/** The contract's type of a delay. */
const isUint40 = (value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < 2 ** 40

const invalid = (param: string, expected: string): Result<never, RequestRefusal> =>
  err({ reason: 'invalid_type', param, expected })
