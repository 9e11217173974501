import { expect, test } from 'vitest'
import { PendingReceipts } from '../../../src/transparency/pending-receipts.ts'
import { someBatches, someDigests } from '../../support/log-batches.ts'

const policy = { receiptsMax: 3, everyMs: 60_000 }
const [first, second] = someBatches([2, 3])

test('a batch is due when it is full, or its time after the first receipt was seen', () => {
  const pending = new PendingReceipts()
  expect(pending.isDue(policy, 1e12)).toBe(false)
  pending.add(someDigests(2), 1_000)
  expect(pending.isDue(policy, 60_999)).toBe(false)
  expect(pending.isDue(policy, 61_000)).toBe(true)
  pending.add(someDigests(1), 2_000)
  expect(pending.isDue(policy, 2_000)).toBe(true)
  expect(pending.sinceMs).toBe(1_000)
})

test('what another process has put into a batch is pending no more', () => {
  const pending = new PendingReceipts()
  pending.dropLogged(undefined)
  pending.add(someDigests(4), 1_000)
  expect(pending.lastSeq).toBe(4)
  pending.dropLogged(first?.head)
  expect(pending.digests).toEqual(someDigests(4).slice(2))
  expect(pending.lastSeq).toBe(4)
  // The rest came no later than the first of all: it is closed a little early, never late.
  expect(pending.sinceMs).toBe(1_000)
  // The log may be ahead of what this process has read.
  pending.dropLogged(second?.head)
  expect(pending.digests).toEqual([])
  expect(pending.lastSeq).toBe(5)
  expect(pending.sinceMs).toBeUndefined()
})
