import { describe, expect, test } from 'vitest'
import { checkPrice } from '../../../src/client/check-price.ts'
import { workStatus } from '../../../src/domain/receipt.ts'
import { atomic, unixSeconds, zeroAddress } from '../../../src/domain/units.ts'
import {
  contributorOperator,
  exactCost,
  finishedAt,
  priceSheet,
  type ReceiptChanges,
  receipt,
  signReceipt,
  work,
} from '../../support/signed-receipt.ts'

function check(changes: ReceiptChanges = {}) {
  const { receipt: signed, priceSheet: sheet } = signReceipt(changes)
  const lines = checkPrice(signed, sheet)
  return {
    failed: lines.filter(({ verdict }) => verdict === 'fails').map((line) => line.check),
    cost: lines.find((line) => line.check === 'cost')?.detail ?? '',
  }
}

test('the price to the atomic unit', () => {
  expect(check()).toEqual({
    failed: [],
    cost: '240 atomic units, as the sheet and the tokens say',
  })
})

describe('the sheet', () => {
  test('hashes to the priceHash', () => {
    const prices = { ...priceSheet, promptAtomicPerMtok: atomic(99_999n) }
    const lines = checkPrice(signReceipt().receipt, prices)
    expect(lines[0]).toMatchObject({ check: 'price-sheet', verdict: 'fails' })
    expect(check({ receipt: { priceHash: receipt.channelId } }).failed).toEqual(['price-sheet'])
  })

  test('is for this model and of one who took part', () => {
    expect(check({ sheet: { modelId: work.jobId } }).failed).toEqual(['price-sheet'])
    expect(check({ sheet: { operator: contributorOperator } }).failed).toEqual([])
    expect(check({ sheet: { operator: priceSheet.asset } }).failed).toEqual(['price-sheet'])
  })

  test.each([
    [finishedAt, finishedAt, []],
    [finishedAt + 1, 0, ['price-sheet']],
    [0, finishedAt - 1, ['price-sheet']],
    [0, 0, []],
  ])('in force from %i to %i', (from, until, failed) => {
    const sheet = { validFrom: unixSeconds(from), validUntil: unixSeconds(until) }
    expect(check({ sheet }).failed).toEqual(failed)
  })
})

describe('the cost', () => {
  test('one unit more than the price is too much', () => {
    expect(check({ receipt: { cost: atomic(exactCost + 1n) } }).failed).toEqual(['cost'])
  })

  test('less is accepted and said', () => {
    const { failed, cost } = check({ receipt: { cost: atomic(7n) } })
    expect(failed).toEqual([])
    expect(cost).toBe('7 atomic units, less than the 240 that the sheet allows')
  })

  test('is rounded up once', () => {
    const changes = { work: { promptTokens: 0, cachedPromptTokens: 0, completionTokens: 1 } }
    expect(check({ ...changes, receipt: { cost: atomic(1n) } }).failed).toEqual([])
    expect(check({ ...changes, receipt: { cost: atomic(2n) } }).failed).toEqual(['cost'])
  })

  test.each([
    ['an answer without tokens', { completionTokens: 0 }],
    ['an answer that failed', { status: workStatus.upstreamFailed }],
  ])('of %s is nothing', (_, changed) => {
    expect(check({ work: changed }).failed).toEqual(['cost'])
    expect(check({ work: changed, receipt: { cost: atomic(0n) } }).failed).toEqual([])
  })

  test('of an answer that the client left is what was delivered', () => {
    expect(check({ work: { status: workStatus.clientDisconnected } }).failed).toEqual([])
  })
})

describe('forged numbers end in a failure, never in an exception', () => {
  const amountMax = atomic(2n ** 128n - 1n)

  test('prices whose sum no amount holds', () => {
    const sheet = { completionAtomicPerMtok: amountMax }
    const changes = { completionTokens: 2 ** 32 - 1 }
    expect(check({ sheet, work: changes }).failed).toEqual(['cost'])
  })

  test('the largest prices that an amount still holds', () => {
    const sheet = {
      promptAtomicPerMtok: amountMax,
      cachedPromptAtomicPerMtok: amountMax,
      completionAtomicPerMtok: amountMax,
    }
    const changes = { promptTokens: 400_000, cachedPromptTokens: 1, completionTokens: 600_000 }
    expect(check({ sheet, work: changes, receipt: { cost: amountMax } }).failed).toEqual([])
  })

  test('more cached tokens than there are', () => {
    expect(check({ work: { promptTokens: 1 } }).failed).toEqual(['cost'])
  })

  test('a sheet of nobody', () => {
    expect(check({ sheet: { operator: zeroAddress } }).failed).toEqual(['price-sheet'])
  })
})
