import { describe, expect, test } from 'vitest'
import { checkRelations } from '../../../src/client/check-relations.ts'
import { atomic, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'
import {
  finishedAt,
  nowMs,
  type ReceiptChanges,
  signReceipt,
  work,
} from '../../support/signed-receipt.ts'

const lines = (changes: ReceiptChanges, atMs = nowMs) =>
  checkRelations(signReceipt(changes).receipt, atMs)
const failed = (changes: ReceiptChanges, atMs = nowMs) =>
  lines(changes, atMs)
    .filter(({ verdict }) => verdict === 'fails')
    .map(({ check }) => check)

test('a receipt as a gateway makes it', () => {
  expect(lines({}).map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
    'tiers holds',
    'times holds',
    'usage holds',
    'sequence holds',
  ])
})

describe('tiers', () => {
  test.each([0, 2, 6])('%i: no gateway vouches', (tiers) => {
    expect(failed({ receipt: { tiers } })).toContain('tiers')
  })

  test('a commitment and its tier come together', () => {
    expect(failed({ receipt: { tiers: 7 } })).toEqual(['tiers'])
    expect(failed({ work: { commitment: work.jobId } })).toEqual(['tiers'])
    expect(failed({ receipt: { tiers: 7 }, work: { commitment: work.jobId } })).toEqual([])
  })

  test.each([
    [1 | 8, '8 audited: but no contributor signed'],
    [1 | 16, '16 tee-bound-key: but no contributor signed'],
    [3 | 32, 'a usage proof stands beside receipts'],
    [3 | 16 | 32 | 64, 'a usage proof stands beside receipts'],
    [3 | 128, 'comes after the receipt'],
  ])('%i is claimed by nobody who is honest', (tiers, said) => {
    const line = lines({ receipt: { tiers } }).find(({ check }) => check === 'tiers')
    expect(line?.verdict).toBe('fails')
    expect(line?.detail).toContain(said)
  })

  test('what this verifier does not know is not taken on trust', () => {
    const line = lines({ receipt: { tiers: 3 | 256 | 32768 } }).find(
      ({ check }) => check === 'evidence',
    )
    expect(line?.verdict).toBe('unknown')
    expect(line?.detail).toContain('33024')
  })
})

describe('times', () => {
  test('the start is not after the end', () => {
    expect(failed({ work: { startedAt: finishedAt } })).toEqual([])
    expect(failed({ work: { startedAt: unixSeconds(finishedAt + 1) } })).toEqual(['times'])
  })

  test('the end is at most the contracts’ clock tolerance ahead', () => {
    expect(failed({}, (finishedAt - 900) * 1000)).toEqual([])
    expect(failed({}, (finishedAt - 901) * 1000)).toEqual(['times'])
  })

  test('a time beyond all calendars is a failure, not an exception', () => {
    const end = unixSeconds(Number.MAX_SAFE_INTEGER)
    expect(failed({ work: { finishedAt: end } })).toEqual(['times'])
    expect(lines({ work: { finishedAt: end, startedAt: end } }, end * 1000)[1]?.detail).toContain(
      `second ${end}`,
    )
  })
})

test('cached prompt tokens are part of the prompt tokens', () => {
  expect(failed({ work: { promptTokens: 200, cachedPromptTokens: 200 } })).toEqual([])
  expect(failed({ work: { promptTokens: 199, cachedPromptTokens: 200 } })).toEqual(['usage'])
})

describe('sequence', () => {
  test.each([
    ['no number on the channel', { channelSeq: 0 }],
    ['no number of the gateway', { gatewaySeq: 0 }],
    ['more on one channel than in all', { channelSeq: 9, gatewaySeq: 8 }],
    ['a sum below the cost', { cost: atomic(240n), cumulative: atomic(239n) }],
    ['a first one that points back', { channelSeq: 1 }],
    ['a later one that does not', { prevReceipt: zeroBytes32 }],
  ])('%s', (_, receipt) => {
    expect(failed({ receipt })).toEqual(['sequence'])
  })

  test('the first of a channel, even where more was charged before this book began', () => {
    const receipt = { channelSeq: 1, prevReceipt: zeroBytes32 }
    expect(failed({ receipt })).toEqual([])
  })
})
