import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toHex } from '../../../src/base/hex.ts'
import { exitStatePath, recoverState, saveState } from '../../../src/dev/chain-state.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

let folder: ReturnType<typeof temporaryFolder>

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const dumpOf = (state: object) => toHex(gzipSync(JSON.stringify(state)))
const recovered = (): unknown => {
  const path = recoverState(folder.path)
  return path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8'))
}

test('a chain that never ran has no state', () => {
  expect(recoverState(folder.path)).toBeUndefined()
})

test('what was saved last is the state, and no draft is left', () => {
  saveState(folder.path, dumpOf({ block: 1 }))
  saveState(folder.path, dumpOf({ block: 2 }))
  expect(recovered()).toEqual({ block: 2 })
  expect(readdirSync(folder.path)).toEqual(['state.json'])
})

test('the exit state is newer, and is taken once', () => {
  saveState(folder.path, dumpOf({ block: 1 }))
  writeFileSync(exitStatePath(folder.path), '{"block":3}')
  expect(recovered()).toEqual({ block: 3 })
  expect(existsSync(exitStatePath(folder.path))).toBe(false)
  saveState(folder.path, dumpOf({ block: 4 }))
  expect(recovered()).toEqual({ block: 4 })
})

test.each(['', '{"block":', '{"block":3'])('an exit state cut to %j is dropped', (text) => {
  saveState(folder.path, dumpOf({ block: 1 }))
  writeFileSync(exitStatePath(folder.path), text)
  expect(recovered()).toEqual({ block: 1 })
  expect(existsSync(exitStatePath(folder.path))).toBe(false)
})

test('a dump that does not unpack leaves the state as it was', () => {
  saveState(folder.path, dumpOf({ block: 1 }))
  expect(() => saveState(folder.path, '0x1234')).toThrow()
  expect(recovered()).toEqual({ block: 1 })
})
