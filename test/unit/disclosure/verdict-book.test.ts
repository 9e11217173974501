import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PrivateKey, parsePrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { verdictsKept } from '../../../src/disclosure/limits.ts'
import { type JudgedModel, VerdictBook } from '../../../src/disclosure/verdict-book.ts'
import { bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { StoreFailure } from '../../../src/store/ledger-store.ts'
import {
  type KeptVerdict,
  type VerdictStore,
  verdictName,
} from '../../../src/store/verdict-store.ts'
import { openSqliteVerdicts } from '../../../src/store/verdict-store-sqlite.ts'
import { inSqlite, type StorePlaceOf } from '../../support/shared-store.ts'
import { eventsHeard } from '../../support/transcripts.ts'
import { signedVerdict } from '../../support/verdicts.ts'

const keyOf = (byte: string): PrivateKey => {
  const key = parsePrivateKey(`0x${byte.repeat(32)}`)
  if (key === undefined) throw new Error('a test key is in range')
  return key
}
const auditor = keyOf('a1')
const issuedAt = unixSeconds(1_750_000_000)
const { contributor, modelId } = signedVerdict(auditor).verdict
const otherModelId = bytes32(`0x${'4'.repeat(64)}`)

let place: StorePlaceOf<VerdictStore>
let nowS: number

type Opened = { book: VerdictBook; applied: (readonly JudgedModel[])[]; events: string[] }
async function open(store?: VerdictStore): Promise<Opened> {
  const applied: (readonly JudgedModel[])[] = []
  const log = eventsHeard()
  const book = new VerdictBook({
    store: store ?? (await place.open()),
    scores: {
      auditors: new Set([addressOfPrivateKey(auditor)]),
      auditorsMin: 1,
      windowTokensMin: 1_000,
      verdictValidS: 3_600,
    },
    apply: (judged) => void applied.push(judged),
    log,
    nowMs: () => nowS * 1000,
  })
  await book.look()
  return { book, applied, events: log.events }
}

beforeEach(async () => {
  place = await inSqlite(openSqliteVerdicts)()
  nowS = issuedAt + 10
})
afterEach(() => place.remove())

test('a verdict counts at once here, and at another gateway with its next look', async () => {
  const { book, applied } = await open()
  const other = await open()
  expect(applied).toEqual([[]])
  expect(await book.add(signedVerdict(auditor, { passed: false }))).toBe('stored')
  const failed = { contributor, modelId, outcome: 'failed', until: issuedAt + 3_600 }
  expect(applied.at(-1)).toEqual([failed])
  expect(book.standing(contributor, modelId)).toEqual(failed)
  expect(book.standing(contributor, otherModelId)).toBeUndefined()
  expect(other.book.standing(contributor, modelId)).toBeUndefined()
  await other.book.look()
  expect(other.applied.at(-1)).toEqual([failed])
})

test('what was found is forgotten when it is too old, without another word', async () => {
  const { book, applied } = await open()
  await book.add(signedVerdict(auditor))
  expect(book.standing(contributor, modelId)?.outcome).toBe('passed')
  const told = applied.length
  nowS = issuedAt + 3_599
  await book.look()
  expect(applied).toHaveLength(told)
  nowS = issuedAt + 3_600
  await book.look()
  expect(applied.slice(told)).toEqual([[]])
  expect(book.standing(contributor, modelId)).toBeUndefined()
  // It is still told what was said.
  expect(book.verdicts({ limit: 10 })).toHaveLength(1)
})

test('a store that cannot be asked changes nothing but what time changes', async () => {
  const inner = await place.open()
  let isLost = false
  const ask = <T>(act: () => Promise<T>): Promise<T> =>
    isLost ? Promise.reject(new StoreFailure('no disk')) : act()
  const { book, events } = await open({
    put: (kept, forget) => ask(() => inner.put(kept, forget)),
    read: () => ask(() => inner.read()),
    version: () => ask(() => inner.version()),
    close: () => inner.close(),
  })
  await book.add(signedVerdict(auditor))
  isLost = true
  await expect(book.look()).rejects.toThrow(StoreFailure)
  await expect(book.look()).rejects.toThrow(StoreFailure)
  expect(book.standing(contributor, modelId)?.outcome).toBe('passed')
  nowS = issuedAt + 3_600
  await expect(book.look()).rejects.toThrow(StoreFailure)
  expect(book.standing(contributor, modelId)).toBeUndefined()
  isLost = false
  await book.look()
  expect(events).toEqual(['verdicts_unreadable', 'verdicts_readable'])
})

test('lists the newest first, of whom and what was asked for', async () => {
  const { book } = await open()
  const later = unixSeconds(issuedAt + 5)
  await book.add(signedVerdict(auditor))
  await book.add(signedVerdict(auditor, { issuedAt: later }))
  await book.add(signedVerdict(auditor, { modelId: otherModelId }))
  const times = (asked: Parameters<typeof book.verdicts>[0]) =>
    book.verdicts(asked).map(({ verdict }) => verdict.issuedAt)
  expect(times({ limit: 10 })).toEqual([later, issuedAt, issuedAt])
  expect(times({ limit: 1 })).toEqual([later])
  expect(times({ contributor, modelId, limit: 10 })).toEqual([later, issuedAt])
  expect(times({ modelId: otherModelId, limit: 10 })).toEqual([issuedAt])
  expect(times({ contributor: addressOfPrivateKey(auditor), limit: 10 })).toEqual([])
})

/** A store in memory, with these verdicts in it. */
function storeOf(verdicts: readonly KeptVerdict[]): VerdictStore {
  const kept = new Map(verdicts.map((one) => [verdictName(one), one]))
  let version = 0
  return {
    put: async (one, forget) => {
      kept.set(verdictName(one), one)
      for (const name of forget) kept.delete(name)
      version += 1
      return 'stored'
    },
    read: async () => ({ version, verdicts: [...kept.values()] }),
    version: async () => version,
    close: async () => {},
  }
}

/** Signed once: the book judges no signature. */
const manyOf = (said: KeptVerdict, count: number): readonly KeptVerdict[] =>
  Array.from({ length: count }, (_, index) => ({
    ...said,
    verdict: { ...said.verdict, issuedAt: unixSeconds(index + 1) },
  }))

test('keeps no more than so many: the oldest go', async () => {
  const said = signedVerdict(auditor)
  const { book } = await open(storeOf(manyOf(said, verdictsKept)))
  expect(book.verdicts({ limit: 10_000 })).toHaveLength(verdictsKept)
  await book.add(said)
  const listed = book.verdicts({ limit: 10_000 })
  expect(listed).toHaveLength(verdictsKept)
  expect(listed[0]).toEqual(said)
  expect(listed.at(-1)?.verdict.issuedAt).toBe(2)
})

test('an auditor that reports without end has nothing of another one forgotten', async () => {
  const other = signedVerdict(keyOf('b2'), { issuedAt: unixSeconds(1) })
  const said = signedVerdict(auditor)
  const { book } = await open(storeOf([other, ...manyOf(said, verdictsKept - 1)]))
  await book.add(said)
  const listed = book.verdicts({ limit: 10_000 })
  expect(listed).toHaveLength(verdictsKept)
  expect(listed).toContainEqual(other)
})
