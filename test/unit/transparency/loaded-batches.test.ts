import { afterEach, beforeEach, expect, test } from 'vitest'
import { rootOf } from '../../../src/chain/sorted-merkle-tree.ts'
import { entriesHashOf } from '../../../src/domain/log-entries.ts'
import type { LogStore } from '../../../src/store/log-store.ts'
import { openSqliteLog } from '../../../src/store/log-store-sqlite.ts'
import { LoadedBatches } from '../../../src/transparency/loaded-batches.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { someBatches } from '../../support/log-batches.ts'

const batches = someBatches(Array.from({ length: 40 }, () => 2))
let folder: ReturnType<typeof temporaryFolder>
let store: LogStore
let read: number[]
let loaded: LoadedBatches

beforeEach(async () => {
  folder = temporaryFolder()
  store = openSqliteLog(`${folder.path}/log.db`)
  for (const { head, digests } of batches) await store.addBatch(head, digests)
  read = []
  const digests = (batch: number) => {
    read.push(batch)
    return store.digests(batch)
  }
  loaded = new LoadedBatches({ digests } as LogStore)
})
afterEach(async () => {
  await store.close()
  folder.remove()
})

const load = (batch: number) => {
  const head = batches[batch]?.head
  if (head === undefined) throw new Error('no such batch')
  return loaded.load(head)
}

test('a batch comes with its tree and its entries, and is read once', async () => {
  const [first] = await Promise.all([load(0), load(0)])
  await load(0)
  if (!first.ok || first.value === undefined) throw new Error('not loaded')
  const { head } = batches[0] as (typeof batches)[number]
  expect(rootOf(first.value.tree)).toBe(head.root)
  expect(entriesHashOf(first.value.entries)).toBe(head.entriesHash)
  expect(read).toEqual([0])
})

test('eight are remembered, those that were asked for last', async () => {
  for (const batch of [0, 1, 2, 3, 4, 5, 6, 7, 0, 8, 0, 1]) await load(batch)
  expect(read).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 1])
})

test('where too many wait, the next is told at once; later it is answered', async () => {
  await load(39)
  const asked = batches.slice(0, 36).map((_, batch) => load(batch))
  const answers = await Promise.all([...asked, load(39)])
  const busy = answers.filter(({ ok }) => !ok)
  // Thirty-two may wait. The one that was remembered is forgotten for them.
  expect(busy).toHaveLength(5)
  expect((await load(35)).ok).toBe(true)
})

test('what the store could not tell is asked again', async () => {
  let failures = 1
  const failing = new LoadedBatches({
    digests: (batch: number) => {
      failures -= 1
      return failures >= 0 ? Promise.reject(new Error('store')) : store.digests(batch)
    },
  } as LogStore)
  const head = batches[3]?.head
  if (head === undefined) throw new Error('no such batch')
  await expect(failing.load(head)).rejects.toThrow('store')
  expect((await failing.load(head)).ok).toBe(true)
})
