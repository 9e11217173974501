import type { DatabaseSync } from 'node:sqlite'

/**
 * What `act` reads and writes belongs together: all of it is kept, or nothing when it throws. After `BEGIN IMMEDIATE` no
 * other process writes in between; after `BEGIN` all is read as it was at one moment.
 */
export function inTransaction<T>(
  database: DatabaseSync,
  begin: 'BEGIN' | 'BEGIN IMMEDIATE',
  act: () => T,
): T {
  database.exec(begin)
  try {
    const outcome = act()
    database.exec('COMMIT')
    return outcome
  } catch (error) {
    // A failed COMMIT (disk full) may already have ended the transaction.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
