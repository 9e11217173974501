import { expect, test } from 'vitest'
import { atomic, type Bytes32, bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { batchInputs } from '../../../src/proofs/batch-inputs.ts'
import { type BatchStatement, batchPublicInputs } from '../../../src/proofs/batch-statement.ts'
import { scalarModulus } from '../../../src/proofs/field.ts'
import { type BatchEntry, checkSignedBatch } from '../../../src/proofs/signed-batch.ts'
import { signedBatchOf, someUsages } from '../../support/signed-batch.ts'
import { priceSheet } from '../../support/signed-receipt.ts'

const batch = signedBatchOf(someUsages(3))
const { statement } = batch
const word = (byte: string): Bytes32 => bytes32(`0x${byte.repeat(32)}`)

/** Every member another: what a statement says must be in its public inputs, or a proof would be of both. */
const changes: { readonly [K in keyof Required<BatchStatement>]: Partial<BatchStatement> } = {
  domainSeparator: { domainSeparator: word('01') },
  channelId: { channelId: word('02') },
  gateway: { gateway: statement.contributor },
  contributor: { contributor: statement.gateway },
  priceSheet: { priceSheet: { ...priceSheet, validFrom: unixSeconds(1) } },
  firstSeq: { firstSeq: 8 },
  count: { count: 4 },
  total: { total: atomic(statement.total + 1n) },
  priced: { priced: atomic(statement.priced + 1n) },
  previousDigest: { previousDigest: word('03') },
  lastDigest: { lastDigest: word('04') },
  firstFinishedAt: { firstFinishedAt: unixSeconds(1) },
  lastFinishedAt: { lastFinishedAt: unixSeconds(1) },
  usageKey: { usageKey: word('05') },
}

test.each(Object.entries(changes))('another %s is another statement', (_, change) => {
  const inputs = batchPublicInputs(statement)
  expect(inputs).toHaveLength(4)
  expect(inputs.every((input) => BigInt(input) < scalarModulus)).toBe(true)
  const changed = { ...statement, ...change }
  expect(batchPublicInputs(changed)).not.toEqual(inputs)
  expect(checkSignedBatch({ ...batch, statement: changed }).ok).toBe(false)
})

const entryChanges: { readonly [K in keyof BatchEntry]: (entry: BatchEntry) => BatchEntry } = {
  receiptDigest: (entry) => ({ ...entry, receiptDigest: word('06') }),
  promptTokens: (entry) => ({ ...entry, promptTokens: entry.promptTokens + 1 }),
  cachedPromptTokens: (entry) => ({ ...entry, cachedPromptTokens: entry.cachedPromptTokens + 1 }),
  completionTokens: (entry) => ({ ...entry, completionTokens: entry.completionTokens + 1 }),
  cost: (entry) => ({ ...entry, cost: atomic(entry.cost - 1n) }),
}

test.each(Object.entries(entryChanges))('an entry with another %s is not signed', (_, change) => {
  const entries = batch.entries.map((entry, at) => (at === 1 ? change(entry) : entry))
  expect(checkSignedBatch({ ...batch, entries }).ok).toBe(false)
})

test('a batch is as large as its entries, and empty is none', () => {
  const [first] = batch.entries
  expect(checkSignedBatch({ ...batch, entries: [] })).toEqual({ ok: false, error: 'count' })
  const seventeen = Array(17).fill(first) as BatchEntry[]
  expect(checkSignedBatch({ ...batch, entries: seventeen })).toEqual({ ok: false, error: 'count' })
})

test('numbers beyond their bits are refused, never packed into others', () => {
  expect(() => batchPublicInputs({ ...statement, count: 32 })).toThrow(/fits its bits/)
  expect(() => batchPublicInputs({ ...statement, firstSeq: 2 ** 48 })).toThrow(/fits its bits/)
})

test('behind the last receipt the circuit is given zeros', () => {
  const inputs = batchInputs(batch)
  expect(inputs['active']).toEqual(['1', '1', '1', ...Array(13).fill('0')])
  expect(inputs['cost']?.slice(3)).toEqual(Array(13).fill('0'))
})
