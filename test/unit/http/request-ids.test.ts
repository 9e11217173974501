import { describe, expect, test } from 'vitest'
import { receiptIdsOf, requestIdOf } from '../../../src/domain/request-id.ts'
import { newRequestIds } from '../../../src/http/request-ids.ts'

describe('ids of a request', () => {
  test('have the shapes that their fields promise', () => {
    const { requestId, jobId, receiptId } = newRequestIds(1_760_000_000_000)
    expect(requestId).toMatch(/^req_[0-9a-f]{24}$/)
    expect(jobId).toMatch(/^0x[0-9a-f]{64}$/)
    expect(receiptId).toMatch(/^0x[0-9a-f]{64}$/)
  })

  test('that a ledger indexes sort by the time of their request', () => {
    const times = [0, 1, 255, 1_760_000_000_000, 1_760_000_000_001, 2 ** 47]
    const ids = times.map(newRequestIds)
    const requestIds = ids.map(({ requestId }) => requestId)
    const receiptIds = ids.map(({ receiptId }) => receiptId)
    expect([...requestIds].sort()).toEqual(requestIds)
    expect([...receiptIds].sort()).toEqual(receiptIds)
  })

  test('a receipt is found by its request, and the request by its receipt', () => {
    const { requestId, receiptId } = newRequestIds(1_760_000_000_000)
    expect(requestIdOf(receiptId)).toBe(requestId)
    const { first, last } = receiptIdsOf(requestId)
    expect(first <= receiptId && receiptId <= last).toBe(true)
  })

  test('differ within one millisecond, and share nothing else', () => {
    const ids = Array.from({ length: 1000 }, () => newRequestIds(1_760_000_000_000))
    for (const name of ['requestId', 'jobId', 'receiptId'] as const) {
      expect(new Set(ids.map((one) => one[name]))).toHaveProperty('size', ids.length)
    }
    const tails = new Set(ids.map(({ requestId }) => requestId.slice(-12)))
    expect(ids.filter(({ receiptId }) => tails.has(receiptId.slice(-12)))).toEqual([])
  })
})
