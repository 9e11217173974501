import { describe, expect, test } from 'vitest'
import type { AnswerClient, AnswerHeaders } from '../../../src/gateway/answer-client.ts'
import { rateHeaders, tellingRates } from '../../../src/http/rate-headers.ts'

const key = { kind: 'key', id: 'key_1' } as const
const account = { kind: 'account', id: '0xc1' } as const
const requests = { limitName: 'requestsPerMinuteMax', resetMs: 60_000 } as const

describe('what is told', () => {
  test('is of key and account the one that has less left', () => {
    expect(
      rateHeaders([
        { ...requests, caller: key, max: 50, remaining: 9 },
        { ...requests, caller: account, max: 20, remaining: 10, resetMs: 1 },
      ]),
    ).toEqual({
      'x-ratelimit-limit-requests': '50',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '1m0s',
    })
  })

  test('of two that have as much left it is the smaller', () => {
    const told = rateHeaders([
      { ...requests, caller: key, max: 50, remaining: 9 },
      { ...requests, caller: account, max: 20, remaining: 9 },
    ])
    expect(told['x-ratelimit-limit-requests']).toBe('20')
  })

  test('is only what is limited, and nothing of money', () => {
    const spent = { limitName: 'spendPerDayMax', max: 5, remaining: 5, resetMs: 0 } as const
    expect(rateHeaders([{ ...spent, caller: key }])).toEqual({})
    const tokens = { limitName: 'tokensPerMinuteMax', max: 5, remaining: 5, resetMs: 0 } as const
    expect(Object.keys(rateHeaders([{ ...tokens, caller: key }]))).toEqual([
      'x-ratelimit-limit-tokens',
      'x-ratelimit-remaining-tokens',
      'x-ratelimit-reset-tokens',
    ])
  })
})

describe('a client that is told', () => {
  const heard: AnswerHeaders[] = []
  const client = {
    answer: (headers: AnswerHeaders) => heard.push(headers),
    startStream: (headers: AnswerHeaders) => heard.push(headers),
  } as unknown as AnswerClient

  test('hears what is so when the answer begins, beside what the answer says', () => {
    let left = 7
    const told = tellingRates(client, () => ({ 'x-left': String(left) }))
    left = 6
    told.answer({ 'x-request-id': 'req_1' }, Buffer.alloc(0))
    left = 5
    told.startStream({})
    expect(heard).toEqual([{ 'x-left': '6', 'x-request-id': 'req_1' }, { 'x-left': '5' }])
  })

  test('is the same client where nothing is limited', () => {
    expect(tellingRates(client, undefined)).toBe(client)
  })
})
