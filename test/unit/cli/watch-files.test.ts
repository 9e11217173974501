import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FileWatch, watchFiles } from '../../../src/cli/watch-files.ts'

let folder: string
const watches: FileWatch[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-watch-'))
})
afterEach(() => {
  for (const watch of watches.splice(0)) watch.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A watch whose calls can be waited for. */
function watching(...paths: readonly string[]) {
  let calls = 0
  const waiting: (() => void)[] = []
  const failures: string[] = []
  const watch = watchFiles(paths, {
    onChange: () => {
      calls += 1
      for (const wake of waiting.splice(0)) wake()
    },
    onFailure: (failed) => failures.push(failed),
  })
  watches.push(watch)
  const next = () => new Promise<void>((wake) => waiting.push(wake))
  return { watch, next, failures, calls: () => calls }
}

function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.next`, text)
  renameSync(`${path}.next`, path)
}

test('a file that is written, replaced, taken away and put back is told each time', async () => {
  const path = join(folder, 'vouch.yaml')
  writeFileSync(path, 'one')
  const { next } = watching(path)
  for (const change of [
    () => writeFileSync(path, 'two'),
    () => replaceFile(path, 'three'),
    () => unlinkSync(path),
    () => writeFileSync(path, 'four'),
  ]) {
    const told = next()
    change()
    await told
  }
})

test('one change is told twice, because a second one may look the same', async () => {
  const path = join(folder, 'vouch.yaml')
  writeFileSync(path, 'one')
  const { next, calls } = watching(path)
  const first = next()
  writeFileSync(path, 'two')
  await first
  await next()
  expect(calls()).toBe(2)
})

test('what else happens in the folder is not told, and a link is followed', async () => {
  // As a cluster mounts files: links to a folder that is changed for another at once.
  const versions = ['1', '2'].map((version) => {
    mkdirSync(join(folder, version))
    writeFileSync(join(folder, version, 'vouch.yaml'), version)
    return version
  })
  symlinkSync(versions[0] ?? '', join(folder, 'data'))
  symlinkSync('data/vouch.yaml', join(folder, 'vouch.yaml'))
  const other = join(folder, 'other')
  const mounted = watching(join(folder, 'vouch.yaml'))
  const beside = watching(other)
  const told = beside.next()
  writeFileSync(other, 'something else')
  await told
  expect(mounted.calls()).toBe(0)
  const swapped = mounted.next()
  symlinkSync(versions[1] ?? '', join(folder, 'data.next'))
  renameSync(join(folder, 'data.next'), join(folder, 'data'))
  await swapped
})

test('files that are watched later are looked at at once, and those no more watched are not', async () => {
  const [first, second] = [join(folder, 'a', 'file'), join(folder, 'b', 'file')]
  for (const path of [first, second]) {
    mkdirSync(join(path, '..'))
    writeFileSync(path, 'one')
  }
  const { watch, next, calls } = watching(first)
  const unseen = next()
  watch.files([second])
  await unseen
  await next()
  const told = next()
  writeFileSync(first, 'two')
  replaceFile(second, 'two')
  await told
  expect(calls()).toBe(3)
})

test('a folder that is not there is told, and no watch is left after the end', async () => {
  const absent = join(folder, 'absent')
  expect(watching(join(absent, 'file')).failures).toEqual([absent])
  const path = join(folder, 'vouch.yaml')
  writeFileSync(path, 'one')
  const stopped = watching(path)
  stopped.watch.stop()
  stopped.watch.files([path])
  const still = watching(path)
  const told = still.next()
  writeFileSync(path, 'two')
  await told
  expect(stopped.calls()).toBe(0)
})
