/*
 * A book: few rows, which any process may change and each process keeps in memory, and a version, which every change raises
 * and by which the others see that they must read again. It has a file of its own beside the ledger.
 */
import type { DatabaseSync } from 'node:sqlite'
import { openDurableFile } from './durable-file-sqlite.ts'

const versionSchema = `
  CREATE TABLE IF NOT EXISTS book (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL) STRICT;
  INSERT OR IGNORE INTO book VALUES (1, 0);
`
/** Another process writes a row or two, never long. */
const otherWriterPatienceMs = 1_000

/** `rowsSchema` makes the tables of its rows. Throws StoreFailure when the file cannot be opened. */
export const openBookFile = (path: string, rowsSchema: string): DatabaseSync =>
  openDurableFile({
    path,
    layOut: (database) => database.exec(rowsSchema + versionSchema),
    otherWriterPatienceMs,
  })

export const bookVersion = (database: DatabaseSync): number =>
  Number(database.prepare('SELECT version FROM book').get()?.['version'])

export const raiseBookVersion = (database: DatabaseSync): void =>
  database.exec('UPDATE book SET version = version + 1')
