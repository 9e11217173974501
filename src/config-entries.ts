/*
 * Contributors as they come over HTTP: the same declarations as in vouch.yaml read them, and the same faults are told. No
 * file and no variable of the environment can be named there: whoever sends an entry is not on this machine.
 */
import { err, ok, type Result } from './base/result.ts'
import { type Key, type Meaning, readYaml } from './config-fields.ts'
import type { NamedFiles } from './config-files.ts'
import { joiningTermsSection } from './config-joining.ts'
import { lentTermsSection } from './config-lending.ts'
import { ConfigFault } from './config-source.ts'
import { type UpstreamConfig, upstreamSection } from './config-upstreams.ts'
import type { JoiningTerms } from './domain/joining-terms.ts'
import type { LentTerms } from './domain/lent-terms.ts'

/** What an entry is held to before anything recursive sees it. */
type EntryBounds = {
  /** Members that name something on the gateway's machine. */
  readonly localKeys: ReadonlySet<string>
  readonly depthMax: number
}

/** An entry has five: a price stands in a model, which stands in a list. */
const plainEntry: EntryBounds = {
  localKeys: new Set(['apiKeyFile', 'apiKeyEnv', 'manifest', 'tokenizer']),
  depthMax: 8,
}
/** In a contributor's own terms a manifest is no file's name but stands there whole. */
const joiningEntry: EntryBounds = {
  localKeys: new Set(['apiKeyFile', 'apiKeyEnv', 'tokenizer']),
  depthMax: 16,
}

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
  const entry = readEntry(text, upstreamSection, plainEntry)
  return entry.ok
    ? meaningOf(() => entry.value({ files: noFiles, environment: {}, decimals }))
    : entry
}

/** What a lender's order says, from its text. */
export const readLentTerms = (text: string, decimals: number): Result<LentTerms, string> => {
  const entry = readEntry(text, lentTermsSection, plainEntry)
  return entry.ok ? meaningOf(() => entry.value({ decimals })) : entry
}

/** What the order of a contributor that joins says, from its text. */
export const readJoiningTerms = (text: string, decimals: number): Result<JoiningTerms, string> => {
  const entry = readEntry(text, joiningTermsSection, joiningEntry)
  return entry.ok ? meaningOf(() => entry.value({ decimals })) : entry
}

function readEntry<Terms, T>(
  text: string,
  key: Key<Meaning<Terms, T>>,
  bounds: EntryBounds,
): Result<Meaning<Terms, T>, string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return err('it is no JSON')
  }
  const objection = objectionTo(json, bounds)
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
function objectionTo(json: unknown, { localKeys, depthMax }: EntryBounds): string | undefined {
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
