import { expect, test } from 'vitest'
import {
  canaryGapMs,
  canaryRequest,
  type OrdinaryRequest,
  readOrdinaryRequest,
} from '../../../src/auditor/canary-requests.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const uniform = (seed: number) => {
  const random = seededRandom(seed)
  return () => random(2 ** 30) / 2 ** 30
}

const corpus = [
  'What is a receipt?',
  '{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"What is a voucher?"}],"temperature":0,"seed":7,"user":"ann"}',
  '{"messages":[{"role":"user","content":"How are you today?"}],"stream":true,"max_tokens":64}',
].flatMap((line) => readOrdinaryRequest(line) ?? [])

test('reads lines of text and JSON bodies, and no others', () => {
  expect(corpus).toHaveLength(3)
  expect(corpus[1]).not.toHaveProperty('model')
  for (const line of ['', '  ', '{"prompt":"x"}', '{broken']) {
    expect(readOrdinaryRequest(line)).toBeUndefined()
  }
})

test('makes a slip now and then, and never repeats what names a client', () => {
  const random = uniform(1)
  const made = Array.from({ length: 300 }, () => canaryRequest(corpus, random))
  const contentOf = ({ messages }: OrdinaryRequest) => String(messages.at(-1)?.content)
  expect(new Set(made.map(contentOf)).size).toBeGreaterThan(10)
  for (const request of made) {
    expect(request).not.toHaveProperty('seed')
    expect(request).not.toHaveProperty('user')
  }
  const shares = ['stream', 'temperature'].map(
    (name) => made.filter((request) => name in request).length / made.length,
  )
  // Parameters are drawn apart from the question: a third of the corpus has each.
  for (const share of shares) expect(Math.abs(share - 1 / 3)).toBeLessThan(0.1)
})

test('has wordings of its own where there is no corpus', () => {
  const random = uniform(2)
  const made = Array.from({ length: 200 }, () => JSON.stringify(canaryRequest([], random)))
  expect(new Set(made).size).toBeGreaterThan(150)
  expect(made.join()).not.toContain('{topic}')
})

test('comes in gaps of no rhythm with the mean that was asked for', () => {
  const random = uniform(3)
  const gaps = Array.from({ length: 2_000 }, () => canaryGapMs(30_000, random))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  expect(Math.abs(mean - 30_000)).toBeLessThan(3_000)
  // Exponential: the deviation is the mean.
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  expect(Math.abs(deviation - 30_000)).toBeLessThan(4_000)
})
