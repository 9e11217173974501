import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { decryptKey, encryptKey, type KeystoreFault, keystoreAddress } from '../chain/keystore.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { readPrivately } from '../contributor/secret-file.ts'
import type { Address } from '../domain/units.ts'
import { writeDurably } from './channel-file.ts'
import { CommandFailure } from './command.ts'

const faults: Readonly<Record<KeystoreFault, string>> = {
  not_a_keystore: 'is no keystore, or it is damaged: bring back a copy of it',
  keystore_unsupported: 'is a keystore of a kind that is not read here (version 3 is)',
  password_wrong: 'does not open with this password',
  address_mismatch: 'holds the key of another account than it says: it was tampered with',
}

export const keystoreExists = (path: string): boolean => existsSync(path)

/** Whose account it is; no password is needed for that. */
export async function readKeystoreAddress(path: string): Promise<Address> {
  const account = keystoreAddress(await readKeystore(path))
  if (account !== undefined) return account
  throw new CommandFailure(`${path} ${faults.not_a_keystore}`)
}

/** Takes about half a second, beside the event loop. Throws CommandFailure. */
export async function openKeystore(path: string, password: string): Promise<PrivateKey> {
  const key = await decryptKey(await readKeystore(path), password)
  if (key.ok) return key.value
  throw new CommandFailure(`${path} ${faults[key.error]}`)
}

/**
 * On the disk when it resolves, for its owner's eyes alone. Never over another one: it may be the only way to an account.
 */
export async function writeKeystore(
  path: string,
  key: PrivateKey,
  password: string,
): Promise<void> {
  const json = await encryptKey(key, password)
  if (existsSync(path)) {
    throw new CommandFailure(
      `${path} is there already: move it away before another takes its place`,
    )
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeDurably(path, `${json}\n`)
}

async function readKeystore(path: string): Promise<string> {
  const content = await readPrivately(path)
  if (content.ok) return content.value
  throw new CommandFailure(content.error)
}
