import { setImmediate } from 'node:timers/promises'
import { receiptSweepIntervalMs, receiptsExpiredAtOnceMax } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { unixSeconds, unixSecondsOf } from '../domain/units.ts'
import type { LedgerStore } from '../store/ledger-store.ts'

export type ReceiptSweep = {
  /** Ends behind the step that is under way. Never rejects. */
  readonly stop: () => Promise<void>
}

type SweepTerms = {
  readonly ledger: Pick<LedgerStore, 'expireReceipts'>
  readonly retentionS: number
  readonly nowMs: () => number
  readonly log: GatewayLog
}

/**
 * Deletes what has been kept long enough, at the start and every hour, a few receipts at a time so that requests go first.
 * Each replica does so: what another has deleted is not there any more.
 */
export function startReceiptSweep(terms: SweepTerms): ReceiptSweep {
  let isStopped = false
  const begin = () => sweep(terms, () => isStopped)
  let round: Promise<void> | undefined = begin()
  const ended = () => {
    round = undefined
  }
  void round.then(ended)
  const timer = setInterval(() => {
    round ??= begin().finally(ended)
  }, receiptSweepIntervalMs)
  timer.unref()
  return {
    stop: async () => {
      isStopped = true
      clearInterval(timer)
      await round
    },
  }
}

async function sweep(
  { ledger, retentionS, nowMs, log }: SweepTerms,
  isStopped: () => boolean,
): Promise<void> {
  const before = unixSeconds(Math.max(0, unixSecondsOf(nowMs()) - retentionS))
  const bound = { before, limit: receiptsExpiredAtOnceMax }
  let expired = 0
  try {
    for (let some = bound.limit; some === bound.limit && !isStopped(); expired += some) {
      some = await ledger.expireReceipts(bound)
      await setImmediate()
    }
  } catch (error) {
    // The store failed: it says so itself. The next round goes on where this one ended.
    log.error('receipts_not_expired', { error: error instanceof Error ? error.name : 'unknown' })
  }
  if (expired > 0) log.info('receipts_expired', { receipts: expired })
}
