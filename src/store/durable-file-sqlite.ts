import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../base/message-of.ts'
import { StoreFailure } from './ledger-store.ts'

/**
 * Every commit reaches the disk before it is answered: WAL alone would lose the last commits in a power cut. A file that is
 * new gets pages of 8 KiB: of SQLite's usual 4 a receipt takes one for itself, and each is written twice.
 */
export const durablePragmas =
  'PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'

/**
 * A database file, made where there is none. `layOut` makes its tables, or throws what is wrong with those that it has.
 * Throws StoreFailure with one line for a person when the file cannot be opened.
 */
export function openDurableFile(options: {
  readonly path: string
  readonly layOut: (database: DatabaseSync) => void
  /** How long a statement waits for another process that writes. */
  readonly otherWriterPatienceMs: number
}): DatabaseSync {
  const { path, layOut, otherWriterPatienceMs } = options
  try {
    const database = new DatabaseSync(path, { timeout: otherWriterPatienceMs })
    database.exec(durablePragmas)
    layOut(database)
    return database
  } catch (error) {
    throw new StoreFailure(`${path} cannot be opened: ${messageOf(error)}`)
  }
}
