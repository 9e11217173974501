import { fxQuoteAgeMaxS } from './base/limits.ts'
import { amount, atomicAmount } from './config-amounts.ts'
import type { Home } from './config-chains.ts'
import {
  exactlyOne,
  type Key,
  list,
  type Meaning,
  needs,
  optional,
  section,
} from './config-fields.ts'
import type { NamedFiles } from './config-files.ts'
import { address, file, integer, text, url } from './config-values.ts'
import type { Asset } from './domain/exchange.ts'
import { type AtomicAmount, atomic } from './domain/units.ts'

/** An asset that is taken, beside the home asset. */
export type AssetConfig = Asset & {
  /** Of its own EIP-712 domain; undefined is asked of the token. */
  readonly domain: { readonly name: string; readonly version: string } | undefined
  /**
   * Units of it for one of the home asset's, times 10^6: only the limits of the configuration are turned into it by this,
   * never a price.
   */
  readonly unitsPerHomeUnitE6: bigint
}

/** Where signed quotes come from. */
export type FxConfig = {
  readonly source: { readonly url: string } | { readonly file: string }
  readonly everyS: number
  readonly quoteAgeMaxS: number
}

const millionths = 6

type AssetTerms = { readonly home: Home; readonly chainIds: readonly number[] }

const assetSection: Key<Meaning<AssetTerms, AssetConfig & { readonly id: string }>> = section({
  says: 'One asset that is taken beside chain.asset.',
  keys: {
    chainId: integer({
      says: 'One of the configured chains.',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
    }),
    address: address({ says: 'The ERC-20 there.' }),
    decimals: integer({
      says: "Its decimals; compared with the token's own at the start.",
      min: 0,
      max: 18,
    }),
    name: optional(
      text({ says: 'Name in its own EIP-712 domain. Default, with version: what it says.' }),
    ),
    version: optional(text({ says: 'Version in that domain.' })),
    haircutBps: integer({
      says: 'What a unit is worth less to you than its rate says, in hundredths of a percent.',
      min: 0,
      max: 9_999,
      default: 0,
    }),
    quotedBy: optional(
      address({
        says: 'The account whose signed quotes say what a unit is worth in dollars. Without it the asset is at par.',
      }),
    ),
    unitsPerHomeUnit: optional(
      amount({
        says: 'About so many units of it are one unit of the home asset: by this the limits of this file are turned into it, and no price is. Default 1; needed with quotedBy.',
        examples: ['0.0003'],
      }),
    ),
  },
  rules: [
    needs('name', 'version'),
    needs('version', 'name'),
    needs('quotedBy', 'unitsPerHomeUnit'),
  ],
  read: (asset, { home, chainIds }: AssetTerms) => {
    const { name, version, quotedBy, unitsPerHomeUnit, ...values } = asset.values
    if (!chainIds.includes(values.chainId))
      asset.refuse('chainId', 'one of the chains of this file')
    if (values.chainId === home.chainId && values.address === home.asset) {
      asset.refuse('address', 'another asset than chain.asset, which is always taken')
    }
    const unitsPerHomeUnitE6 =
      unitsPerHomeUnit === undefined
        ? 10n ** BigInt(millionths)
        : atomicAmount(asset, 'unitsPerHomeUnit', millionths)
    if (unitsPerHomeUnitE6 === 0n) asset.refuse('unitsPerHomeUnit', 'more than nothing')
    return {
      ...values,
      id: `${values.chainId}:${values.address}`,
      rate: quotedBy === undefined ? 'par' : { quotedBy },
      domain: name === undefined || version === undefined ? undefined : { name, version },
      unitsPerHomeUnitE6,
    }
  },
})

export const assetsList: Key<Meaning<AssetTerms, readonly AssetConfig[]>> = list({
  says: 'What channels may be paid in beside chain.asset, which is always taken, at par.',
  of: assetSection,
  by: 'address',
})

export const fxSection: Key<Meaning<NamedFiles, FxConfig>> = section({
  says: 'Where signed quotes come from: see assets.quotedBy.',
  keys: {
    url: optional(
      url({ says: 'Asked by GET. Whoever answers needs no trust: only signatures count.' }),
    ),
    file: optional(file({ says: 'A file instead, which somebody else keeps up to date.' })),
    everyS: integer({
      says: 'How often it is asked, in seconds.',
      min: 1,
      max: fxQuoteAgeMaxS,
      default: 10,
    }),
    quoteAgeMaxS: integer({
      says: 'A quote that says to be good for longer than this is not taken, in seconds.',
      min: 1,
      max: fxQuoteAgeMaxS,
      default: fxQuoteAgeMaxS,
    }),
  },
  rules: [exactlyOne('url', 'file')],
  read: ({ values: { url: origin, file: path, everyS, quoteAgeMaxS } }, files: NamedFiles) => ({
    source: origin === undefined ? { file: files.resolve(path ?? '') } : { url: origin },
    everyS,
    quoteAgeMaxS,
  }),
})

/** A limit that is written in the home asset, as it is counted in another one. Rounded down, and never nothing for something. */
export function limitIn(
  asset: AssetConfig,
  limit: AtomicAmount,
  homeDecimals: number,
): AtomicAmount {
  const scaled =
    (limit * asset.unitsPerHomeUnitE6 * 10n ** BigInt(asset.decimals)) /
    (10n ** BigInt(homeDecimals) * 1_000_000n)
  const bounded = scaled < 2n ** 128n ? scaled : 2n ** 128n - 1n
  return atomic(bounded === 0n && limit > 0n ? 1n : bounded)
}
