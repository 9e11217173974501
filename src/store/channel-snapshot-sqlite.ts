import { DatabaseSync } from 'node:sqlite'
import { InvariantViolation } from '../base/assert.ts'
import type { Channel } from '../domain/channel.ts'
import { readLedger } from './ledger-rows-sqlite.ts'
import { type LedgerSink, LedgerState } from './ledger-state.ts'
import { StoreFailure } from './ledger-store.ts'

/** The channels of a ledger file as its gateway made them durable last, while it may be running. Throws StoreFailure. */
export function readChannelSnapshot(path: string): readonly Channel[] {
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      const state = new LedgerState(readOnly)
      readLedger(database, state)
      return [...state.channels.values()]
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
