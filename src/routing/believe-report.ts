/*
 * What of a contributor's own report counts, and how far: docs/market.md. Each member can only cost it requests, or make it
 * cheaper; what a lie would gain by is measured here instead, or not used at all.
 */
import { hashPriceSheet } from '../chain/receipt-typed-data.ts'
import type { CapacityReport } from '../domain/capacity-report.ts'
import type { ContributorLimits, Offer } from '../domain/contributor.ts'
import { isSamePrice, lowestOf, type TokenPrices } from '../domain/price-sheet.ts'

/** A report as it came. */
export type HeardReport = {
  readonly said: CapacityReport
  readonly atMs: number
  /** Requests that it has besides those that this process sent it. */
  readonly ofOthers: number
}

/** How many requests are sent there at the same time: no more than the operator allows, and no more than it says it can do. */
export function concurrencyMaxOf(
  limits: ContributorLimits | undefined,
  heard: HeardReport | undefined,
): number | undefined {
  const { concurrencyMax } = limits ?? {}
  const slots = heard?.said.slots
  if (concurrencyMax === undefined || slots === undefined) return concurrencyMax ?? slots
  return Math.min(concurrencyMax, slots)
}

/** The offer as its contributor asks for it now: by its report where its price moves, and never above the most it may ask. */
export function offerAsAsked(offer: Offer, heard: HeardReport | undefined): Offer {
  const asked = askedFor(offer, heard)
  if (asked === undefined || isSamePrice(asked, offer.prices)) return offer
  const prices = { ...offer.prices, ...asked }
  return { ...offer, prices, priceHash: hashPriceSheet(prices) }
}

/** Undefined where what is offered is what is asked. */
export function askedFor(offer: Offer, heard: HeardReport | undefined): TokenPrices | undefined {
  const asked = wantedFor(offer, heard)
  return asked && offer.priceMax && lowestOf(asked, offer.priceMax.prices)
}

/** It wants more than it may have, and would refuse what it is offered: it has no room until it asks less. */
export function wantsTooMuch(offer: Offer, heard: HeardReport | undefined): boolean {
  const asked = wantedFor(offer, heard)
  if (asked === undefined || offer.priceMax === undefined) return false
  return !isSamePrice(lowestOf(asked, offer.priceMax.prices), asked)
}

function wantedFor(
  { priceMax, upstreamModelName }: Offer,
  heard: HeardReport | undefined,
): TokenPrices | undefined {
  if (priceMax === undefined) return undefined
  return heard?.said.models.find(({ id }) => id === upstreamModelName)?.prices
}
