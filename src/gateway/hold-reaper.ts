import { holdReapIntervalMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { type RecoveryDeps, recoverHolds } from './recover-holds.ts'

export type HoldReaper = {
  /** Starts no further round and waits for the one that runs. Never rejects. */
  readonly stop: () => Promise<void>
}

/**
 * Ends, again and again, what a replica that died left held. Whether its owner lives after all is for the ledger to say: of
 * two that end one request, one finds it ended and says so to its client.
 */
export function startHoldReaper(deps: RecoveryDeps & { readonly log: GatewayLog }): HoldReaper {
  let round: Promise<void> | undefined
  const timer = setInterval(() => {
    round ??= reap(deps).finally(() => {
      round = undefined
    })
  }, holdReapIntervalMs)
  timer.unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await round
    },
  }
}

async function reap(deps: RecoveryDeps & { readonly log: GatewayLog }): Promise<void> {
  const { log } = deps
  try {
    const recovered = await recoverHolds(deps)
    if (recovered.charged + recovered.released > 0) log.info('holds_recovered', recovered)
  } catch (error) {
    // The store failed: it says so itself. The next round tries again.
    log.error('hold_recovery_failed', { error: error instanceof Error ? error.name : 'unknown' })
  }
}
