import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type PrivateKey, parsePrivateKey } from './chain/private-key.ts'
import type { Section } from './config-fields.ts'

/** The files that a configuration names: where they are, and which they were. */
export type NamedFiles = {
  /** A path as it is written, absolute. */
  readonly resolve: (path: string) => string
  /** The same of a file that is part of the configuration: a change of it is a change of the configuration. */
  readonly at: (path: string) => string
}

type FileKey<Name extends string> = Section<{ readonly [key in Name]: string | undefined }>

/** A key is a file with 64 hex digits: never in the YAML, never on a command line. */
export function readKeyFile<Name extends string>(
  section: FileKey<Name>,
  key: Name,
  files: NamedFiles,
): PrivateKey {
  const parsed = parsePrivateKey(readFile(section, key, files).trim())
  return parsed ?? section.refuse(key, 'a file with a private key (0x and 64 hex digits)')
}

/** The text of the file that is named at `key`. Throws ConfigFault. */
export function readFile<Name extends string>(
  section: FileKey<Name>,
  key: Name,
  { at }: NamedFiles,
): string {
  const path = section.values[key]
  if (path === undefined) return section.refuse(key, 'a file that can be read')
  try {
    const text = readFileSync(at(path), 'utf8')
    section.note(key, hash('sha256', text))
    return text
  } catch {
    return section.refuse(key, 'a file that can be read')
  }
}
