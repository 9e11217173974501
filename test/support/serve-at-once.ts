import { atomic } from '../../src/domain/units.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { channelIdOf, holdOf, sealNote } from './channels.ts'

export const requestHold = 7n
export const requestCost = 3n

/** Many requests at once on the first channel: each is held and, where that was granted, charged. */
export async function serveAtOnce(
  store: LedgerStore,
  { name, count }: { readonly name: string; readonly count: number },
): Promise<{ readonly charged: number; readonly refused: number }> {
  const served = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const requestId = `${name}-${index}`
      const held = await store.hold(holdOf(requestId, channelIdOf(0), requestHold))
      if (!held.ok) {
        if (held.error.reason !== 'insufficient_balance') throw new Error(held.error.reason)
        return false
      }
      await held.value.durable
      const charged = await store.charge(requestId, atomic(requestCost), sealNote(requestId))
      if (charged === undefined) throw new Error(`${requestId} was charged before`)
      await charged.durable
      return true
    }),
  )
  const charged = served.filter((was) => was).length
  return { charged, refused: count - charged }
}
