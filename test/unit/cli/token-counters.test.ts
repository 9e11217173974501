import { copyFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandFailure } from '../../../src/cli/command.ts'
import { createTokenCounters } from '../../../src/cli/token-counters.ts'
import type { UpstreamConfig } from '../../../src/config-upstreams.ts'
import { builtInModel } from '../../../src/dev/built-in-model.ts'

let folder: string
let path: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-counters-'))
  path = join(folder, 'tokenizer.json')
  copyFileSync(builtInModel().tokenizer, path)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** No more of a configuration than is looked at. */
const naming = (...models: readonly (readonly [string, string | undefined])[]) => {
  const upstream = { models: models.map(([id, tokenizer]) => ({ id, tokenizer })) }
  return { upstreams: [upstream as unknown as UpstreamConfig] }
}

test('a tokenizer is loaded once while its file is the same, whoever names it', () => {
  const countersOf = createTokenCounters()
  const first = countersOf(naming(['a', path], ['b', path], ['c', undefined]))
  expect([...first.keys()]).toEqual(['a', 'b'])
  expect(first.get('b')).toBe(first.get('a'))
  expect(first.get('a')?.count('Hello there')).toBeGreaterThan(0)
  expect(countersOf(naming(['d', path])).get('d')).toBe(first.get('a'))
  utimesSync(path, 1, 1)
  expect(countersOf(naming(['d', path])).get('d')).not.toBe(first.get('a'))
})

test('one that cannot be read is told by its path, and what was loaded stays', () => {
  const countersOf = createTokenCounters()
  const before = countersOf(naming(['a', path])).get('a')
  const broken = join(folder, 'broken.json')
  writeFileSync(broken, '{')
  expect(() => countersOf(naming(['a', broken]))).toThrow(CommandFailure)
  expect(() => countersOf(naming(['a', broken]))).toThrow(broken)
  expect(countersOf(naming(['a', path])).get('a')).toBe(before)
})
