import { expect, test } from 'vitest'
import { judgePromise, type PromiseStanding } from '../../../src/transparency/log-promise.ts'

const promiseMs = 3_600_000
const nowMs = 10_000_000_000
const even = { state: 'even', anchored: 3 } as const
const unread = {
  state: 'unread',
  failure: { reason: 'chain_unreachable', origin: 'http://node', detail: 'ECONNREFUSED' },
} as const
const waiting = (ms: number) => nowMs - ms

test.each<[string, PromiseStanding, string]>([
  ['before the chain was looked at', { chain: undefined, waitingSinceMs: undefined }, 'starting'],
  ['while nothing waits', { chain: even, waitingSinceMs: undefined }, 'promising'],
  ['while what waits is young', { chain: even, waitingSinceMs: waiting(1_800_000) }, 'promising'],
  ['once it has waited for half', { chain: even, waitingSinceMs: waiting(1_800_001) }, 'late'],
  ['late before it ever saw the chain', { chain: undefined, waitingSinceMs: waiting(2e6) }, 'late'],
  ['while the chain does not answer', { chain: unread, waitingSinceMs: undefined }, 'promising'],
  [
    'where the chain has another log, however little waits',
    { chain: { state: 'forked', detail: '' }, waitingSinceMs: undefined },
    'forked',
  ],
])('%s', (_when, standing, verdict) => {
  expect(judgePromise(standing, promiseMs, nowMs)).toBe(verdict)
})
