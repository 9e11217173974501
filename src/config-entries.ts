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

/** An entry has five: a price stands in a model, which stands in a list. */
const depthMax = 8

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
  const objection = objectionTo(json)
  if (objection !== undefined) return err(objection)
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

/** Before anything recursive sees it: what is nested deeper than any entry, and what names something on this machine. */
function objectionTo(json: unknown): string | undefined {
  let level: readonly unknown[] = [json]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return `it is nested deeper than ${depthMax} levels`
    const members = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.entries(value) : [],
    )
    const local = members.find(([name]) => localKeys.has(name))
    if (local !== undefined) {
      return `${local[0]}: nothing on the gateway's machine can be named here`
    }
    level = members.map(([, value]) => value)
  }
  return undefined
}
