import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { configSchema, configSection } from '../../src/config.ts'
import { type JsonSchema, readYaml } from '../../src/config-fields.ts'

const root = resolve(import.meta.dirname, '../..')
const doc = readFileSync(resolve(root, 'docs/configuration.md'), 'utf8')

type Described = { readonly path: string; readonly schema: JsonSchema }

/** Every key of the schema with its path; entries of a list stand under the list's own path. */
function keysOf(schema: JsonSchema, path: string): readonly Described[] {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>
  const items = schema['items'] as JsonSchema | undefined
  const under = Object.entries(properties).flatMap(([name, property]) => {
    const at = path === '' ? name : `${path}.${name}`
    return [{ path: at, schema: property }, ...keysOf(property, at)]
  })
  return items === undefined ? under : [...under, ...keysOf(items, path)]
}

const keys = keysOf(configSchema, '')
const sections = doc.split(/^#{2,3} (?=[\w.]+$)/m).slice(1)
const textOf = new Map(
  sections.map((section) => {
    const [heading = '', ...lines] = section.split('\n')
    return [heading, lines.join(' ')]
  }),
)

test('docs/configuration.md has one heading for each key of the schema, and no other', () => {
  const paths = keys.map(({ path }) => path)
  expect(paths.length).toBeGreaterThan(80)
  expect(sections.map((section) => section.split('\n')[0]).sort()).toEqual([...paths].sort())
})

test('it names the same defaults', () => {
  const withDefault = keys.filter(({ schema }) => schema['default'] !== undefined)
  expect(withDefault.length).toBeGreaterThan(30)
  const missing = withDefault.filter(({ path, schema }) => {
    const said = /Default:? `?([\w.:/-]*\w)/.exec(textOf.get(path) ?? '')?.[1]
    return said !== String(schema['default'])
  })
  expect(missing.map(({ path, schema }) => `${path}: ${schema['default']}`)).toEqual([])
})

test('it names the same bounds', () => {
  const bounded = keys.flatMap(({ path, schema }) => {
    const [number] = (schema['anyOf'] ?? []) as readonly JsonSchema[]
    const max = number?.['maximum']
    if (number?.['type'] !== 'integer' || max === Number.MAX_SAFE_INTEGER) return []
    return [{ path, range: `${number['minimum']} to ${max}` }]
  })
  expect(bounded.length).toBeGreaterThan(15)
  const missing = bounded.filter(({ path, range }) => !textOf.get(path)?.includes(range))
  expect(missing.map(({ path, range }) => `${path}: ${range}`)).toEqual([])
})

test('every key says what it is, and everything that is said ends like a sentence', () => {
  const silent = keys.filter(({ schema }) => !/[.]$/.test(String(schema['description'] ?? '')))
  expect(silent.map(({ path }) => path)).toEqual([])
})

test('the file that it shows is one that can be read, and names the schema for editors', () => {
  const [, shown = ''] = /```yaml\n([\s\S]*?)```/.exec(doc) ?? []
  expect(shown).toMatch(/^# yaml-language-server: \$schema=\S*vouch\.schema\.json\n/)
  const unread = { file: 'docs/configuration.md', text: shown, environment: {} }
  expect(() => readYaml(unread, configSection)).not.toThrow()
})

test('docs/vouch.schema.json is the schema that the reader is made of', () => {
  const published = readFileSync(resolve(root, 'docs/vouch.schema.json'), 'utf8')
  // node src/main.ts check-config --schema > docs/vouch.schema.json
  expect(JSON.parse(published)).toEqual(configSchema)
})
