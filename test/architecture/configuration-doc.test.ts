import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const code = ['config', 'config-chains', 'config-payouts', 'config-store']
  .map((name) => `src/${name}.ts`)
  .map((path) => readFileSync(resolve(root, path), 'utf8'))
  .join('\n')
const doc = readFileSync(resolve(root, 'docs/configuration.md'), 'utf8')

test('docs/configuration.md has a heading for each key that the configuration reads, and no other', () => {
  const getters =
    /\b(?:string|optionalString|name|integer|optionalInteger|address|addresses|amount|url|map|optionalMap|list)\(\s*'(\w+)'|read(?:KeyFile|ApiKey)\(fields, '(\w+)'/g
  const read = new Set([...code.matchAll(getters)].map(([, key, file]) => key ?? file ?? ''))
  const headings = [...doc.matchAll(/^#{2,3} ([\w.]+)$/gm)].map(([, path]) => path ?? '')
  const documented = new Set(headings.map((path) => path.split('.').at(-1) ?? ''))
  expect(read.size).toBeGreaterThan(25)
  expect([...documented].sort()).toEqual([...read].sort())
})
