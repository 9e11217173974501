import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { storeQueueWritesMax } from '../../../src/base/limits.ts'
import { atomic, bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { newRequestIds, type RequestIds } from '../../../src/gateway/request-ids.ts'
import { openSqliteLedger } from '../../../src/store/ledger-store-sqlite.ts'
import { channelIdOf, holdOf, openSignedChannel, sealNote } from '../../support/channels.ts'
import { alterTables } from '../../support/ledger-place.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-ledger-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('a file of an older layout', () => {
  const channelId = channelIdOf(0)
  const digestOf = (ids: RequestIds) => bytes32(`0x${'d'.repeat(40)}${ids.requestId.slice(4)}`)
  /** As a gateway writes it: each receipt of a channel names the digest of the one before. */
  const charge = async (path: string, ids: RequestIds) => {
    const ledger = openSqliteLedger({ path })
    await openSignedChannel(ledger, channelId, 100n)
    await ledger.hold(holdOf(ids.requestId, channelId, 10n))
    const charged = await ledger.charge(ids.requestId, atomic(10n), ({ prevReceipt }) => ({
      receiptId: ids.receiptId,
      digest: digestOf(ids),
      body: () => JSON.stringify({ receipt: { prevReceipt, work: { finishedAt: 50 } } }),
      record: 'kept',
      sealedAt: unixSeconds(70),
      answerId: undefined,
    }))
    await charged?.durable
    await ledger.close()
  }
  const made = (ids: RequestIds) => ({ ...ids, digest: digestOf(ids) })
  const receipts = [1, 2, 3].map((nowMs) => made(newRequestIds(nowMs)))
  const [first = made(newRequestIds(1)), second = first, third = first] = receipts
  const noSeals = ['digest', 'sealed_at']
    .map((name) => `ALTER TABLE receipts DROP COLUMN ${name}`)
    .concat('DROP TABLE answers')

  test.each([2, 3])('goes on as it is (layout %d)', async (layout) => {
    const path = join(folder, 'ledger.db')
    await charge(path, first)
    await charge(path, second)
    const noRecord = layout === 2 ? ['ALTER TABLE receipts DROP COLUMN record'] : []
    alterTables(path, ...noSeals, ...noRecord, `PRAGMA user_version = ${layout}`)
    // The digest of the newest stands in the channel alone, until there is a next one.
    const untouched = openSqliteLedger({ path })
    expect(await untouched.receipt(second.receiptId)).toMatchObject({ digest: second.digest })
    await untouched.close()
    await charge(path, third)
    const ledger = openSqliteLedger({ path })
    expect(await ledger.channel(channelId)).toMatchObject({ chargedCumulativeAmount: 30n })
    const told = await ledger.receiptsBySeq({ afterSeq: 0, limit: 9 })
    expect(told).toMatchObject(
      receipts.map(({ receiptId, digest }, index) => ({
        receiptId,
        digest,
        gatewaySeq: index + 1,
      })),
    )
    const recordOf = async (of: RequestIds) => (await ledger.requestRecord(of.requestId))?.record
    expect(await recordOf(first)).toBe(layout === 2 ? undefined : 'kept')
    expect(await recordOf(third)).toBe('kept')
    // Of an old one the body alone says when it was made.
    expect(await ledger.expireReceipts({ before: unixSeconds(50), limit: 9 })).toBe(0)
    expect(await ledger.expireReceipts({ before: unixSeconds(60), limit: 9 })).toBe(2)
    const without = [first, second].map(({ digest }) => ({ digest, body: undefined }))
    expect(await ledger.receiptsBySeq({ afterSeq: 0, limit: 2 })).toMatchObject(without)
    await ledger.close()
  })
})

test('a file of a layout that is not known is left alone', async () => {
  const path = join(folder, 'ledger.db')
  await openSqliteLedger({ path }).close()
  alterTables(path, 'PRAGMA user_version = 1')
  expect(() => openSqliteLedger({ path })).toThrow(/has layout 1 and this version reads layout 4/)
})

test('a file belongs to one process: a second is told so in one line', async () => {
  const path = join(folder, 'ledger.db')
  const store = openSqliteLedger({ path })
  expect(() => openSqliteLedger({ path })).toThrow(/another gateway runs on this data folder/)
  expect(() => openSqliteLedger({ path })).toThrow(
    expect.objectContaining({ name: 'StoreFailure' }),
  )
  await store.close()
})

describe('a ledger that cannot be opened says why in one line', () => {
  const faultOf = (path: string): string => {
    try {
      openSqliteLedger({ path })
    } catch (error) {
      expect(error).toMatchObject({ name: 'StoreFailure' })
      return error instanceof Error ? error.message : ''
    }
    throw new Error('it was opened')
  }

  test('a folder that is not there, or cannot be written', () => {
    writeFileSync(join(folder, 'file'), '')
    for (const path of [join(folder, 'none', 'ledger.db'), join(folder, 'file', 'ledger.db')]) {
      expect(faultOf(path)).toBe(`${path}.lock cannot be written: unable to open database file`)
    }
  })

  test('a file that is no ledger, and its lock is free again', () => {
    const path = join(folder, 'ledger.db')
    writeFileSync(path, 'this is no database, and long enough to be seen as none'.repeat(50))
    for (const _ of [1, 2]) expect(faultOf(path)).toContain('file is not a database')
    rmSync(path)
    return openSqliteLedger({ path }).close()
  })

  test('a ledger of another gateway', async () => {
    const path = join(folder, 'ledger.db')
    const ledger = openSqliteLedger({ path })
    expect(faultOf(path)).toBe(`${path}.lock is locked: another gateway runs on this data folder`)
    await ledger.close()
  })
})

test('amounts beyond 64 bits are kept exactly', async () => {
  const path = join(folder, 'ledger.db')
  const balance = 2n ** 128n - 1n
  const ledger = openSqliteLedger({ path })
  await openSignedChannel(ledger, channelIdOf(0), balance)
  await ledger.hold(holdOf('r', channelIdOf(0), balance - 1n))
  await (await ledger.charge('r', atomic(balance - 2n), sealNote('r')))?.durable
  await ledger.hold(holdOf('s', channelIdOf(0), 2n))
  await ledger.close()
  const reopened = openSqliteLedger({ path })
  expect(await reopened.channel(channelIdOf(0))).toMatchObject({
    balance,
    signedMaxClaimable: balance,
    chargedCumulativeAmount: balance - 2n,
    heldAmount: 2n,
  })
  await reopened.close()
})

test('more requests than it keeps books for are refused as overload, without touching the rest', async () => {
  const ledger = openSqliteLedger({ path: join(folder, 'ledger.db') })
  await openSignedChannel(ledger, channelIdOf(0), 10n ** 12n)
  for (let count = 0; count < storeQueueWritesMax; count += 1) {
    await ledger.hold(holdOf(`r${count}`, channelIdOf(0), 1n))
  }
  expect(await ledger.hold(holdOf('one more', channelIdOf(0), 1n))).toEqual({
    ok: false,
    error: { reason: 'overloaded' },
  })
  await ledger.release('r0')
  expect((await ledger.hold(holdOf('one more', channelIdOf(0), 1n))).ok).toBe(true)
  expect(await ledger.channel(channelIdOf(0))).toMatchObject({
    heldAmount: BigInt(storeQueueWritesMax),
  })
  await ledger.close()
})
