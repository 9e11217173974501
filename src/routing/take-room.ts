import { err, ok, type Result } from '../base/result.ts'
import type { Soon } from '../base/soon.ts'
import type { ConcurrencyStore, Leave } from '../store/concurrency-store.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import type {
  RateClaim,
  RateReservation,
  RateWindowFull,
  RateWindowStore,
} from '../store/rate-window-store.ts'
import type { Station } from './lane.ts'
import { placeRetryMs } from './limits.ts'

/** Where room is counted for more than one process, or by time. */
export type RoomStores = {
  readonly windows: RateWindowStore
  /** Undefined where one process counts for itself: then nothing is asked, and nothing waited for. */
  readonly concurrency: ConcurrencyStore | undefined
}

/** What one request took of a contributor's limits. */
export type Room = {
  readonly reservation: RateReservation | undefined
  readonly leave: Leave
}

/** Which limit is reached, or that nobody could say whether one is: without an answer nobody is asked. */
export type NoRoom = RateWindowFull | 'store_unavailable'

const nothingToLeave: Leave = () => {}
const noRoomNeeded: Result<Room, never> = ok({ reservation: undefined, leave: nothingToLeave })

/**
 * Takes room at all limits of a contributor that replicas share or that are counted by time, or at none. Answers at once,
 * without a promise, where there is none of these.
 */
export function takeRoom(
  station: Station,
  claims: readonly RateClaim[],
  stores: RoomStores,
  nowMs: number,
): Soon<Result<Room, NoRoom>> {
  const isPlaceShared = stores.concurrency !== undefined && station.placeLimit !== undefined
  if (claims.length === 0 && !isPlaceShared) return noRoomNeeded
  return askForRoom(station, claims, stores, nowMs)
}

async function askForRoom(
  { placeLimit }: Station,
  claims: readonly RateClaim[],
  { windows, concurrency }: RoomStores,
  nowMs: number,
): Promise<Result<Room, NoRoom>> {
  let leave = nothingToLeave
  try {
    // First, because a place that was not needed after all leaves no trace.
    const entered = placeLimit && (await concurrency?.enter([placeLimit], nowMs))
    if (entered?.ok === false) return err({ ...entered.error, retryAfterMs: placeRetryMs })
    if (entered !== undefined) leave = entered.value
    if (claims.length === 0) return ok({ reservation: undefined, leave })
    const reserved = await windows.reserve(claims, nowMs)
    if (reserved.ok) return ok({ reservation: reserved.value, leave })
    leave()
    return reserved
  } catch (error) {
    leave()
    if (error instanceof StoreFailure) return err('store_unavailable')
    throw error
  }
}
