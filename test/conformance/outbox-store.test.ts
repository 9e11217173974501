/*
 * What every outbox store does, whatever it is made of: the suite speaks to the port alone. A second implementation joins by
 * adding its place below.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { address, bytes32 } from '../../src/domain/units.ts'
import type { OutboxStore } from '../../src/store/outbox-store.ts'
import {
  entryOf,
  lane,
  type OutboxPlace,
  redisOutboxPlace,
  sentWith,
  sqliteOutboxPlace,
} from '../support/outbox-place.ts'

const places: readonly [string, () => Promise<OutboxPlace>][] = [
  ['SQLite', sqliteOutboxPlace],
  ['Redis', redisOutboxPlace],
]

describe.each(places)('an outbox in %s', (_name, createPlace) => {
  let place: OutboxPlace
  let store: OutboxStore

  beforeEach(async () => {
    place = await createPlace()
    store = await place.open()
  })

  afterEach(async () => {
    await store.close()
    await place.remove()
  })

  const openIds = async (of = lane) => (await store.open(of)).map(({ intentId }) => intentId)
  /** The entry with the changes, as the next process finds it. */
  const put = async (intentId: string, change = {}) => {
    expect(await store.put(entryOf(intentId, change))).toBe(true)
  }
  const update = async (intentId: string, change: object) => {
    const known = await store.find(intentId)
    if (known === undefined) throw new Error('no such intent')
    return store.update({ ...known, ...change })
  }

  test('gives back what was put, to the wei', async () => {
    const entry = entryOf('a', sentWith(7))
    await put('a', sentWith(7))
    expect(await store.find('a')).toEqual(entry)
    expect(await store.find('b')).toBeUndefined()
  })

  test('keeps caps, and what took the nonce back, to the wei', async () => {
    const caps = {
      feeWeiMax: 2n ** 70n + 1n,
      gasLimitMax: 2n ** 60n + 3n,
      notAfterS: 1_700_000_060,
    }
    const [attempt] = sentWith(7).attempts ?? []
    if (attempt === undefined) throw new Error('nothing signed')
    const attempts = [attempt, { ...attempt, isEmpty: true }]
    await put('a', { ...sentWith(7), caps, attempts })
    await store.close()
    store = await place.open()
    expect(await store.find('a')).toEqual(entryOf('a', { ...sentWith(7), caps, attempts }))
  })

  test('puts an intent once', async () => {
    await put('a')
    expect(await store.put(entryOf('a', { data: '0x99' }))).toBe(false)
    expect(await store.find('a')).toMatchObject({ data: '0x1234' })
    expect(await openIds()).toEqual(['a'])
  })

  test('knows everything again after a restart', async () => {
    const inclusion = {
      transactionHash: bytes32(`0x${'aa'.repeat(32)}`),
      blockNumber: 12,
      blockHash: bytes32(`0x${'bb'.repeat(32)}`),
      succeeded: false,
    }
    await put('a')
    await update('a', { ...sentWith(7), state: 'mined', inclusion })
    await store.setNote('cursor', '12')
    await store.close()
    store = await place.open()
    expect(await store.find('a')).toEqual(
      entryOf('a', { ...sentWith(7), state: 'mined', inclusion, revision: 1 }),
    )
    expect(await store.note('cursor')).toBe('12')
  })

  test('lists what is open in the lane, in the order of arrival', async () => {
    for (const intentId of ['c', 'a', 'b']) await put(intentId)
    await update('a', sentWith(1))
    expect(await openIds()).toEqual(['c', 'a', 'b'])
    await update('c', { state: 'failed', failure: { message: 'no', data: undefined } })
    await update('a', { state: 'final' })
    expect(await openIds()).toEqual(['b'])
  })

  test('keeps lanes apart', async () => {
    const otherChain = { ...lane, chainId: 8453 }
    const otherSender = { ...lane, sender: address(`0x${'5f'.repeat(20)}`) }
    await put('a', sentWith(1))
    await put('b', { ...otherChain, ...sentWith(1) })
    await put('c', { ...otherSender, ...sentWith(1) })
    expect(await openIds()).toEqual(['a'])
    expect(await openIds(otherChain)).toEqual(['b'])
    expect(await openIds(otherSender)).toEqual(['c'])
    expect((await store.recent(10)).map(({ intentId }) => intentId)).toEqual(['c', 'b', 'a'])
  })

  test('lists the newest first, whatever became of them', async () => {
    for (const intentId of ['a', 'b', 'c']) await put(intentId)
    await update('c', { state: 'failed', failure: { message: 'no', data: '0x08c379a0' } })
    const recent = await store.recent(2)
    expect(recent.map(({ intentId }) => intentId)).toEqual(['c', 'b'])
    expect(recent[0]?.failure).toEqual({ message: 'no', data: '0x08c379a0' })
  })

  describe('with two processes', () => {
    test('the second update of one revision is refused', async () => {
      await put('a')
      const other = await place.open()
      const [mine, theirs] = [await store.find('a'), await other.find('a')]
      if (mine === undefined || theirs === undefined) throw new Error('not shared')
      expect(await other.update({ ...theirs, ...sentWith(1) })).toBe(true)
      expect(await store.update({ ...mine, ...sentWith(2) })).toBe(false)
      expect(await store.find('a')).toMatchObject({ nonce: 1, revision: 1 })
      await other.close()
    })

    test('one nonce goes to one intent while it is taken', async () => {
      await put('a')
      await put('b')
      expect(await update('a', sentWith(1))).toBe(true)
      expect(await update('b', sentWith(1))).toBe(false)
      expect(await store.find('b')).toMatchObject({ state: 'queued', revision: 0 })
      await update('a', { state: 'mined' })
      expect(await update('b', sentWith(1))).toBe(false)
      // A chain that went back further than what counts as final asks for the nonce again.
      await update('a', { state: 'final' })
      expect(await update('b', sentWith(1))).toBe(true)
    })

    test('an intent that does not exist is not made by an update', async () => {
      expect(await store.update(entryOf('a'))).toBe(false)
      expect(await store.find('a')).toBeUndefined()
    })
  })

  test('notes are replaced, removed and listed by their beginning', async () => {
    await store.setNote('quarantine:b', '2')
    await store.setNote('quarantine:a', '1')
    await store.setNote('cursor', '9')
    await store.setNote('quarantine:b', '3')
    expect(await store.notes('quarantine:')).toEqual([
      { key: 'quarantine:a', text: '1' },
      { key: 'quarantine:b', text: '3' },
    ])
    await store.setNote('quarantine:a', undefined)
    expect(await store.notes('quarantine:')).toHaveLength(1)
    expect(await store.note('quarantine:a')).toBeUndefined()
    expect(await store.notes('%')).toEqual([])
  })
})
