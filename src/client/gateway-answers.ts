/*
 * What the billing routes of a gateway answer, as values. Members keep the names that they have in JSON.
 */
import type { ChannelConfig } from '../domain/channel.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import type { Address, AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.ts'
import { objectReader, type Reader } from './object-reader.ts'
import {
  type ParsedReceipt,
  priceSheetReader,
  readReceiptDocument,
} from './parse-receipt-document.ts'
import {
  addressReader,
  amountReader,
  bytes32Reader,
  listReader,
  orNull,
  secondsReader,
  textReader,
  truthReader,
  uint64Reader,
} from './value-readers.ts'

/** One kind of channel that a gateway serves on. */
export type AcceptedChannel = {
  readonly chain_id: number
  readonly settlement: Address
  readonly collector: Address
  readonly asset: Address
  readonly decimals: number
  readonly asset_domain: { readonly name: string; readonly version: string }
  readonly receiver: Address
  readonly receiver_authorizer: Address
  readonly withdraw_delay_min: number
  readonly minimum_deposit: AtomicAmount
}

type PricedModel = {
  readonly id: string
  readonly price_hash: Bytes32
  readonly price_sheet: PriceSheet
}

export type GatewayTerms = {
  readonly gateway: Address
  readonly receipt_verifier: Address
  readonly orders_domain: { readonly chainId: number; readonly verifyingContract: Address }
  readonly accepts: readonly AcceptedChannel[]
  readonly models: readonly PricedModel[]
}

/** The gateway's book of a channel, amounts in atomic units. */
export type RemoteChannel = {
  readonly channel_id: Bytes32
  readonly balance: AtomicAmount
  readonly signed: AtomicAmount
  readonly charged: AtomicAmount
  readonly held: AtomicAmount
  readonly free: AtomicAmount
  readonly claimed: AtomicAmount
  readonly closing: boolean
  readonly frozen: boolean
  readonly withdraw_final_at: UnixSeconds | null
  /** Number of the newest receipt. */
  readonly receipts: number
}

export type RemoteKey = {
  readonly id: string
  readonly key_hash: Bytes32
  readonly label: string
  readonly cap: AtomicAmount | null
  readonly expires_at: number | null
  readonly models: readonly string[] | null
  readonly revoked: boolean
}

/** A key in a list, with what it spent so far. */
export type ListedKey = RemoteKey & { readonly spent: AtomicAmount }

export type RemoteRefund = {
  readonly amount: AtomicAmount
  readonly transaction_hash: Bytes32
}

const acceptedReader = objectReader<AcceptedChannel>(
  {
    chain_id: uint64Reader,
    settlement: addressReader,
    collector: addressReader,
    asset: addressReader,
    decimals: uint64Reader,
    asset_domain: objectReader<AcceptedChannel['asset_domain']>(
      { name: textReader, version: textReader },
      'ignored',
    ),
    receiver: addressReader,
    receiver_authorizer: addressReader,
    withdraw_delay_min: uint64Reader,
    minimum_deposit: amountReader,
  },
  'ignored',
)
export const termsReader: Reader<GatewayTerms> = objectReader<GatewayTerms>(
  {
    gateway: addressReader,
    receipt_verifier: addressReader,
    orders_domain: objectReader<GatewayTerms['orders_domain']>(
      { chainId: uint64Reader, verifyingContract: addressReader },
      'ignored',
    ),
    accepts: listReader(acceptedReader),
    models: listReader(
      objectReader<PricedModel>(
        { id: textReader, price_hash: bytes32Reader, price_sheet: priceSheetReader },
        'ignored',
      ),
    ),
  },
  'ignored',
)
export const channelReader: Reader<RemoteChannel> = objectReader<RemoteChannel>(
  {
    channel_id: bytes32Reader,
    balance: amountReader,
    signed: amountReader,
    charged: amountReader,
    held: amountReader,
    free: amountReader,
    claimed: amountReader,
    closing: truthReader,
    frozen: truthReader,
    withdraw_final_at: orNull(secondsReader),
    receipts: uint64Reader,
  },
  'ignored',
)
const keyMembers = {
  id: textReader,
  key_hash: bytes32Reader,
  label: textReader,
  cap: orNull(amountReader),
  expires_at: orNull(uint64Reader),
  models: orNull(listReader(textReader)),
  revoked: truthReader,
}
export const keyReader: Reader<RemoteKey> = objectReader<RemoteKey>(keyMembers, 'ignored')
export const listedKeyReader: Reader<ListedKey> = objectReader<ListedKey>(
  { ...keyMembers, spent: amountReader },
  'ignored',
)
export const refundReader: Reader<RemoteRefund> = objectReader<RemoteRefund>(
  { amount: amountReader, transaction_hash: bytes32Reader },
  'ignored',
)

export const dataReader = <T>(data: Reader<T>): Reader<{ readonly data: T }> =>
  objectReader<{ readonly data: T }>({ data }, 'ignored')

export const receiptReader: Reader<ParsedReceipt> = (value, { path, faults }) => {
  const document = readReceiptDocument(value)
  if (document.ok) return document.value
  for (const fault of document.error) faults.push({ ...fault, path: `${path}.${fault.path}` })
  return undefined
}

/** The terms of a channel as its payer chose them from what the gateway accepts. */
export const configFrom = (
  accepted: AcceptedChannel,
  own: Pick<ChannelConfig, 'payer' | 'payerAuthorizer' | 'withdrawDelay' | 'salt'>,
): ChannelConfig => ({
  payer: own.payer,
  payerAuthorizer: own.payerAuthorizer,
  receiver: accepted.receiver,
  receiverAuthorizer: accepted.receiver_authorizer,
  token: accepted.asset,
  withdrawDelay: own.withdrawDelay,
  salt: own.salt,
})
