/*
 * The embedded chain's memory between two starts, as two files of anvil's own format:
 *
 *   state.json       always whole: written beside and moved into place
 *   exit-state.json  what anvil writes when it is asked to stop; cut short when it is killed meanwhile
 *
 * At a start the exit state, when whole, becomes the state: it is the newer of the two.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { fromHex, type Hex } from '../base/hex.ts'

export const exitStatePath = (folder: string): string => join(folder, 'exit-state.json')

/**
 * The state to start from; undefined for a chain that never ran. No anvil may use the folder now. A state that somebody
 * spoiled is answered as well: anvil refuses it, where a silent new chain would hide the loss.
 */
export function recoverState(folder: string): string | undefined {
  const path = join(folder, 'state.json')
  const exitPath = exitStatePath(folder)
  if (isWholeJson(exitPath)) renameSync(exitPath, path)
  else rmSync(exitPath, { force: true })
  return existsSync(path) ? path : undefined
}

/** Keeps what `anvil_dumpState` answered. A crash leaves the old state or the new one, never a part. */
export function saveState(folder: string, dump: Hex): void {
  const draft = join(folder, 'state.json.new')
  const file = openSync(draft, 'w')
  try {
    writeFileSync(file, gunzipSync(fromHex(dump)))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, join(folder, 'state.json'))
}

function isWholeJson(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, 'utf8'))
    return true
  } catch {
    return false
  }
}
