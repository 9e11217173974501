import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readYaml } from '../../src/config-fields.ts'
import { storeSection } from '../../src/config-store.ts'
import { faultIn } from '../support/config-folder.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-config-'))
  writeFileSync(join(folder, 'redis.url'), 'rediss://vouch:hunter2@db.internal:6380/1\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const read = (text: string) => {
  const at = (path: string) => join(folder, path)
  const store = readYaml({ file: 'vouch.yaml', text, environment: {} }, storeSection)
  return store.value({ at, resolve: at })
}
const faultOf = (text: string): string => faultIn(() => read(text)).message

test('is a URL and a prefix, from the YAML or from a file', () => {
  expect(read('redisUrl: redis://127.0.0.1:6379')).toEqual({
    redisUrl: 'redis://127.0.0.1:6379',
    keyPrefix: 'vouch',
  })
  expect(read('redisUrlFile: redis.url\nkeyPrefix: eu-1')).toEqual({
    redisUrl: 'rediss://vouch:hunter2@db.internal:6380/1',
    keyPrefix: 'eu-1',
  })
})

test('what is wrong with it is told without the password', () => {
  const secret = 'http://vouch:hunter2@db.internal'
  for (const text of [
    `redisUrl: ${secret}`,
    `redisUrl: ${secret}\nredisUrlFile: redis.url`,
    'redisUrl: redis://[hunter2',
  ]) {
    expect(faultOf(text)).toMatch(/^vouch\.yaml:\d+: redisUrl(File)?: expected /)
    expect(faultOf(text)).not.toContain('hunter2')
  }
})

test('it needs a URL, a file that is there, and a prefix without braces', () => {
  expect(faultOf('keyPrefix: x')).toContain('redisUrl: expected text')
  expect(faultOf('redisUrlFile: none')).toContain('redisUrlFile: expected a file that can be read')
  expect(faultOf('redisUrl: redis://h\nkeyPrefix: "{x}"')).toContain('keyPrefix: expected up to 64')
})
