/*
 * Reading a YAML mapping field by field, so that whatever is wrong is told with file, line, key and what was expected,
 * and a key that nobody reads is an error: a misspelt setting must not fall back to a default in silence.
 */
import { basename } from 'node:path'
import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  YAMLMap,
} from 'yaml'
import { type Address, address, isAddress } from './domain/units.ts'

/** What is wrong with a configuration, in one line for a person. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault'
}

export type Range = { readonly min: number; readonly max: number }

/** One mapping of the file. Each getter marks its key as read; `done` refuses the rest. */
export class ConfigFields {
  readonly #place: Place
  readonly #map: YAMLMap
  readonly #path: string
  readonly #read = new Set<string>()

  constructor(place: Place, map: YAMLMap, path: string) {
    this.#place = place
    this.#map = map
    this.#path = path
  }

  has(key: string): boolean {
    this.#read.add(key)
    return this.#map.has(key)
  }

  string(key: string, fallback?: string): string {
    const value = this.#scalar(key)
    if (value === undefined && fallback !== undefined) return fallback
    if (typeof value === 'string' && value !== '') return value
    return this.fail(key, 'text', value)
  }

  optionalString(key: string): string | undefined {
    return this.has(key) ? this.string(key) : undefined
  }

  /** A short name of printable ASCII without spaces: it stands in headers and in log lines. */
  name(key: string): string {
    const value = this.string(key)
    return /^[!-~]{1,64}$/.test(value)
      ? value
      : this.fail(key, 'a name of up to 64 printable ASCII characters without spaces', value)
  }

  integer(key: string, range: Range, fallback?: number): number {
    const value = this.#scalar(key)
    if (value === undefined && fallback !== undefined) return fallback
    const fits =
      typeof value === 'number' &&
      Number.isInteger(value) &&
      value >= range.min &&
      value <= range.max
    return fits ? value : this.fail(key, `a whole number from ${range.min} to ${range.max}`, value)
  }

  optionalInteger(key: string, range: Range): number | undefined {
    return this.has(key) ? this.integer(key, range) : undefined
  }

  address(key: string, fallback?: Address): Address {
    const value = this.#scalar(key)
    if (value === undefined && fallback !== undefined) return fallback
    // YAML reads an unquoted 0x… as a number, and rounds it.
    if (typeof value === 'number') {
      return this.fail(
        key,
        'an address in quotes: YAML reads 0x… without quotes as a number',
        value,
      )
    }
    return isAddress(value)
      ? address(value)
      : this.fail(key, 'an address (0x and 40 digits)', value)
  }

  /** An amount in whole units with decimals, such as "0.25", as atomic units of an asset with that many decimals. */
  amount(key: string, decimals: number, fallback?: string): bigint {
    const value = this.#scalar(key) ?? fallback
    const text = typeof value === 'number' ? String(value) : value
    const [, whole, fraction = ''] = /^(\d{1,20})(?:\.(\d+))?$/.exec(String(text)) ?? []
    if (whole === undefined || fraction.length > decimals) {
      return this.fail(key, `an amount with at most ${decimals} decimals, such as "0.25"`, value)
    }
    return BigInt(whole + fraction.padEnd(decimals, '0'))
  }

  url(key: string): string {
    const value = this.#scalar(key)
    if (typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)) {
      const { username, password, search, hash } = new URL(value)
      if (username + password + search + hash === '') return value.replace(/\/+$/, '')
      return this.fail(key, 'a URL without user, password, query or fragment', '…')
    }
    return this.fail(key, 'a URL that starts with http:// or https://', value)
  }

  map<T>(key: string, read: (fields: ConfigFields) => T): T {
    this.#read.add(key)
    const node = this.#map.get(key, true) as Node | undefined
    if (!isMap(node)) return this.fail(key, 'a mapping', node?.toJSON())
    return readWhole(new ConfigFields(this.#place, node, this.#join(key)), read)
  }

  /** A mapping whose keys all have defaults: one that is not there is read as one without keys. */
  optionalMap<T>(key: string, read: (fields: ConfigFields) => T): T {
    if (this.has(key)) return this.map(key, read)
    return read(new ConfigFields(this.#place, new YAMLMap(), this.#join(key)))
  }

  /** Entries of a list, told apart by their `id`. */
  list<T extends { readonly id: string }>(
    key: string,
    read: (fields: ConfigFields) => T,
  ): readonly T[] {
    this.#read.add(key)
    const node = this.#map.get(key, true) as Node | undefined
    if (!isSeq(node) || node.items.length === 0) {
      return this.fail(key, 'a list with at least one entry', node?.toJSON())
    }
    const ids = new Set<string>()
    return node.items.map((item, index) => {
      const path = `${this.#join(key)}[${index}]`
      if (!isMap(item)) throw this.#place.fault(item as Node, path, 'a mapping', toPlain(item))
      const fields = new ConfigFields(this.#place, item, path)
      const entry = readWhole(fields, read)
      if (ids.has(entry.id)) fields.fail('id', 'an id that no other entry has', entry.id)
      ids.add(entry.id)
      return entry
    })
  }

  addresses(key: string): readonly Address[] {
    this.#read.add(key)
    const node = this.#map.get(key, true) as Node | undefined
    if (!isSeq(node) || node.items.length === 0) {
      return this.fail(key, 'a list with at least one address', node?.toJSON())
    }
    return node.items.map((item) => {
      const value: unknown = isScalar(item) ? item.value : item
      return isAddress(value) ? address(value) : this.fail(key, 'a list of quoted addresses', value)
    })
  }

  fail(key: string, expected: string, got: unknown): never {
    const node = this.#map.get(key, true) as Node | undefined
    throw this.#place.fault(node ?? this.#map, this.#join(key), expected, got)
  }

  /** Refuses keys that no getter asked for. */
  done(): void {
    for (const { key } of this.#map.items) {
      const name = String(isScalar(key) ? key.value : key)
      if (this.#read.has(name)) continue
      const known = [...this.#read].join(', ')
      throw this.#place.fault(key as Node, this.#join(name), `one of: ${known}`, 'an unknown key')
    }
  }

  #scalar(key: string): unknown {
    this.#read.add(key)
    const value: unknown = this.#map.get(key)
    return value ?? undefined
  }

  #join(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }
}

function readWhole<T>(fields: ConfigFields, read: (fields: ConfigFields) => T): T {
  const value = read(fields)
  fields.done()
  return value
}

/** Where in which file. */
class Place {
  readonly #file: string
  readonly #lines: LineCounter

  constructor(file: string, lines: LineCounter) {
    this.#file = file
    this.#lines = lines
  }

  fault(node: Node | null, path: string, expected: string, got: unknown): ConfigFault {
    const offset = node?.range?.[0]
    const line = offset === undefined ? '' : `:${this.#lines.linePos(offset).line}`
    return new ConfigFault(`${this.#file}${line}: ${path}: expected ${expected}, got ${show(got)}`)
  }
}

const toPlain = (item: unknown): unknown => (isNode(item) ? item.toJSON() : item)

/** What stands where a file's name should may be the secret itself. */
const secretPattern = /^(0x)?[0-9a-f]{64}$|^sk-/i

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string' && secretPattern.test(basename(value))) return 'a secret'
  return JSON.stringify(value)?.slice(0, 80) ?? String(value)
}

/** Parses YAML text and reads it whole. Throws ConfigFault. `file` is for messages. */
export function readYaml<T>(file: string, text: string, read: (fields: ConfigFields) => T): T {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [problem] = document.errors
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line
    const [what] = problem.message.split('\n')
    throw new ConfigFault(`${file}${line === undefined ? '' : `:${line}`}: not YAML: ${what}`)
  }
  const place = new Place(file, lines)
  if (!isMap(document.contents)) {
    throw place.fault(document.contents as Node | null, 'the file', 'a mapping', undefined)
  }
  return readWhole(new ConfigFields(place, document.contents, ''), read)
}
