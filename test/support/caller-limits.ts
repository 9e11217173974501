/*
 * Limits of callers in one process, counted as a gateway without Redis does.
 */
import { type DefaultLimits, unlimited } from '../../src/domain/caller-limits.ts'
import { type CallerLimitsDeps, CallerLimitsDesk } from '../../src/payment/caller-limits-desk.ts'
import { MemoryConcurrency } from '../../src/store/concurrency-store-memory.ts'
import { MemoryRateWindows } from '../../src/store/rate-window-store-memory.ts'

export function callerLimits(
  defaults: DefaultLimits = unlimited,
  deps: Partial<CallerLimitsDeps> = {},
): CallerLimitsDesk {
  return new CallerLimitsDesk({
    defaults,
    overrides: { of: () => undefined, put: async () => {}, remove: async () => false },
    windows: new MemoryRateWindows(),
    concurrency: new MemoryConcurrency(),
    nowMs: Date.now,
    ...deps,
  })
}

/** For a recovery in which nobody is limited. */
export const nobodyLimited = { limits: callerLimits(), priceDecimals: 6 }
