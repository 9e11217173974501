/*
 * Contributors that are paid on different chains or in different tokens, as one desk: each has its channel in one place at a
 * time, where its registration says, and every place keeps its own books and its own pace. A place whose chain is gone holds
 * up nobody but those who are paid there.
 */
import { ok } from '../base/result.ts'
import type { PayContributors } from './pay-contributors.ts'
import { noPayouts, type PayoutDesk } from './payout-desk.ts'

export function payInAll(places: readonly PayContributors[]): PayContributors {
  const [only] = places
  if (only !== undefined && places.length === 1) return only
  const all = (act: (place: PayContributors) => Promise<void>) => async () => {
    await Promise.all(places.map(act))
  }
  return {
    desk: deskOf(places),
    pays: (contributorId) => places.some((place) => place.pays(contributorId)),
    setLenders: async (lenders) => {
      const set = await Promise.all(places.map((place) => place.setLenders(lenders)))
      return set.find(({ ok: isSet }) => !isSet) ?? ok(undefined)
    },
    payoutOf: async (contributor) => {
      for (const { payoutOf } of places) {
        const payout = await payoutOf(contributor)
        if (payout !== undefined) return payout
      }
      return undefined
    },
    show: async (voucher) => {
      for (const { show } of places) {
        const shown = await show(voucher)
        if (shown !== 'payout_not_found') return shown
      }
      return 'payout_not_found'
    },
    promiseNow: all(({ promiseNow }) => promiseNow()),
    relayNow: all(({ relayNow }) => relayNow()),
    stop: all(({ stop }) => stop()),
  }
}

function deskOf(places: readonly PayContributors[]): PayoutDesk {
  const paying = (contributorId: string): PayoutDesk =>
    places.find((place) => place.pays(contributorId))?.desk ?? noPayouts
  /** Of each request, by contributor: where its share is set aside, which is where it is earned. */
  const reservedAt = new Map<string, Map<string, PayoutDesk>>()
  const release: PayoutDesk['release'] = (requestId, contributorId) => {
    const desks = reservedAt.get(requestId)
    for (const [reservedFor, desk] of desks ?? []) {
      if (contributorId !== undefined && reservedFor !== contributorId) continue
      desk.release(requestId, reservedFor)
      desks?.delete(reservedFor)
    }
    if (desks?.size === 0) reservedAt.delete(requestId)
  }
  return {
    earning: (contributorId, cost, of) => {
      const reserved = of && reservedAt.get(of.requestId)?.get(contributorId)
      return (reserved ?? paying(contributorId)).earning(contributorId, cost, of)
    },
    reserve: (request) => {
      const { requestId, contributorId, beside } = request
      if (beside !== true) release(requestId)
      const desk = paying(contributorId)
      const desks = reservedAt.get(requestId) ?? new Map<string, PayoutDesk>()
      reservedAt.set(requestId, desks.set(contributorId, desk))
      return desk.reserve({ ...request, beside: true })
    },
    release,
    voucherFor: (contributorId) => paying(contributorId).voucherFor(contributorId),
    shown: (contributorId, voucher) => paying(contributorId).shown(contributorId, voucher),
    recovering: (contributorId) => paying(contributorId).recovering(contributorId),
    exhausted: (contributorId) => paying(contributorId).exhausted(contributorId),
  }
}
