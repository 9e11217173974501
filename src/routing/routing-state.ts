import type { ConcurrencyStore } from '../store/concurrency-store.ts'
import type { RateWindowStore } from '../store/rate-window-store.ts'
import type { chooseLane } from './choose-lane.ts'
import type { Hedging } from './hedging.ts'
import type { PrefixAffinity } from './prefix-affinity.ts'
import type { Random } from './seeded-random.ts'
import type { Schedule, WaitingRoom } from './waiting-room.ts'

/** What routes share: owned by the pool. */
export type RoutingState = {
  readonly windows: RateWindowStore
  /** Undefined where no other process serves from the same limits. */
  readonly concurrency: ConcurrencyStore | undefined
  readonly affinity: PrefixAffinity
  readonly random: Random
  readonly choose: typeof chooseLane
  readonly hedging: Hedging
  /** Every request is hedged that does not say otherwise; else only those that ask for it. */
  readonly hedgesAll: boolean
  readonly schedule: Schedule
  readonly roomOf: (laneName: string) => WaitingRoom
  /** Somebody has room again; a contributor of several models may be waited for in several rooms. */
  readonly wakeRooms: (nowMs: number) => void
}
