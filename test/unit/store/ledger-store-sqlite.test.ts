import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { storeQueueWritesMax } from '../../../src/base/limits.ts'
import type { SealedReceipt } from '../../../src/domain/hold.ts'
import type { ReceiptEvidence } from '../../../src/domain/receipt-document.ts'
import { requestIdOf } from '../../../src/domain/request-id.ts'
import { atomic, bytes32, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'
import { newRequestIds, type RequestIds } from '../../../src/gateway/request-ids.ts'
import type { LedgerStore } from '../../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../../src/store/ledger-store-sqlite.ts'
import { channelIdOf, holdOf, openSignedChannel, sealNote } from '../../support/channels.ts'
import { alterTables } from '../../support/ledger-place.ts'
import { sealing } from '../../support/sealed-receipts.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-ledger-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('a file of an older layout', () => {
  const channelId = channelIdOf(0)
  const digestOf = (ids: RequestIds) => bytes32(`0x${'d'.repeat(40)}${ids.requestId.slice(4)}`)
  type Seal = (ids: RequestIds) => Parameters<LedgerStore['charge']>[2]
  /** As gateways wrote it until layout 4: each receipt of a channel names the digest of the one before. */
  const asText: Seal =
    (ids) =>
    ({ prevReceipt }) => ({
      receiptId: ids.receiptId,
      digest: digestOf(ids),
      body: () => JSON.stringify({ receipt: { prevReceipt, work: { finishedAt: 50 } } }),
      record: 'kept',
      sealedAt: unixSeconds(70),
      answerId: undefined,
    })
  const packed: Seal = ({ receiptId }) =>
    sealing({ receiptId, channelId, cost: atomic(10n), sealedAt: unixSeconds(70) })
  const charge = async (path: string, ids: RequestIds, seal: Seal) => {
    const ledger = openSqliteLedger({ path })
    await openSignedChannel(ledger, channelId, 100n)
    await ledger.hold(holdOf(ids.requestId, channelId, 10n))
    const charged = await ledger.charge(ids.requestId, atomic(10n), seal(ids))
    await charged?.durable
    await ledger.close()
    if (charged === undefined) throw new Error('nothing was held')
    const { receiptId, digest, body } = charged.value
    return { receiptId, digest, body: body() }
  }
  const [first, second, third] = [newRequestIds(1), newRequestIds(2), newRequestIds(3)]
  const without = (...columns: readonly string[]) =>
    columns.map((name) => `ALTER TABLE receipts DROP COLUMN ${name}`)
  const beginning = async (path: string, layout: number, ...changes: readonly string[]) => {
    const charged = [await charge(path, first, asText), await charge(path, second, asText)]
    alterTables(path, ...changes, `PRAGMA user_version = ${layout}`)
    return charged
  }

  test.each([2, 3])('goes on as it is (layout %d)', async (layout) => {
    const path = join(folder, 'ledger.db')
    const gone = [...(layout === 2 ? ['record'] : []), 'digest', 'sealed_at', 'packed']
    const before = await beginning(path, layout, ...without(...gone), 'DROP TABLE answers')
    // The digest of the newest stood in the channel alone.
    const untouched = openSqliteLedger({ path })
    expect(await untouched.receipt(second.receiptId)).toMatchObject({ digest: digestOf(second) })
    await untouched.close()
    const receipts = [...before, await charge(path, third, packed)]
    const ledger = openSqliteLedger({ path })
    expect(await ledger.channel(channelId)).toMatchObject({ chargedCumulativeAmount: 30n })
    const told = await ledger.receiptsBySeq({ afterSeq: 0, limit: 9 })
    expect(told).toEqual(
      receipts.map((one, index) => ({ ...one, channelId, gatewaySeq: index + 1 })),
    )
    const recordOf = async (of: RequestIds) => (await ledger.requestRecord(of.requestId))?.record
    expect(await recordOf(first)).toBe(layout === 2 ? undefined : 'kept')
    expect(await recordOf(third)).toContain(third.receiptId)
    // Of an old one the body alone says when it was made.
    expect(await ledger.expireReceipts({ before: unixSeconds(50), limit: 9 })).toBe(0)
    expect(await ledger.expireReceipts({ before: unixSeconds(60), limit: 9 })).toBe(2)
    const expired = before.map(({ digest }) => ({ digest, body: undefined }))
    expect(await ledger.receiptsBySeq({ afterSeq: 0, limit: 2 })).toMatchObject(expired)
    await ledger.close()
  })

  test('goes on with packed receipts behind its texts (layout 4)', async () => {
    const path = join(folder, 'ledger.db')
    const before = await beginning(path, 4, ...without('packed'))
    const receipts = [...before, await charge(path, third, packed)]
    const ledger = openSqliteLedger({ path })
    const digests = receipts.map(({ digest }) => digest)
    const bodies = receipts.map(({ body }) => body)
    expect(await ledger.receipts({ channelId, afterSeq: 0, limit: 9 })).toEqual(bodies)
    expect(await ledger.digestsBySeq({ afterSeq: 0, limit: 9 })).toEqual(digests)
    expect(await ledger.expireReceipts({ before: unixSeconds(80), limit: 9 })).toBe(3)
    expect(await ledger.expireReceipts({ before: unixSeconds(80), limit: 9 })).toBe(0)
    expect(await ledger.receipts({ channelId, afterSeq: 0, limit: 9 })).toEqual([])
    expect(await ledger.digestsBySeq({ afterSeq: 0, limit: 9 })).toEqual(digests)
    await ledger.close()
  })
})

describe('receipts as a gateway seals them', () => {
  const channelId = channelIdOf(0)
  const charge = async (ledger: LedgerStore, ids: RequestIds, evidence?: ReceiptEvidence) => {
    await ledger.hold(holdOf(ids.requestId, channelId, 10n))
    const { receiptId } = ids
    const of = { receiptId, channelId, cost: atomic(10n), ...(evidence && { evidence }) }
    const charged = await ledger.charge(ids.requestId, atomic(10n), sealing(of))
    await charged?.durable
    if (charged === undefined) throw new Error('nothing was held')
    return charged.value
  }
  const sealAll = async (ledger: LedgerStore) => {
    await openSignedChannel(ledger, channelId, 100n)
    const ids = [1, 2, 3, 4].map((nowMs) => newRequestIds(nowMs))
    const sealed = []
    // Every other one has evidence, and is kept as the JSON that it is.
    for (const [index, one] of ids.entries()) {
      sealed.push(await charge(ledger, one, index % 2 === 1 ? { checkpoints: [] } : undefined))
    }
    return sealed
  }
  const keptOf = (sealed: readonly SealedReceipt[]) =>
    sealed.map(({ receiptId, digest, body }, index) => ({
      channelId,
      receiptId,
      gatewaySeq: index + 1,
      digest,
      body: body(),
    }))
  const withoutBody = (kept: ReturnType<typeof keptOf>) =>
    kept.map((one) => ({ ...one, body: undefined }))

  test('are told byte for byte, by every name, before and after a restart', async () => {
    const path = join(folder, 'ledger.db')
    const first = openSqliteLedger({ path })
    const sealed = await sealAll(first)
    const kept = keptOf(sealed)
    const tellsAll = async (ledger: LedgerStore) => {
      expect(await ledger.receiptsBySeq({ afterSeq: 0, limit: 9 })).toEqual(kept)
      expect(await ledger.digestsBySeq({ afterSeq: 0, limit: 9 })).toEqual(
        kept.map(({ digest }) => digest),
      )
      expect(await ledger.receipts({ channelId, afterSeq: 1, limit: 2 })).toEqual(
        kept.slice(1, 3).map(({ body }) => body),
      )
      for (const [index, one] of kept.entries()) {
        const record = sealed[index]?.record
        expect(await ledger.receipt(one.receiptId)).toEqual(one)
        const requestId = requestIdOf(one.receiptId)
        expect(await ledger.requestRecord(requestId)).toEqual({ ...one, record })
      }
    }
    await tellsAll(first)
    await first.close()
    const second = openSqliteLedger({ path })
    await tellsAll(second)
    await second.close()
  })

  test('lose body and record when their time is over, and keep their digest', async () => {
    const ledger = openSqliteLedger({ path: join(folder, 'ledger.db') })
    const kept = keptOf(await sealAll(ledger))
    expect(await ledger.expireReceipts({ before: unixSeconds(4), limit: 2 })).toBe(2)
    expect(await ledger.expireReceipts({ before: unixSeconds(4), limit: 2 })).toBe(1)
    const told = [...withoutBody(kept.slice(0, 3)), ...kept.slice(3)]
    expect(await ledger.receiptsBySeq({ afterSeq: 0, limit: 9 })).toEqual(told)
    expect(await ledger.digestsBySeq({ afterSeq: 0, limit: 9 })).toEqual(
      kept.map(({ digest }) => digest),
    )
    const requestId = requestIdOf(kept[0]?.receiptId ?? zeroBytes32)
    expect(await ledger.requestRecord(requestId)).toEqual({ ...told[0], record: undefined })
    expect(await ledger.receipts({ channelId, afterSeq: 0, limit: 9 })).toEqual([])
    expect(await ledger.receipts({ channelId, afterSeq: 3, limit: 9 })).toEqual([kept[3]?.body])
    await ledger.close()
  })
})

test('a file of a layout that is not known is left alone', async () => {
  const path = join(folder, 'ledger.db')
  await openSqliteLedger({ path }).close()
  alterTables(path, 'PRAGMA user_version = 1')
  expect(() => openSqliteLedger({ path })).toThrow(/has layout 1 and this version reads layout 5/)
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
