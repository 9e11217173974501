import { DatabaseSync } from 'node:sqlite'
import { InvariantViolation } from '../base/assert.ts'
import type { Channel } from '../domain/channel.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import { type UsdBook, usdBookOf } from '../domain/usd-book.ts'
import { asStoreFailure } from './as-store-failure.ts'
import { readLedger } from './ledger-rows-sqlite.ts'
import { type LedgerSink, LedgerState } from './ledger-state.ts'

/** What settlement turns into money. */
type LedgerSnapshot = {
  readonly channels: readonly Channel[]
  readonly payouts: readonly Payout[]
  readonly usdBook: UsdBook
}

/** A ledger file as its gateway made it durable last, while it may be running. Throws StoreFailure. */
export function readLedgerSnapshot(path: string): LedgerSnapshot {
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      const state = new LedgerState(readOnly)
      readLedger(database, state)
      return {
        channels: [...state.channels.values()],
        payouts: [...state.payouts.values()],
        usdBook: usdBookOf(state.head),
      }
    } finally {
      database.close()
    }
  } catch (error) {
    throw asStoreFailure(`${path} cannot be read`, error)
  }
}

const refuse = (): never => {
  throw new InvariantViolation('a snapshot is only read')
}
const readOnly: LedgerSink = {
  putChannel: refuse,
  insertHold: refuse,
  extendHold: refuse,
  endHold: refuse,
  putSpending: refuse,
  putPayout: refuse,
  insertReceipt: refuse,
  putUsdBook: refuse,
}
