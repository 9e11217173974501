import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { atomic, zeroBytes32 } from '../../../src/domain/units.ts'
import { durablePragmas } from '../../../src/store/durable-file-sqlite.ts'
import { GroupCommit } from '../../../src/store/group-commit-sqlite.ts'
import { layOut } from '../../../src/store/ledger-layout-sqlite.ts'
import type { StoreFailure } from '../../../src/store/ledger-store.ts'
import { channelIdOf, holdOf, sealNote } from '../../support/channels.ts'

let folder: string
let path: string
let reader: DatabaseSync

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-commit-'))
  path = join(folder, 'ledger.db')
  reader = new DatabaseSync(path)
  reader.exec(durablePragmas)
  layOut(reader)
})

afterEach(() => {
  reader.close()
  rmSync(folder, { recursive: true })
})

const row = (requestId: string) => holdOf(requestId, channelIdOf(0), 5n)
const holdsOnDisk = () =>
  reader
    .prepare('SELECT request_id FROM holds ORDER BY rowid')
    .all()
    .map((one) => one['request_id'])

describe('GroupCommit', () => {
  test('what was noted in one turn is on the disk when its promise resolves', async () => {
    const commit = new GroupCommit(path, () => {})
    commit.insertHold(row('a'))
    const first = commit.durable()
    commit.insertHold(row('b'))
    // One commit for both: they share the promise.
    expect(commit.durable()).toBe(first)
    await first
    expect(holdsOnDisk()).toEqual(['a', 'b'])
    await commit.close()
  })

  test('what comes while a commit runs waits for the next', async () => {
    const commit = new GroupCommit(path, () => {})
    commit.insertHold(row('a'))
    const first = commit.durable()
    // The batch of `a` leaves for the writer with the next turn; what follows gathers behind it.
    await new Promise((resolve) => setImmediate(resolve))
    commit.insertHold(row('b'))
    const second = commit.durable()
    expect(second).not.toBe(first)
    await first
    await second
    expect(holdsOnDisk()).toEqual(['a', 'b'])
    await commit.close()
  })

  test('a commit is flushed to the disk before it is answered, not only to the system', () => {
    // The reader was opened with what the writer opens with.
    expect(reader.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
    expect(reader.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  })

  test('with nothing to write there is nothing to wait for', async () => {
    const commit = new GroupCommit(path, () => {})
    await commit.durable()
    await commit.close()
  })

  test('a hold that begins and ends within one batch never reaches the disk', async () => {
    const commit = new GroupCommit(path, () => {})
    commit.insertHold(row('a'))
    commit.putCheckpoint('a', 'far')
    commit.endHold(row('a'))
    await commit.durable()
    expect(holdsOnDisk()).toEqual([])
    await commit.close()
  })

  test('a name that ended may begin again within one batch', async () => {
    const commit = new GroupCommit(path, () => {})
    commit.insertHold(row('a'))
    await commit.durable()
    commit.endHold(row('a'))
    commit.insertHold(row('a'))
    commit.putCheckpoint('a', 'again')
    await commit.durable()
    expect(reader.prepare('SELECT checkpoint FROM holds').all()).toEqual([{ checkpoint: 'again' }])
    await commit.close()
  })

  test('close writes what was noted before it', async () => {
    const commit = new GroupCommit(path, () => {})
    commit.insertHold(row('a'))
    await commit.close()
    expect(holdsOnDisk()).toEqual(['a'])
  })

  test('a failed commit is final: it is told, nothing is written any more, and close still ends', async () => {
    const onFailure = vi.fn<(failure: StoreFailure) => void>()
    const commit = new GroupCommit(path, onFailure)
    commit.insertHold(row('a'))
    await commit.durable()
    commit.insertHold(row('a'))
    await expect(commit.durable()).rejects.toMatchObject({ name: 'StoreFailure' })
    expect(onFailure).toHaveBeenCalledOnce()
    commit.insertHold(row('b'))
    await expect(commit.durable()).rejects.toThrow('the ledger could not be written')
    await commit.close()
    expect(holdsOnDisk()).toEqual(['a'])
  })

  test('a receipt that cannot be signed ends the ledger, and nothing of its batch is written', async () => {
    const onFailure = vi.fn<(failure: StoreFailure) => void>()
    const commit = new GroupCommit(path, onFailure)
    const at = { gatewaySeq: 1, channelSeq: 1, cumulative: atomic(1n), prevReceipt: zeroBytes32 }
    const body = () => {
      throw new Error('no key')
    }
    commit.insertHold(row('a'))
    commit.insertReceipt({ ...at, ...sealNote('a')(at), channelId: channelIdOf(0), body })
    await expect(commit.durable()).rejects.toThrow('no key')
    expect(onFailure).toHaveBeenCalledOnce()
    await commit.close()
    expect(holdsOnDisk()).toEqual([])
  })

  test('a writer that cannot even start fails whoever waits, and close still ends', async () => {
    const failed = Promise.withResolvers<StoreFailure>()
    const commit = new GroupCommit(join(path, 'nowhere', 'ledger.db'), failed.resolve)
    commit.insertHold(row('a'))
    await expect(commit.durable()).rejects.toMatchObject({ name: 'StoreFailure' })
    expect((await failed.promise).message).toContain('unable to open database file')
    await commit.close()
  })
})
