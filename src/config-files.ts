import { readFileSync } from 'node:fs'
import { type PrivateKey, parsePrivateKey } from './chain/private-key.ts'
import type { ConfigFields } from './config-fields.ts'

/** A key is a file with 64 hex digits: never in the YAML, never on a command line. */
export function readKeyFile(
  fields: ConfigFields,
  key: string,
  at: (path: string) => string,
): PrivateKey {
  const path = fields.string(key)
  const parsed = parsePrivateKey(readFile(fields, key, at(path)).trim())
  return parsed ?? fields.fail(key, 'a file with a private key (0x and 64 hex digits)', path)
}

export function readFile(fields: ConfigFields, key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return fields.fail(key, 'a file that can be read', path)
  }
}
