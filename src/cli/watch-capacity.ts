import { CapacityWatch } from '../gateway/capacity-watch.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import { scheduleByTimer } from '../routing/waiting-room.ts'
import { askCapacity } from '../upstream/ask-capacity.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'

/** Asks whoever signs for its capacity from now on, until it is stopped. */
export function watchCapacity(terms: {
  readonly pool: ContributorPool
  readonly upstreams: UpstreamPools
  readonly nowMs: () => number
}): CapacityWatch {
  const { pool, upstreams, nowMs } = terms
  const watch = new CapacityWatch({
    pool,
    ask: (contributor) => askCapacity(upstreams, contributor),
    schedule: scheduleByTimer,
    random: Math.random,
    nowMs,
  })
  watch.start()
  return watch
}
