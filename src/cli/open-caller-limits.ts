import { join } from 'node:path'
import type { GatewayLog } from '../base/log.ts'
import type { GatewayConfig } from '../config.ts'
import { unlimited } from '../domain/caller-limits.ts'
import { type CallerLimitsDeps, CallerLimitsDesk } from '../payment/caller-limits-desk.ts'
import { LimitOverrides } from '../payment/caller-limits-overrides.ts'
import type { CallerLimitsStore } from '../store/caller-limits-store.ts'
import { openSqliteCallerLimits } from '../store/caller-limits-store-sqlite.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { CommandFailure } from './command.ts'

/** What keys and accounts may have, by vouch.yaml and by what was said of single ones since. Throws CommandFailure. */
export async function openCallerLimits(
  deps: Pick<CallerLimitsDeps, 'windows' | 'concurrency' | 'nowMs'> & {
    readonly config: GatewayConfig
    readonly log: GatewayLog
  },
): Promise<{ readonly desk: CallerLimitsDesk; readonly close: () => Promise<void> }> {
  const { config, log, ...counters } = deps
  try {
    const overrides = await LimitOverrides.open(await openStore(config), () =>
      log.error('caller_limits_unreadable'),
    )
    const defaults = config.limits ?? unlimited
    const desk = new CallerLimitsDesk({ ...counters, defaults, overrides })
    return { desk, close: () => overrides.close() }
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

/** A gateway by itself does not load Redis's client. */
async function openStore({ store, dataFolder }: GatewayConfig): Promise<CallerLimitsStore> {
  if (store === undefined) return openSqliteCallerLimits(join(dataFolder, 'limits.db'))
  const { openRedisCallerLimits } = await import('../store/caller-limits-store-redis.ts')
  return openRedisCallerLimits({ url: store.redisUrl, keyPrefix: store.keyPrefix })
}
