/*
 * What stays of a contributor and its lanes when the configuration is read again while requests are under way there.
 */
import { isDeepStrictEqual } from 'node:util'
import type { CapacityReport } from '../domain/capacity-report.ts'
import type { Contributor, Offer } from '../domain/contributor.ts'
import type { HeardReport } from './believe-report.ts'
import { createLane, createStation, type Lane, type Station } from './lane.ts'

/** Whether what was learnt about one says anything about the other: the same service, signing with the same keys. */
export const isSamePlace = (before: Contributor, after: Contributor): boolean =>
  before.contributorId === after.contributorId &&
  before.baseUrl === after.baseUrl &&
  isDeepStrictEqual(before.identity, after.identity)

/** The same station, so that what is in flight there is still counted, with its new limits. */
export function renewStation(station: Station, contributor: Contributor): Station {
  const { index, isNewcomer, heard, inFlight, quarantine } = station
  if (isDeepStrictEqual(station.contributor, contributor)) return station
  // A key that was refused says nothing about another one.
  const isOtherKey = station.contributor.authorization !== contributor.authorization
  const renewed = createStation(contributor, { index, isNewcomer, heard })
  const isDenied = quarantine?.cause === 'credentials' && !isOtherKey
  return Object.assign(station, renewed, {
    inFlight,
    quarantine: isDenied || quarantine?.cause === 'forged' ? quarantine : undefined,
  })
}

/** The same station with what it says of itself now; undefined: nothing that is believed. */
export function hearStation(
  station: Station,
  newest: { readonly report: CapacityReport; readonly atMs: number } | undefined,
): void {
  const { contributor, index, isNewcomer, inFlight, quarantine } = station
  const heard = newest && heardAs(newest.report, newest.atMs, inFlight)
  const renewed = createStation(contributor, { index, isNewcomer, heard })
  Object.assign(station, renewed, { inFlight, quarantine })
}

const heardAs = (said: CapacityReport, atMs: number, inFlight: number): HeardReport => ({
  said,
  atMs,
  ofOthers: Math.max(0, said.running + said.waiting - inFlight),
})

/**
 * The lane of an offer that takes the place of another. A request that holds the lane before goes on with its offer, at its
 * price; what it learns is learnt of both.
 */
export function renewLane(before: Lane, offer: Offer): Lane {
  const { station, candidate } = before
  if (candidate.offer.upstreamModelName !== offer.upstreamModelName) {
    return createLane(station, offer)
  }
  const kept = isDeepStrictEqual(candidate.offer, offer) ? candidate.offer : offer
  if (kept === candidate.offer && candidate.contributor === station.contributor) return before
  return createLane(station, kept, before.health)
}
