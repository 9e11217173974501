/*
 * Vouchers on their way between gateway and contributor, in the header `x-vouch-voucher`: base64url of JSON. Towards the
 * contributor the channel's terms go along, so that it can judge them; back comes the shortest proof of what it holds.
 */
import type { ChannelConfig } from './channel.ts'
import {
  type AtomicAmount,
  address,
  atomic,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
  isHex,
  type Signature,
  signature,
} from './units.ts'

export const voucherHeader = 'x-vouch-voucher'

/** What a gateway sends: its promise and on which channel, wherever that is. */
export type OfferedPayoutVoucher = {
  readonly chainId: number
  readonly config: ChannelConfig
  readonly maxClaimableAmount: AtomicAmount
  readonly signature: Signature
}

/** What a contributor shows: the highest promise that it holds. */
export type ShownVoucher = {
  readonly channelId: Bytes32
  readonly maxClaimableAmount: AtomicAmount
  readonly signature: Signature
}

export const encodeVoucher = (voucher: OfferedPayoutVoucher | ShownVoucher): string =>
  Buffer.from(
    JSON.stringify({ ...voucher, maxClaimableAmount: String(voucher.maxClaimableAmount) }),
  ).toString('base64url')

/** Undefined for anything but a voucher with its terms. */
export function decodeOfferedVoucher(text: string): OfferedPayoutVoucher | undefined {
  const fields = fieldsOf(text)
  const promise = readPromise(fields)
  const config = readChannelConfig(fields['config'])
  const { chainId } = fields
  if (promise === undefined || config === undefined || !isWhole(chainId)) return undefined
  return { chainId, config, ...promise }
}

/** Undefined for anything but a voucher and the channel that it is for. */
export const decodeShownVoucher = (text: string): ShownVoucher | undefined =>
  readShownVoucher(fieldsOf(text))

export type Fields = Readonly<Record<string, unknown>>

/** From JSON whose amounts are decimal strings. */
export function readShownVoucher(fields: Fields): ShownVoucher | undefined {
  const promise = readPromise(fields)
  const { channelId } = fields
  if (promise === undefined || !isBytes32(channelId)) return undefined
  return { channelId: bytes32(channelId), ...promise }
}

/** Undefined unless each member is there and of its type. */
export function readChannelConfig(value: unknown): ChannelConfig | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Fields
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token } = fields
  const { withdrawDelay, salt } = fields
  if (!isAddress(payer) || !isAddress(payerAuthorizer) || !isAddress(receiver)) return undefined
  if (!isAddress(receiverAuthorizer) || !isAddress(token)) return undefined
  if (!isWhole(withdrawDelay) || withdrawDelay >= 2 ** 40 || !isBytes32(salt)) return undefined
  return {
    payer: address(payer),
    payerAuthorizer: address(payerAuthorizer),
    receiver: address(receiver),
    receiverAuthorizer: address(receiverAuthorizer),
    token: address(token),
    withdrawDelay,
    salt: bytes32(salt),
  }
}

function readPromise(
  fields: Fields,
): Pick<ShownVoucher, 'maxClaimableAmount' | 'signature'> | undefined {
  const { maxClaimableAmount: amount, signature: signed } = fields
  // 38 digits fit uint128 whatever they are.
  if (typeof amount !== 'string' || !/^\d{1,38}$/.test(amount) || !isHex(signed)) return undefined
  return { maxClaimableAmount: atomic(BigInt(amount)), signature: signature(signed) }
}

function fieldsOf(text: string): Fields {
  try {
    const json: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return typeof json === 'object' && json !== null ? (json as Fields) : {}
  } catch {
    return {}
  }
}

const isWhole = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0
