import { describe, expect, test } from 'vitest'
import {
  answerDigitsOf,
  answerIdToKeep,
  attemptName,
  attemptNameOf,
  receiptIdsOf,
  requestIdOf,
  requestIdOfAnswer,
} from '../../../src/domain/request-id.ts'
import { newRequestIds } from '../../../src/gateway/request-ids.ts'

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

describe('the id in an answer', () => {
  const digits = '0123456789abcdef01234567'
  const requestId = `req_${digits}`

  test.each(['chatcmpl-', 'cmpl-', 'embd-', 'resp_', 'msg_'])(
    'follows from its request behind %s, whichever attempt it is of',
    (prefix) => {
      for (const ordinal of [1, 2, 3]) {
        const name = attemptNameOf(requestId, ordinal)
        expect(attemptName(name)).toBe(name)
        expect(requestIdOfAnswer(`${prefix}${name}`)).toBe(requestId)
        expect(requestIdOfAnswer(`${prefix}${answerDigitsOf(name)}`)).toBe(requestId)
        expect(answerIdToKeep(requestId, `${prefix}${name}`)).toBeUndefined()
      }
      expect(answerIdToKeep(`req_${'0'.repeat(24)}`, prefix + digits)).toBe(prefix + digits)
    },
  )

  test.each([
    'chatcmpl-1',
    `chatcmpl-${digits}0`,
    `chatcmpl-${digits.toUpperCase()}`,
    `chatcmpl-${digits}-1`,
    `chatcmpl-${digits}\n`,
    `xchatcmpl-${digits}`,
    digits,
    requestId,
  ])('that an engine made up follows from none (%j)', (answerId) => {
    expect(requestIdOfAnswer(answerId)).toBeUndefined()
  })

  test.each([undefined, null, 7, {}, '', 'a b', 'tab\t', 'ü', 'x'.repeat(257)])(
    'is not kept where it is none (%j)',
    (answerId) => {
      expect(answerIdToKeep(requestId, answerId)).toBeUndefined()
    },
  )

  test('is kept where it is short and printable', () => {
    for (const id of ['chatcmpl-1', 'x'.repeat(256), '__proto__', '~!"']) {
      expect(answerIdToKeep(requestId, id)).toBe(id)
    }
  })

  test.each([undefined, 7, '', 'req_', `${requestId}-1`, `${requestId}-10`, ` ${requestId}`])(
    'follows from nothing but a name of ours (%j)',
    (name) => {
      expect(attemptName(name)).toBeUndefined()
      expect(answerDigitsOf(name)).toBeUndefined()
    },
  )
})
