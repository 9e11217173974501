/*
 * The billing routes of a gateway, as its customers call them: every answer read field by field, because it comes from the
 * other side of the deal.
 */
import { ok } from '../base/result.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import { type Answer, askGateway } from './ask-gateway.ts'
import {
  channelReader,
  dataReader,
  type GatewayTerms,
  keyReader,
  type ListedKey,
  listedKeyReader,
  type RemoteChannel,
  type RemoteKey,
  type RemoteRefund,
  receiptReader,
  refundReader,
  termsReader,
} from './gateway-answers.ts'
import { objectReader, type Reader } from './object-reader.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { addressReader, listReader } from './value-readers.ts'

export class GatewayBilling {
  readonly #origin: string
  readonly #authorization: () => string

  /** `origin`: the gateway's base URL without `/v1`. `authorization` is asked anew for each request: queries expire. */
  constructor(origin: string, authorization: () => string) {
    this.#origin = origin
    this.#authorization = authorization
  }

  /** Prices are in `asset` where it is named, else in the gateway's own. */
  terms(asset?: { readonly chainId: number; readonly address: Address }): Answer<GatewayTerms> {
    const query = asset === undefined ? '' : `?chain_id=${asset.chainId}&asset=${asset.address}`
    return this.#ask(`/v1/billing/terms${query}`, termsReader, {})
  }

  channel(): Answer<RemoteChannel> {
    return this.#read('/v1/billing/channel', channelReader)
  }

  async keys(): Answer<readonly ListedKey[]> {
    const list = await this.#read('/v1/billing/keys', dataReader(listReader(listedKeyReader)))
    return list.ok ? ok(list.value.data) : list
  }

  /** At most a hundred, from the one after `afterSeq` on, in the order in which the gateway gives them. */
  async receipts(afterSeq: number): Answer<readonly ParsedReceipt[]> {
    const path = `/v1/billing/receipts?after=${afterSeq}`
    const page = await this.#read(path, dataReader(listReader(receiptReader)))
    return page.ok ? ok(page.value.data) : page
  }

  sendVoucher(body: object): Answer<RemoteChannel> {
    return this.#post('/v1/billing/vouchers', channelReader, body)
  }

  async sendDeposit(body: object): Answer<RemoteChannel> {
    const made = await this.#post(
      '/v1/billing/deposits',
      objectReader<{ readonly channel: RemoteChannel }>({ channel: channelReader }, 'ignored'),
      body,
    )
    return made.ok ? ok(made.value.channel) : made
  }

  grantKey(body: object): Answer<RemoteKey> {
    return this.#post('/v1/billing/keys', keyReader, body)
  }

  revokeKey(body: object): Answer<RemoteKey> {
    return this.#post('/v1/billing/keys/revoke', keyReader, body)
  }

  /** What the gateway keeps of it: the first that was sent. */
  countersign(receiptId: Bytes32, signature: Signature): Answer<{ readonly signer: Address }> {
    const path = `/v1/receipts/${receiptId}/countersignature`
    const reader = objectReader<{ readonly signer: Address }>({ signer: addressReader }, 'ignored')
    return this.#post(path, reader, { signature })
  }

  refund(body: object): Answer<RemoteRefund> {
    return this.#post('/v1/billing/refund', refundReader, body)
  }

  #read<T>(path: string, reader: Reader<T>): Answer<T> {
    return this.#ask(path, reader, { headers: { authorization: this.#authorization() } })
  }

  #post<T>(path: string, reader: Reader<T>, body: object): Answer<T> {
    const headers = { 'content-type': 'application/json' }
    return this.#ask(path, reader, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  #ask<T>(path: string, reader: Reader<T>, init: RequestInit): Answer<T> {
    return askGateway({ origin: this.#origin, path, init }, reader)
  }
}
