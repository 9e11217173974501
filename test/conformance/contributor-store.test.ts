/*
 * What every store of contributors does, whatever it is made of: the suite speaks to the port alone. A second
 * implementation joins by adding its place below.
 */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContributorRecord } from '../../src/domain/contributor-record.ts'
import { address, bytes32 } from '../../src/domain/units.ts'
import { createApiKeySeal } from '../../src/store/api-key-seal.ts'
import type { ContributorStore } from '../../src/store/contributor-store.ts'
import { openRedisContributors } from '../../src/store/contributor-store-redis.ts'
import { openSqliteContributors } from '../../src/store/contributor-store-sqlite.ts'
import { contributorRecord } from '../support/contributor-records.ts'
import { inRedis, inSqlite, type StorePlaceOf, withSharedStore } from '../support/shared-store.ts'

const places: readonly [string, () => Promise<StorePlaceOf<ContributorStore>>][] = [
  ['SQLite', inSqlite(openSqliteContributors)],
  ['Redis', inRedis(openRedisContributors)],
]
const lender = { wallet: address(`0x${'1'.repeat(40)}`), payout: address(`0x${'2'.repeat(40)}`) }
const digest = (digit: string) => bytes32(`0x${digit.repeat(64)}`)

describe.each(places)('contributors in %s', (_name, createPlace) => {
  let place: StorePlaceOf<ContributorStore>
  let store: ContributorStore
  /** Of another process. */
  let other: ContributorStore

  withSharedStore<ContributorStore>(createPlace, (opened) => {
    ;({ place, store, other } = opened)
  })

  const put = (record: ContributorRecord, at = store) =>
    at.change(() => ({ outcome: undefined, records: new Map([[record.contributorId, record]]) }))

  test('gives back what was put, to every process, in the order of ids', async () => {
    const records = [
      contributorRecord(),
      contributorRecord({ keyId: 'lent', lender, status: 'pending' }),
      contributorRecord({ keyId: '"\u{1F511}\\', definition: '{"a":"b \\" c"}', sealedKey: 'x_-' }),
    ]
    for (const record of records) await put(record)
    const sorted = records.toSorted((a, b) => (a.contributorId < b.contributorId ? -1 : 1))
    for (const at of [store, other]) {
      expect([...(await at.read()).records.values()]).toEqual(sorted)
    }
  })

  test('keeps what the operator said of a contributor apart from its record', async () => {
    const { contributorId } = contributorRecord()
    const mark = { contributorId, isDrained: true, readmittedAtMs: 7 }
    await store.change(() => ({ outcome: 1, marks: new Map([[contributorId, mark]]) }))
    const book = await other.read()
    expect(book.marks.get(contributorId)).toEqual(mark)
    expect(book.records.size).toBe(0)
    await store.change(() => ({ outcome: 1, marks: new Map([[contributorId, undefined]]) }))
    expect((await other.read()).marks.size).toBe(0)
  })

  test('what a contributor joined with comes back as it was', async () => {
    const operator = address(`0x${'c0'.repeat(20)}`)
    const record = contributorRecord({
      contributorId: operator,
      baseUrl: `tunnel://${operator}/v1`,
      joined: {
        operator,
        signingAddresses: [address(`0x${'c1'.repeat(20)}`), address(`0x${'c2'.repeat(20)}`)],
        serves: [{ id: 'm', modelId: digest('d') }],
      },
    })
    await put(record)
    expect((await other.read()).records.get(operator)).toEqual(record)
    const mark = { contributorId: operator, isDrained: false, isForger: true, readmittedAtMs: 0 }
    await other.change(() => ({ outcome: undefined, marks: new Map([[operator, mark]]) }))
    expect((await store.read()).marks.get(operator)).toEqual(mark)
  })

  test('the version rises with each change, for every process, and with nothing else', async () => {
    const record = contributorRecord()
    expect([await store.version(), (await store.read()).version]).toEqual([0, 0])
    await put(record)
    expect(await other.version()).toBe(1)
    await store.change(() => ({ outcome: 'nothing' }))
    expect(await other.version()).toBe(1)
    await other.change(() => ({
      outcome: 1,
      records: new Map([[record.contributorId, undefined]]),
    }))
    expect([await store.version(), (await store.read()).records.size]).toEqual([2, 0])
  })

  test('a change that fails leaves everything as it was', async () => {
    await put(contributorRecord())
    const failing = store.change(() => {
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await store.version()).toBe(1)
    await put(contributorRecord({ keyId: 'after' }))
    expect((await other.read()).records.size).toBe(2)
  })

  test('changes at once are decided one after the other', async () => {
    const count = 24
    const grown = Array.from({ length: count }, (_, index) =>
      (index % 2 === 0 ? store : other).change((book) => ({
        outcome: book.records.size,
        records: new Map([[`id-${index}`, contributorRecord({ contributorId: `id-${index}` })]]),
      })),
    )
    const sizes = await Promise.all(grown)
    expect(sizes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n))
    expect(await store.version()).toBe(count)
  })

  test('an order is taken once, by whichever process is first, while it is good', async () => {
    const time = { nowMs: 1_000, untilMs: 61_000 }
    expect(await store.takeOrder(digest('a'), time)).toBe(true)
    expect(await store.takeOrder(digest('a'), time)).toBe(false)
    expect(await other.takeOrder(digest('a'), time)).toBe(false)
    expect(await other.takeOrder(digest('b'), time)).toBe(true)
    const rush = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? store : other).takeOrder(digest('c'), time),
      ),
    )
    expect(rush.filter(Boolean)).toHaveLength(1)
  })

  test('survives the end of its process', async () => {
    const ending = await place.open()
    await put(contributorRecord(), ending)
    await ending.takeOrder(digest('a'), { nowMs: 1, untilMs: 900_000 })
    await ending.close()
    const next = await place.open()
    expect((await next.read()).records.size).toBe(1)
    expect(await next.takeOrder(digest('a'), { nowMs: 2, untilMs: 900_001 })).toBe(false)
    await next.close()
  })

  test('no byte of a key lies in it, and each comes back for its own record alone', async () => {
    const seal = createApiKeySeal([{ version: 1, secret: randomBytes(32) }])
    let kept = 0
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 12, maxLength: 60, unit: 'grapheme-ascii' }),
        async (text) => {
          const apiKey = `sk-planted-${text}`
          const record = contributorRecord({ keyId: `key ${kept}` })
          await put({ ...record, sealedKey: seal.seal(apiKey, record) })
          const found = (await other.read()).records.get(record.contributorId)
          if (found === undefined) throw new Error('the record is there')
          expect(seal.open(found.sealedKey, found)).toBe(apiKey)
          kept += 1
        },
      ),
      { numRuns: 25 },
    )
    expect(kept).toBe(25)
    const dump = await place.dump()
    expect(dump).toContain('key 7')
    expect(dump).not.toContain('sk-planted')
    const encoded = Buffer.from('sk-planted').toString('base64').slice(0, 12)
    expect(dump).not.toContain(encoded)
  })
})
