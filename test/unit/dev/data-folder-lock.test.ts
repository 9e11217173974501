import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeDataFolderFailure, lockDataFolder } from '../../../src/dev/data-folder-lock.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const holderScript = fileURLToPath(
  new URL('../../support/data-folder-lock-holder.ts', import.meta.url),
)

let folder: ReturnType<typeof temporaryFolder>

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

function lock(path: string): () => void {
  const held = lockDataFolder(path)
  if (!held.ok) throw new Error(describeDataFolderFailure(held.error))
  return held.value.release
}

test('one holder at a time, in one process', () => {
  const release = lock(folder.path)
  expect(lockDataFolder(folder.path)).toEqual({
    ok: false,
    error: { reason: 'data_folder_in_use', folder: folder.path },
  })
  release()
  lock(folder.path)()
})

test('a process that is killed lets go', async () => {
  const holder = spawn(process.execPath, [holderScript, folder.path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: holder.stdout }), 'line')
  expect(line).toBe('true')
  expect(lockDataFolder(folder.path)).toMatchObject({ error: { reason: 'data_folder_in_use' } })

  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  lock(folder.path)()
})

test('a missing folder is made, for its owner only', () => {
  const path = join(folder.path, 'a', 'b')
  lock(path)()
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

test('what cannot be a folder is said in one line', () => {
  const path = join(folder.path, 'file')
  writeFileSync(path, '')
  const held = lockDataFolder(path)
  expect(held).toMatchObject({ error: { reason: 'data_folder_unusable', folder: path } })
  if (!held.ok) expect(describeDataFolderFailure(held.error)).toMatch(/^cannot use .*$/)
})
