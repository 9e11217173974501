import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeDurably } from '../../../src/cli/channel-file.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'signing.key')
})
afterEach(() => folder.remove())

test('a draft that somebody else left open to all does not open what is written', () => {
  writeFileSync(`${path}.new`, 'somebody reads along')
  chmodSync(`${path}.new`, 0o666)
  writeDurably(path, 'secret\n')
  expect(readFileSync(path, 'utf8')).toBe('secret\n')
  expect(statSync(path).mode & 0o077).toBe(0)
})

test('a link in the place of the draft leads nothing elsewhere', () => {
  const elsewhere = join(folder.path, 'elsewhere')
  writeFileSync(elsewhere, '')
  symlinkSync(elsewhere, `${path}.new`)
  writeDurably(path, 'secret\n')
  expect(readFileSync(elsewhere, 'utf8')).toBe('')
  expect(readFileSync(path, 'utf8')).toBe('secret\n')
})
