import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../base/message-of.ts'
import { err, ok, type Result } from '../base/result.ts'

export type DataFolderLock = { readonly release: () => void }

export type DataFolderFailure =
  | { readonly reason: 'data_folder_in_use'; readonly folder: string }
  | { readonly reason: 'data_folder_unusable'; readonly folder: string; readonly detail: string }

const sqliteBusy = 5

/** A database that nobody refers to is collected, and its lock with it: a lock lasts until it is released. */
const held = new Set<DatabaseSync>()

/**
 * Makes the folder if need be and takes it for this process. The lock is SQLite's exclusive file lock: the system drops it
 * with the process, however that ends, so that no stale lock is ever left to clean up.
 */
export function lockDataFolder(folder: string): Result<DataFolderLock, DataFolderFailure> {
  let database: DatabaseSync | undefined
  try {
    // Keys live in here: nobody else may look.
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    return err(failureOf(folder, error))
  }
  const lock = database
  held.add(lock)
  return ok({
    release: () => {
      held.delete(lock)
      lock.close()
    },
  })
}

function failureOf(folder: string, error: unknown): DataFolderFailure {
  if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) {
    return { reason: 'data_folder_in_use', folder }
  }
  const detail = messageOf(error)
  return { reason: 'data_folder_unusable', folder, detail }
}

/** One line for a person. */
export function describeDataFolderFailure(failure: DataFolderFailure): string {
  switch (failure.reason) {
    case 'data_folder_in_use':
      return `another process uses the data folder ${failure.folder}: stop it, or choose another folder`
    case 'data_folder_unusable':
      return `cannot use the data folder ${failure.folder} (${failure.detail}): make it writable, or choose another folder`
  }
}
