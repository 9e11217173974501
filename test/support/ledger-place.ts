/*
 * Where a ledger store keeps its data, as its conformance suite needs it: opened, copied as a power cut would leave it,
 * broken, mended and removed.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { LedgerStore, StoreFailure } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'

export type LedgerPlace = {
  readonly open: (onFailure?: (failure: StoreFailure) => void) => LedgerStore
  /** What is on the disk now. */
  readonly copy: () => LedgerPlace
  /** From now on every commit that writes to this table fails. */
  readonly breakWrites: (table?: 'holds' | 'channels') => void
  readonly mendWrites: () => void
  readonly remove: () => void
}

/** Changes the tables of the ledger at `path` under whoever has it open. */
export function alterTables(path: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(path)
  for (const statement of statements) database.exec(statement)
  database.close()
}

/** The files of the ledger at `path` as they are now, in a folder of their own. */
export function copyLedger(path: string): { readonly path: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-ledger-'))
  const copyPath = join(folder, 'ledger.db')
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix)) copyFileSync(path + suffix, copyPath + suffix)
  }
  return { path: copyPath, remove: () => rmSync(folder, { recursive: true }) }
}

export function sqlitePlace(): LedgerPlace {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-ledger-'))
  return sqlitePlaceAt({
    path: join(folder, 'ledger.db'),
    remove: () => rmSync(folder, { recursive: true }),
  })
}

function sqlitePlaceAt({ path, remove }: ReturnType<typeof copyLedger>): LedgerPlace {
  return {
    open: (onFailure) =>
      openSqliteLedger({ path, ...(onFailure === undefined ? {} : { onFailure }) }),
    copy: () => sqlitePlaceAt(copyLedger(path)),
    // A table that is gone fails a commit as a full disk does: in the middle, after statements that worked.
    breakWrites: (table = 'holds') =>
      alterTables(path, `ALTER TABLE ${table} RENAME TO lost_${table}`),
    mendWrites: () => alterTables(path, 'ALTER TABLE lost_holds RENAME TO holds'),
    remove,
  }
}
