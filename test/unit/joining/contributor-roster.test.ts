import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { err } from '../../../src/base/result.ts'
import type { ContributorRecord } from '../../../src/domain/contributor-record.ts'
import { ContributorRoster } from '../../../src/joining/contributor-roster.ts'
import { createApiKeySeal } from '../../../src/store/api-key-seal.ts'
import type { ContributorStore } from '../../../src/store/contributor-store.ts'
import { openSqliteContributors } from '../../../src/store/contributor-store-sqlite.ts'
import { contributorRecord } from '../../support/contributor-records.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { type LendingRig, lendingRig } from '../../support/lending.ts'

let folder: ReturnType<typeof temporaryFolder>
let store: ContributorStore
/** Of another gateway. */
let other: ContributorStore
let rig: LendingRig

beforeEach(() => {
  folder = temporaryFolder()
  const path = `${folder.path}/contributors.db`
  store = openSqliteContributors(path)
  other = openSqliteContributors(path)
  rig = lendingRig(store)
})
afterEach(async () => {
  await rig.roster.stop()
  await store.close()
  await other.close()
  folder.remove()
})

const put = (record: ContributorRecord) =>
  other.change(() => ({ outcome: undefined, records: new Map([[record.contributorId, record]]) }))
const entries = () => [...rig.roster.current.entries.values()]

test('takes what another gateway changed with the next look, and nothing where nothing did', async () => {
  await rig.roster.look()
  expect([entries().length, rig.applied()]).toEqual([0, 1])
  await rig.roster.look()
  expect(rig.applied()).toBe(1)
  await put(contributorRecord())
  await rig.roster.look()
  expect([entries().length, rig.applied()]).toEqual([1, 2])
})

test('a key is decrypted for its own record; one that cannot be is told and not used', async () => {
  const record = contributorRecord()
  await put({ ...record, sealedKey: rig.seal.seal('sk-good', record) })
  const stranger = contributorRecord({ keyId: 'moved' })
  await put({ ...stranger, sealedKey: rig.seal.seal('sk-good', record) })
  await rig.roster.look()
  const used = entries().filter(({ contributor }) => contributor !== undefined)
  expect(used.map(({ contributor }) => contributor?.authorization)).toEqual(['Bearer sk-good'])
  const unused = entries().find(({ contributor }) => contributor === undefined)
  expect(unused).toMatchObject({
    record: { keyId: 'moved' },
    fault: 'its key cannot be decrypted with the secrets of this gateway',
  })
})

test('one that waits for approval is no fault, and is not used', async () => {
  await put(contributorRecord({ status: 'pending' }))
  await rig.roster.look()
  expect(entries()).toMatchObject([{ contributor: undefined, fault: undefined }])
})

test('what takes time is asked for again until it is done, and holds up nothing else', async () => {
  const lookAndSettle = async () => {
    await rig.roster.look()
    await rig.roster.settled()
  }
  rig.now.isSettled = false
  await put(contributorRecord())
  await lookAndSettle()
  await lookAndSettle()
  expect([rig.applied(), rig.settled()]).toEqual([1, 2])
  rig.now.isSettled = true
  await lookAndSettle()
  await lookAndSettle()
  expect([rig.applied(), rig.settled()]).toEqual([1, 3])
})

test('a change while something takes its time is applied at once, and settled after it', async () => {
  const gate = Promise.withResolvers<void>()
  const settled: number[] = []
  const applied: number[] = []
  const roster = new ContributorRoster({
    store,
    seal: undefined,
    contributorOf: () => err('none'),
    apply: ({ entries }) => void applied.push(entries.size),
    settle: async ({ entries }) => {
      settled.push(entries.size)
      await gate.promise
      return true
    },
    log: { info: () => {}, error: () => {} },
  })
  await roster.look()
  await put(contributorRecord())
  await roster.look()
  expect([applied, settled]).toEqual([[0, 1], [0]])
  gate.resolve()
  await roster.settled()
  expect(settled).toEqual([0, 1])
})

test('goes on with whom it knew while the store is gone, and says so once', async () => {
  await put(contributorRecord())
  await rig.roster.look()
  await store.close()
  for (let look = 0; look < 3; look += 1) {
    await expect(rig.roster.look()).rejects.toThrow('cannot be read')
  }
  expect(entries()).toHaveLength(1)
  expect(rig.logged).toEqual(['contributors_unreadable'])
  store = openSqliteContributors(`${folder.path}/contributors.db`)
})

test('a new secret takes over every key, and then the old one is not needed', async () => {
  const oldSecret = { version: 1, secret: randomBytes(32) }
  const newSecret = { version: 2, secret: randomBytes(32) }
  for (const keyId of ['one', 'two']) {
    const record = contributorRecord({ keyId })
    const sealedKey = createApiKeySeal([oldSecret]).seal(`sk-${keyId}`, record)
    await put({ ...record, sealedKey })
  }
  await put(contributorRecord({ keyId: 'keyless' }))
  const rosterWith = (...secrets: readonly (typeof oldSecret)[]) =>
    new ContributorRoster({
      store,
      seal: createApiKeySeal(secrets),
      contributorOf: (_record, apiKey) => err(`it has ${apiKey}`),
      apply: () => {},
      settle: async () => true,
      log: { info: () => {}, error: () => {} },
    })
  const rotating = rosterWith(newSecret, oldSecret)
  expect(await rotating.sealAnew()).toBe(2)
  expect(await rotating.sealAnew()).toBe(0)
  const rotated = rosterWith(newSecret)
  await rotated.look()
  const faults = [...rotated.current.entries.values()].map(({ fault }) => fault)
  expect(faults.toSorted()).toEqual(['it has sk-one', 'it has sk-two', 'it has undefined'])
})
