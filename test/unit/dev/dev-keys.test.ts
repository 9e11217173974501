import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeDevKeysFailure, devRoles, loadDevKeys } from '../../../src/dev/dev-keys.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'keys.json')
})
afterEach(() => folder.remove())

test('every role gets a key of its own, which a second start finds again', () => {
  const first = loadDevKeys(path)
  if (!first.ok) throw new Error(first.error.detail)
  expect(new Set(Object.values(first.value)).size).toBe(devRoles.length)
  expect(loadDevKeys(path)).toEqual(first)
})

test('nobody but the owner can read them', () => {
  loadDevKeys(path)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a role that a newer version added gets its key, the others keep theirs', () => {
  loadDevKeys(path)
  const { session: _gone, ...older } = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify(older))
  const keys = loadDevKeys(path)
  expect(keys).toMatchObject({ ok: true, value: older })
  expect(loadDevKeys(path)).toEqual(keys)
})

test.each([
  ['{', 'JSON'],
  ['null', 'no JSON object'],
  ['{"payer":"0x01"}', '"payer" is no private key'],
  ['{"payer":7}', '"payer" is no private key'],
])('%j is said, and the file is left as it is', (text, detail) => {
  writeFileSync(path, text)
  const keys = loadDevKeys(path)
  if (keys.ok) throw new Error('accepted')
  expect(keys.error.detail).toContain(detail)
  expect(describeDevKeysFailure(keys.error)).toContain(path)
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test('a key of the file is in no message', () => {
  writeFileSync(path, `{"payer":"0x${'ab'.repeat(31)}"}`)
  expect(JSON.stringify(loadDevKeys(path))).not.toContain('abab')
})
