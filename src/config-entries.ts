/*
 * Contributors as they come over HTTP: the same declarations as in vouch.yaml read them, and the same faults are told. No
 * file and no variable of the environment can be named there: whoever sends an entry is not on this machine.
 */
import { err, ok, type Result } from './base/result.ts'
import { type Key, type Meaning, readYaml } from './config-fields.ts'
import type { NamedFiles } from './config-files.ts'
import { lentTermsSection } from './config-lending.ts'
import { ConfigFault } from './config-source.ts'
import { type UpstreamConfig, upstreamSection } from './config-upstreams.ts'
import type { LentTerms } from './domain/lent-terms.ts'

/** Members of an entry that name something on the gateway's machine. */
const localKeys: ReadonlySet<string> = new Set(['apiKeyFile', 'apiKeyEnv', 'manifest', 'tokenizer'])

const noFiles: NamedFiles = {
  resolve: (path) => path,
  at: () => {
    throw new ConfigFault('no file can be named here')
  },
}

/** An `upstreams` entry without its key, from JSON text. The error is one line that names the member at fault. */
export const readUpstreamEntry = (
  text: string,
  decimals: number,
): Result<UpstreamConfig, string> => {
  const entry = readEntry(text, upstreamSection)
  return entry.ok
    ? meaningOf(() => entry.value({ files: noFiles, environment: {}, decimals }))
    : entry
}

/** What a lender's order says, from its text. */
export const readLentTerms = (text: string, decimals: number): Result<LentTerms, string> => {
  const entry = readEntry(text, lentTermsSection)
  return entry.ok ? meaningOf(() => entry.value({ decimals })) : entry
}

function readEntry<Terms, T>(
  text: string,
  key: Key<Meaning<Terms, T>>,
): Result<Meaning<Terms, T>, string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return err('it is no JSON')
  }
  const local = localKeyIn(json)
  if (local !== undefined)
    return err(`${local}: nothing on the gateway's machine can be named here`)
  // Written anew it holds nothing that JSON has not: no anchor, no tag and no comment of YAML.
  const plain = { file: place, text: JSON.stringify(json), environment: {} }
  return meaningOf(() => readYaml(plain, key).value)
}

const place = 'entry'

function meaningOf<T>(read: () => T): Result<T, string> {
  try {
    return ok(read())
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error
    return err(error.message.replace(new RegExp(`^${place}:\\d+: `), ''))
  }
}

function localKeyIn(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  for (const [name, value] of Object.entries(json)) {
    const found = localKeys.has(name) ? name : localKeyIn(value)
    if (found !== undefined) return found
  }
  return undefined
}
