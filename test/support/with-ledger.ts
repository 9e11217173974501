import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { channelIdOf, openSignedChannel } from './channels.ts'
import type { StoreKind, StorePlace } from './store-places.ts'

export type OpenLedger = { readonly place: StorePlace; readonly store: LedgerStore }

/** Before each test of a suite: an empty ledger of this kind with one channel, of which 1,000 are deposited and signed. */
export function withLedger(kind: StoreKind, use: (opened: OpenLedger) => void): void {
  let opened: OpenLedger
  beforeAll(kind.begin)
  afterAll(kind.end)
  beforeEach(async () => {
    const place = kind.createPlace()
    const store = await place.open()
    await openSignedChannel(store, channelIdOf(0), 1_000n)
    opened = { place, store }
    use(opened)
  })
  afterEach(async () => {
    await opened.store.close()
    await opened.place.remove()
  })
}
