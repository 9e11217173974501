import { DatabaseSync } from 'node:sqlite'
import { InvariantViolation } from '../base/assert.ts'
import type { Channel } from '../domain/channel.ts'
import type { Payout } from '../domain/payout-ledger.ts'
import { type UsdBook, usdBookOf } from '../domain/usd-book.ts'
import { readLedger } from './ledger-rows-sqlite.ts'
import { type LedgerSink, LedgerState } from './ledger-state.ts'
import { StoreFailure } from './ledger-store.ts'

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
    const detail = error instanceof Error ? error.message : String(error)
    throw new StoreFailure(`${path} cannot be read: ${detail}`)
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
