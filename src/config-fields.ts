/*
 * Sections of vouch.yaml, each declared once: its keys, what may stand there, their defaults and what they mean. Out of the
 * declaration come the reader, the JSON Schema (docs/vouch.schema.json) and the headings that docs/configuration.md must have.
 *
 * To add a key:
 *  1. In the `keys` of its section (src/config-*.ts), one entry of a kind of config-values.ts or config-amounts.ts, with a
 *     sentence that says what it is and in which unit: `everyS: integer({ says: '…, in seconds.', min: 1, max: 60, default: 10 })`.
 *     Without a default it must be given, unless it is `optional(…)`. What several keys must keep to together is one of `rules`.
 *  2. In the section's `read`, what it means: `section.values.everyS` is typed. What only the whole file can tell
 *     (`section.refuse('everyS', 'less than …')`) is checked there, and nothing that a schema can say.
 *  3. A heading in docs/configuration.md, and `vouch check-config --schema > docs/vouch.schema.json`.
 *  4. A change of it takes a restart, and is refused while the gateway runs. One that can be taken over between two requests is
 *     one of the live keys of cli/judge-reload.ts.
 * A new section is a `section({…})` of its own, named in the `keys` of the one above it.
 *
 * Reading has two steps. First the whole file is held to what is declared, which is exactly what the schema says, and all
 * faults are told at once. Then sections are asked for their meaning, in the order that their terms need.
 */
import { assert } from './base/assert.ts'
import type { Environment } from './config-interpolation.ts'
import {
  ConfigFault,
  type ConfigSource,
  entriesOf,
  keysAt,
  mapAt,
  openYaml,
  orEmpty,
  refuse,
  report,
  type Spot,
  spotOf,
} from './config-source.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

/** What may stand at one place. Covariant: a table of keys is a `Readonly<Record<string, Key<unknown>>>`. */
export type Key<T> = {
  readonly schema: JsonSchema
  /** It must be written. */
  readonly isRequired: boolean
  readonly isSecret?: boolean
  /** Answers nothing of use after a report. */
  readonly read: (spot: Spot) => T
}

/** What a section comes to once its terms are known. */
export type Meaning<Terms, T> = (terms: Terms) => T

type KeyTable = Readonly<Record<string, Key<unknown>>>
type Values<Keys extends KeyTable> = {
  readonly [Name in keyof Keys]: Keys[Name] extends Key<infer T> ? T : never
}

/** A section that keeps to its declaration. */
export type Section<V> = {
  readonly values: V
  /** Throws ConfigFault, which shows what is written there. */
  readonly refuse: (key: keyof V & string, expected: string) => never
  /** Notes what a file holds that a key names, so that a change of it is seen. */
  readonly note: (key: keyof V & string, digest: string) => void
}

/** What keys must keep to together. */
export type Rule = {
  readonly schema: JsonSchema
  /** The key to blame, and what was expected there; undefined where all is well. */
  readonly fault: (isWritten: (key: string) => boolean) => readonly [string, string] | undefined
}

/** Stands for what could not be read; nobody looks at it, because a file with a fault has no meaning. */
const unread = undefined as never

function reported<T>(spot: Spot, expected: string): T {
  report(spot, expected)
  return unread
}

export function section<const Keys extends KeyTable, Terms, T>(declared: {
  readonly says: string
  readonly keys: Keys
  readonly rules?: readonly Rule[]
  readonly read: (section: Section<Values<Keys>>, terms: Terms) => T
}): Key<Meaning<Terms, T>> {
  const { keys, rules = [] } = declared
  const names = Object.keys(keys)
  const required = names.filter((name) => keys[name]?.isRequired)
  const together = rules.map(({ schema }) => schema)
  return {
    schema: {
      description: declared.says,
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, keys[name]?.schema])),
      ...(required.length > 0 && { required }),
      ...(together.length > 0 && { allOf: together }),
      additionalProperties: false,
    },
    isRequired: true,
    read: (spot) => {
      if (mapAt(spot) === undefined) return reported(spot, 'a mapping')
      const at = (name: string): Spot => spotOf(spot, name, keys[name]?.isSecret)
      for (const { name, at: place } of keysAt(spot)) {
        if (!Object.hasOwn(keys, name))
          report(place, `one of: ${names.join(', ')}`, 'an unknown key')
      }
      const isWritten = (name: string): boolean => at(name).node !== undefined
      for (const rule of rules) {
        const [name, expected] = rule.fault(isWritten) ?? []
        if (name !== undefined && expected !== undefined) report(at(name), expected)
      }
      const values = Object.fromEntries(names.map((name) => [name, keys[name]?.read(at(name))]))
      const read: Section<Values<Keys>> = {
        values: values as Values<Keys>,
        refuse: (name, expected) => refuse(at(name), expected),
        note: (name, digest) => spot.source.settings.set(at(name).path, digest),
      }
      return (terms) => declared.read(read, terms)
    },
  }
}

/** A section or a value that may be left out; undefined then. */
export const optional = <T>(key: Key<T>): Key<T | undefined> => ({
  ...key,
  isRequired: false,
  read: (spot) => (spot.node === undefined ? undefined : key.read(spot)),
})

/** A section whose keys all have defaults: one that is left out is read as one without keys. */
export function ofDefaults<T>(key: Key<T>): Key<T> {
  assert(key.schema['required'] === undefined, 'a section of defaults requires no key')
  return { ...key, isRequired: false, read: (spot) => key.read(orEmpty(spot)) }
}

/** One entry or more of the same section, no two with the same `id`. */
export function list<Terms, T extends { readonly id: string }>(declared: {
  readonly says: string
  readonly of: Key<Meaning<Terms, T>>
  /** The key that tells entries apart. */
  readonly by: string
}): Key<Meaning<Terms, readonly T[]>> {
  return {
    schema: { description: declared.says, type: 'array', minItems: 1, items: declared.of.schema },
    isRequired: true,
    read: (spot) => {
      const entries = entriesOf(spot).map((entry) => ({ entry, mean: declared.of.read(entry) }))
      if (entries.length === 0) return reported(spot, 'a list with at least one entry')
      return (terms) => {
        const ids = new Set<string>()
        return entries.map(({ entry, mean }) => {
          const meant = mean(terms)
          if (ids.has(meant.id)) {
            refuse(spotOf(entry, declared.by), `another ${declared.by} than the entries before`)
          }
          ids.add(meant.id)
          return meant
        })
      }
    },
  }
}

export const exactlyOne = (one: string, other: string): Rule => ({
  schema: { oneOf: [{ required: [one] }, { required: [other] }] },
  fault: (isWritten) => {
    if (isWritten(one) && isWritten(other)) return [other, `none beside ${one}`]
    return isWritten(one) || isWritten(other) ? undefined : [one, `text here or under ${other}`]
  },
})

export const atLeastOne = (one: string, other: string): Rule => ({
  schema: { anyOf: [{ required: [one] }, { required: [other] }] },
  fault: (isWritten) =>
    isWritten(one) || isWritten(other) ? undefined : [one, `a value here or under ${other}`],
})

export const atMostOne = (one: string, other: string): Rule => ({
  schema: { not: { required: [one, other] } },
  fault: (isWritten) =>
    isWritten(one) && isWritten(other) ? [other, `none beside ${one}`] : undefined,
})

/** `key` makes no sense without `needed`. */
export const needs = (key: string, needed: string): Rule => ({
  schema: { dependentRequired: { [key]: [needed] } },
  fault: (isWritten) =>
    isWritten(key) && !isWritten(needed) ? [needed, `a value, because ${key} has one`] : undefined,
})

/** Holds a whole file to what is declared. Throws ConfigFault with a line for each fault. */
export function readYaml<T>(
  of: { readonly file: string; readonly text: string; readonly environment: Environment },
  key: Key<T>,
): Pick<ConfigSource, 'settings' | 'secretFiles'> & { readonly value: T } {
  const top = openYaml(of)
  const value = key.read(top)
  const [first, ...others] = top.source.faults
  if (first !== undefined) throw new ConfigFault(first, ...others)
  const { settings, secretFiles } = top.source
  return { value, settings, secretFiles }
}
