/*
 * The lending routes of a gateway, as lenders of keys call them (docs/lent-keys.md).
 */
import { ok } from '../base/result.ts'
import type { Address, AtomicAmount } from '../domain/units.ts'
import { type Answer, askGateway } from './ask-gateway.ts'
import { dataReader } from './gateway-answers.ts'
import type { LendingPlace } from './lending-orders.ts'
import { objectReader, type Reader } from './object-reader.ts'
import {
  addressReader,
  amountReader,
  listReader,
  orNull,
  textReader,
  truthReader,
  uint16Reader,
  uint64Reader,
} from './value-readers.ts'

/** What a gateway takes, and the most that it pays for it. */
export type RemoteLendingTerms = {
  readonly open: boolean
  readonly approval: boolean
  readonly fee_bps: number
  readonly gateway: Address
  readonly domain: { readonly chainId: number; readonly verifyingContract: Address }
  readonly models: readonly { readonly id: string; readonly price_max: Prices }[]
}
type Prices = { readonly prompt: AtomicAmount; readonly completion: AtomicAmount }

export type RemoteLentKey = {
  readonly id: string
  readonly url: string
  readonly key_id: string
  readonly state: string
  readonly cause: string | null
  readonly models: readonly string[]
}

const termsReader: Reader<RemoteLendingTerms> = objectReader<RemoteLendingTerms>(
  {
    open: truthReader,
    approval: truthReader,
    fee_bps: uint16Reader,
    gateway: addressReader,
    domain: objectReader<RemoteLendingTerms['domain']>(
      { chainId: uint64Reader, verifyingContract: addressReader },
      'ignored',
    ),
    models: listReader(
      objectReader<RemoteLendingTerms['models'][number]>(
        {
          id: textReader,
          price_max: objectReader<Prices>(
            { prompt: amountReader, completion: amountReader },
            'ignored',
          ),
        },
        'ignored',
      ),
    ),
  },
  'ignored',
)
const keyReader: Reader<RemoteLentKey> = objectReader<RemoteLentKey>(
  {
    id: textReader,
    url: textReader,
    key_id: textReader,
    state: textReader,
    cause: orNull(textReader),
    models: listReader(textReader),
  },
  'ignored',
)

/** What orders to this gateway are signed for. */
export const lendingPlaceOf = ({ gateway, domain }: RemoteLendingTerms): LendingPlace => ({
  gateway,
  chainId: domain.chainId,
  registry: domain.verifyingContract,
})

export class GatewayLending {
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  terms(): Answer<RemoteLendingTerms> {
    return this.#ask('/v1/contributors/terms', termsReader, {})
  }

  lend(body: object): Answer<RemoteLentKey> {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    return this.#ask('/v1/contributors/keys', keyReader, init)
  }

  async keys(authorization: string): Answer<readonly RemoteLentKey[]> {
    const reader = dataReader(listReader(keyReader))
    const list = await this.#ask('/v1/contributors/keys', reader, { headers: { authorization } })
    return list.ok ? ok(list.value.data) : list
  }

  withdraw(id: string, authorization: string): Answer<RemoteLentKey> {
    const init = { method: 'DELETE', headers: { authorization } }
    return this.#ask(`/v1/contributors/keys/${encodeURIComponent(id)}`, keyReader, init)
  }

  #ask<T>(path: string, reader: Reader<T>, init: RequestInit): Answer<T> {
    return askGateway({ origin: this.#origin, path, init }, reader)
  }
}
