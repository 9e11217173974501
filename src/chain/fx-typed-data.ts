import type { FxQuote } from '../domain/exchange.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'
import {
  type DomainSeparator,
  domainSeparator,
  hashWord,
  typedDataDigest,
  typeHash,
  uintWord,
} from './typed-data.ts'

const fxQuoteTypeHash = typeHash(
  'FxQuote(bytes32 quoteId,bytes32 assetIn,bytes32 assetOut,uint256 rateE18,uint64 validBefore)',
)

/** Vouch's own agreements between people and one gateway. `verifyingContract` is the GatewayRegistry. */
export const agreementDomain = (place: {
  readonly chainId: number
  readonly verifyingContract: Address
}): DomainSeparator => domainSeparator({ name: 'Vouch', version: '1', ...place })

/** What whoever quotes a rate signs. */
export const fxQuoteDigest = (domain: DomainSeparator, quote: FxQuote): Bytes32 =>
  typedDataDigest(
    domain,
    keccak256Hex(
      fxQuoteTypeHash +
        hashWord(quote.quoteId) +
        hashWord(quote.assetIn) +
        hashWord(quote.assetOut) +
        uintWord(quote.rateE18, 256) +
        uintWord(quote.validBefore, 64),
    ),
  )

/** Name of an ERC-20 in a quote: keccak256 of its CAIP-19 id. */
export const assetIdOf = (asset: {
  readonly chainId: number
  readonly address: Address
}): Bytes32 => keccak256Utf8(`eip155:${asset.chainId}/erc20:${asset.address}`)

/** The dollar's name in a quote. */
export const usdAssetId: Bytes32 = keccak256Utf8('iso4217:USD')
