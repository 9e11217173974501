/*
 * The published schema and the reader of vouch.yaml take the same files. Both are made of one declaration, so what is tested
 * is that a schema's keywords and a parser's checks mean the same: whole files out of the schema, then changed in one place.
 */
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { configSchema, configSection } from '../../src/config.ts'
import { type JsonSchema, readYaml } from '../../src/config-fields.ts'
import { ConfigFault } from '../../src/config-source.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Place = { readonly path: readonly (string | number)[]; readonly schema: JsonSchema }

const validate = new Ajv2020({ allErrors: false, strictTypes: false }).compile(configSchema)

/** Held to what is declared, as the file is before any of its files is opened. */
function isReadable(config: Json): boolean {
  const environment = { NUMBER: '9', WORD: 'word' }
  try {
    readYaml({ file: 'vouch.yaml', text: JSON.stringify(config), environment }, configSection)
    return true
  } catch (error) {
    if (error instanceof ConfigFault) return false
    throw error
  }
}

const subSchemas = (schema: JsonSchema, keyword: string): readonly JsonSchema[] =>
  (schema[keyword] ?? []) as readonly JsonSchema[]

/** A good value of each pattern that a key may have: written once by hand, because patterns are not to be turned around. */
const samples: readonly string[] = [
  `key_${'0a'.repeat(12)}`,
  'abi-string',
  'bare',
  'pair',
  'signed',
  'word',
  'dstack',
  '127.0.0.1',
  `0x${'aB'.repeat(20)}`,
  'http://127.0.0.1:8000/v1',
  'https://app.example',
  '*',
  `0x${'ab'.repeat(32)}`,
  'https://[::1]/path/',
  'redis://user:word@host:6379/1',
  '0.25',
  '1000',
]

const defined = (reference: unknown): JsonSchema => {
  const name = String(reference).replace('#/$defs/', '')
  return (configSchema['$defs'] as Record<string, JsonSchema>)[name] ?? {}
}

function goodValues(schema: JsonSchema): readonly Json[] {
  const alternatives = subSchemas(schema, 'anyOf')
  if (schema['type'] === undefined && alternatives.length > 0) {
    return alternatives.filter((one) => one['$ref'] === undefined).flatMap(goodValues)
  }
  if (schema['type'] === 'integer') {
    return [schema['minimum'] as number, schema['maximum'] as number]
  }
  if (schema['type'] === 'number') return [0, 0.05, 12]
  if (schema['type'] === 'boolean') return [true, false]
  if (schema['enum'] !== undefined) return schema['enum'] as readonly Json[]
  const { pattern: form = '' } = schema['$ref'] === undefined ? schema : defined(schema['$ref'])
  const pattern = new RegExp(String(form), 'u')
  const fitting = samples.filter((sample) => pattern.test(sample))
  if (fitting.length === 0) throw new Error(`no sample fits ${pattern}: add one above`)
  return fitting
}

/** Whether a section with these keys keeps to what its schema says of keys together. */
function keepsTo(schema: JsonSchema, names: readonly string[]): boolean {
  const { required = [], not } = schema as {
    readonly required?: readonly string[]
    readonly not?: JsonSchema
  }
  const [all, any, one] = ['allOf', 'anyOf', 'oneOf'].map((keyword) =>
    subSchemas(schema, keyword).filter((each) => keepsTo(each, names)),
  )
  return (
    required.every((name) => names.includes(name)) &&
    all?.length === subSchemas(schema, 'allOf').length &&
    (schema['anyOf'] === undefined || any?.length !== 0) &&
    (schema['oneOf'] === undefined || one?.length === 1) &&
    (not === undefined || !keepsTo(not, names))
  )
}

/** Whole values of a schema that keep to its rules between keys: of those that are drawn alike few do. */
const goodOf = (schema: JsonSchema): fc.Arbitrary<Json> =>
  arbitraryOf(schema, (section, value) => keepsTo(section, Object.keys(value as object)))

/** Whole values of a schema. Which keys that nobody requires are written is drawn, rules between keys included. */
function arbitraryOf(
  schema: JsonSchema,
  isWanted: (section: JsonSchema, value: Json) => boolean = () => true,
): fc.Arbitrary<Json> {
  if (schema['type'] === 'object') {
    const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>
    const required = (schema['required'] ?? []) as readonly string[]
    const values = Object.entries(properties).map(([name, property]) => {
      const value = arbitraryOf(property, isWanted)
      const isRequired = required.includes(name)
      const maybe = isRequired ? value : fc.option(value, { nil: undefined, freq: 2 })
      return maybe.map((one) => [name, one] as const)
    })
    return fc
      .tuple(...values)
      .map((entries) => Object.fromEntries(entries.filter(([, one]) => one !== undefined)) as Json)
      .filter((value) => isWanted(schema, value))
  }
  if (schema['type'] === 'array') {
    const items = arbitraryOf(schema['items'] as JsonSchema, isWanted)
    return fc.array(items, { minLength: 1, maxLength: 2 })
  }
  return fc.constantFrom(...goodValues(schema))
}

/** Every place of a file that a change may hit, mappings and lists included. */
function placesOf(value: Json, schema: JsonSchema, path: Place['path'] = []): readonly Place[] {
  const here = { path, schema }
  if (Array.isArray(value)) {
    const items = schema['items'] as JsonSchema
    return [here, ...value.flatMap((one, index) => placesOf(one, items, [...path, index]))]
  }
  if (value === null || typeof value !== 'object') return [here]
  const properties = schema['properties'] as Record<string, JsonSchema>
  const inside = Object.entries(value).flatMap(([name, one]) => {
    const property = properties[name]
    return property === undefined ? [] : placesOf(one as Json, property, [...path, name])
  })
  return [here, ...inside]
}

type Change = (value: Json) => Json
const isMapping = (value: Json): value is { readonly [key: string]: Json } =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** What people do to files. A change answers what takes the place of the value. */
const changes: readonly fc.Arbitrary<Change>[] = [
  fc
    .constantFrom<Json>(
      ...[null, true, '', 'x', 'a b', '\n', -1, 0, 1.5, 1e-7, 1e21, [], {}, ['x'], { x: 1 }],
      ...['-1', '1.', '.5', '1e3', '0x1', `0x${'g'.repeat(40)}`, 'x'.repeat(65), '1'.repeat(21)],
      ...['ftp://x/v1', 'http://u:p@x/v1', 'http://x/v1?q', 'http://x', 'http://x/v1//', 'plaïn'],
      ...['$', '$$', `$${'{'}`, `$${'{x'}`, `$$${'{'}x`],
    )
    .map((other) => () => other),
  fc.integer({ min: -2, max: 2 }).map((by) => (value) => {
    return typeof value === 'number' ? value + by : `${String(value)}${by}`
  }),
  fc.nat().map((pick) => (value) => {
    if (!isMapping(value)) return value
    const names = Object.keys(value)
    const dropped = names[pick % Math.max(1, names.length)]
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== dropped))
  }),
  fc.constantFrom('extra', 'Id', 'constructor', '__proto__').map((name) => (value) => {
    return isMapping(value) ? { ...value, [name]: 1 } : value
  }),
  fc.constant((value) => (Array.isArray(value) ? [...value, null] : value)),
]

function changedAt(value: Json, path: Place['path'], change: Change): Json {
  const [step, ...rest] = path
  if (step === undefined) return change(value)
  if (Array.isArray(value)) {
    return value.map((one, index) => (index === step ? changedAt(one, rest, change) : one))
  }
  return Object.fromEntries(
    Object.entries(value as object).map(([name, one]) => [
      name,
      name === step ? changedAt(one as Json, rest, change) : one,
    ]),
  )
}

test('whole files out of the schema are read, unless keys of one section exclude each other, and then by neither', () => {
  let taken = 0
  let refused = 0
  fc.assert(
    fc.property(arbitraryOf(configSchema), (config) => {
      const isValid = validate(config)
      expect(isReadable(config)).toBe(isValid)
      if (isValid) taken += 1
      else refused += 1
    }),
    { numRuns: 300 },
  )
  expect(taken).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})

test('a file that is changed in one place is refused by both or by neither', () => {
  const verdicts = { taken: 0, refused: 0 }
  const hit = new Set<string>()
  const good = goodOf(configSchema).filter((config) => validate(config))
  fc.assert(
    fc.property(good, fc.nat(), fc.oneof(...changes), (config, pick, change) => {
      const places = placesOf(config, configSchema)
      const place = places[pick % places.length]
      if (place === undefined) return
      const changed = changedAt(config, place.path, change)
      const isValid = validate(changed)
      expect(isReadable(changed), JSON.stringify([place.path, changed])).toBe(isValid)
      verdicts[isValid ? 'taken' : 'refused'] += 1
      hit.add(place.path.filter((step) => typeof step === 'string').join('.'))
    }),
    { numRuns: 1_500 },
  )
  expect(verdicts.taken).toBeGreaterThan(100)
  expect(verdicts.refused).toBeGreaterThan(100)
  expect(hit.size).toBeGreaterThan(50)
})

test('a reference is taken wherever a value may stand, and judged by what it comes to', () => {
  const reference = `\${NUMBER}`
  let places = 0
  fc.assert(
    fc.property(
      goodOf(configSchema).filter((config) => validate(config)),
      (config) => {
        for (const { path, schema } of placesOf(config, configSchema)) {
          if (schema['type'] === 'object' || schema['type'] === 'array') continue
          const changed = changedAt(config, path, () => reference)
          expect(validate(changed), path.join('.')).toBe(true)
          // Nine is no address and no URL, and fits every number but those with other bounds.
          const isNumber = goodValues(schema).some((one) => typeof one === 'number')
          if (!isNumber) continue
          const [bounds] = subSchemas(schema, 'anyOf')
          const fits =
            Number(bounds?.['minimum'] ?? 0) <= 9 && Number(bounds?.['maximum'] ?? 9) >= 9
          expect(isReadable(changed), path.join('.')).toBe(fits)
          places += 1
        }
      },
    ),
    { numRuns: 5 },
  )
  expect(places).toBeGreaterThan(50)
})
