import { describe, expect, test } from 'vitest'
import type { RoutePreferences } from '../../../src/domain/route-preferences.ts'
import { noPreferences } from '../../../src/domain/route-preferences.ts'
import {
  type ChoiceView,
  chooseLane,
  explorationShare,
  newcomerAnswers,
} from '../../../src/routing/choose-lane.ts'
import { closedBreaker } from '../../../src/routing/circuit-breaker.ts'
import type { Lane } from '../../../src/routing/lane.ts'
import { sampleLatency, unknownLatency } from '../../../src/routing/latency-estimate.ts'
import { seededRandom } from '../../../src/routing/seeded-random.ts'
import { MemoryRateWindows } from '../../../src/store/rate-window-store-memory.ts'
import { idOf, laneOf, routeRequest } from '../../support/routing.ts'

const view = (change: Partial<ChoiceView> = {}): ChoiceView => ({
  windows: new MemoryRateWindows(),
  nowMs: 1_000,
  random: seededRandom(1),
  prefixOwner: undefined,
  ...change,
})
const wanting = (wish: Partial<RoutePreferences>) =>
  routeRequest({ preferences: { ...noPreferences, ...wish } })
const took = (ms: number) => sampleLatency(unknownLatency, ms, 0)

const shareOf = (lanes: readonly Lane[], id: string, draws = 10_000): number => {
  const shared = view()
  let count = 0
  for (let draw = 0; draw < draws; draw += 1) {
    if (idOf(chooseLane(lanes, routeRequest(), shared)) === id) count += 1
  }
  return count / draws
}

const newcomer = (id: string, answers = 0, price = 1n): Lane =>
  laneOf({ id, price }, { answers }, { isNewcomer: true })

describe('chooseLane', () => {
  test('where there is no choice nothing is drawn', () => {
    const random = () => {
      throw new Error('nothing is drawn')
    }
    expect(idOf(chooseLane([laneOf()], routeRequest(), view({ random })))).toBe('a')
    expect(chooseLane([], routeRequest(), view({ random }))).toBeUndefined()
  })

  test('the better of two', () => {
    const lanes = [laneOf({ id: 'dear', price: 9_000_000n }), laneOf({ id: 'cheap' })]
    expect(shareOf(lanes, 'cheap', 100)).toBe(1)
  })

  test('who answered the beginning of this prompt, among equals', () => {
    const lanes = ['a', 'b', 'c', 'd'].map((id) => laneOf({ id }))
    const index = lanes[2]?.station.index ?? 0
    const prefixOwner = { index, share: 1 }
    for (let seed = 0; seed < 20; seed += 1) {
      const random = seededRandom(seed)
      expect(idOf(chooseLane(lanes, routeRequest(), view({ random, prefixOwner })))).toBe('c')
    }
  })

  test('the first of the wanted order who is there, whatever the score', () => {
    const lanes = ['a', 'b', 'c'].map((id) => laneOf({ id, price: id === 'c' ? 9n : 1n }))
    expect(idOf(chooseLane(lanes, wanting({ order: ['x', 'c', 'a'] }), view()))).toBe('c')
    expect(idOf(chooseLane(lanes, wanting({ order: ['x'] }), view()))).toBeDefined()
  })

  test.each([
    ['price', 'cheap'],
    ['latency', 'prompt'],
    ['throughput', 'fluent'],
  ] as const)('sorted by %s the best by that alone: %s', (sort, best) => {
    const lanes = [
      laneOf({ id: 'cheap', price: 1n }, { firstToken: took(900), perToken: took(90) }),
      laneOf({ id: 'prompt', price: 9n }, { firstToken: took(10), perToken: took(80) }),
      laneOf({ id: 'fluent', price: 9n }, { firstToken: took(800), perToken: took(1) }),
    ]
    expect(idOf(chooseLane(lanes, wanting({ sort }), view()))).toBe(best)
  })
})

describe('exploration', () => {
  const known = laneOf({ id: 'known', price: 5n })

  test('newcomers share one budget, however many and however cheap they are', () => {
    expect(1 - shareOf([known, newcomer('n1')], 'known')).toBeCloseTo(explorationShare, 2)
    const crowd = Array.from({ length: 500 }, (_, index) => newcomer(`n${index}`))
    expect(1 - shareOf([known, ...crowd], 'known', 4_000)).toBeCloseTo(explorationShare, 1)
  })

  test('each of them gets the same part of it', () => {
    const lanes = [known, newcomer('n1', 0, 1n), newcomer('n2', 0, 9n)]
    expect(shareOf(lanes, 'n1')).toBeCloseTo(explorationShare / 2, 2)
    expect(shareOf(lanes, 'n2')).toBeCloseTo(explorationShare / 2, 2)
  })

  test(`after ${newcomerAnswers} answers a newcomer is judged as all others`, () => {
    expect(shareOf([known, newcomer('n1', newcomerAnswers)], 'n1', 200)).toBe(1)
  })

  test('who recovers is tried within the same budget', () => {
    const open = { ...closedBreaker, phase: 'open' as const }
    const back = laneOf({ id: 'back', price: 1n }, { breaker: open })
    expect(shareOf([known, back], 'back')).toBeCloseTo(explorationShare, 2)
  })

  test('where nobody is known, newcomers are judged by what there is', () => {
    expect(shareOf([newcomer('n1', 0, 9n), newcomer('n2')], 'n2', 200)).toBe(1)
  })
})
