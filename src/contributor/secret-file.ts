import { readFile, stat } from 'node:fs/promises'
import { err, ok, type Result } from '../base/result.ts'
import { type PrivateKey, parsePrivateKey } from '../chain/private-key.ts'
import { smallFileBytesMax } from './limits.ts'

/*
 * Keys and secrets come from files and never from arguments or the environment, which other users
 * of the machine can see in the process list. Errors name the file and never quote it.
 */

const permissionsOfOthers = 0o077
const secretLengthMin = 16

/** A signing key: 64 hex digits with or without 0x, or JSON with them as `privateKey`. */
export async function readKeyFile(path: string): Promise<Result<PrivateKey, string>> {
  const content = await readPrivately(path)
  if (!content.ok) return content
  const text = keyTextOf(content.value.trim())
  const key = parsePrivateKey(text.startsWith('0x') ? text : `0x${text}`)
  if (key !== undefined) return ok(key)
  return err(`${path} holds no key: expected 64 hex digits, or JSON with them as "privateKey"`)
}

/** What both ends of a connection know: one line of at least 16 characters. */
export async function readSecretFile(path: string): Promise<Result<string, string>> {
  const content = await readPrivately(path)
  if (!content.ok) return content
  const secret = content.value.trim()
  const isOneWord = /^[\x21-\x7e]+$/.test(secret)
  if (isOneWord && secret.length >= secretLengthMin) return ok(secret)
  return err(`${path} holds no secret: expected ${secretLengthMin} or more characters, no spaces`)
}

/** A password is the file's first line, spaces and all, as other wallets' tools read it. */
export async function readPasswordFile(path: string): Promise<Result<string, string>> {
  const content = await readPrivately(path)
  if (!content.ok) return content
  const [password = ''] = content.value.split(/\r?\n/)
  return password === '' ? err(`${path} holds no password on its first line`) : ok(password)
}

/** Of a file that is a secret as a whole, such as a keystore. */
export async function readPrivately(path: string): Promise<Result<string, string>> {
  try {
    const { mode, size } = await stat(path)
    if (size > smallFileBytesMax) return err(`${path} is too large`)
    // Windows has no such bits and reports them all set.
    if (process.platform !== 'win32' && (mode & permissionsOfOthers) !== 0) {
      return err(`${path} can be read by others: run chmod 600 on it`)
    }
    return ok(await readFile(path, 'utf8'))
  } catch (error) {
    return err(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

function keyTextOf(content: string): string {
  if (!content.startsWith('{')) return content
  try {
    const { privateKey } = JSON.parse(content) as { privateKey?: unknown }
    return typeof privateKey === 'string' ? privateKey : ''
  } catch {
    return ''
  }
}
