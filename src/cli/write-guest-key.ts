import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DevChain } from '../dev/bootstrap-chain.ts'

export const guestKeyPath = (folder: string): string => join(folder, 'guest.key')

/** Leaves a key that owns devUSD and gas money, so that a newcomer can open a channel with it: `--key` takes this file. */
export function writeGuestKey(folder: string, { keys }: DevChain): void {
  writeFileSync(guestKeyPath(folder), `${keys.guest}\n`, { mode: 0o600 })
}
