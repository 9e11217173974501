/*
 * Limits of accounts for payers without a key: x402's published client, unmodified, on a channel that may have two requests
 * a minute.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { noLimits } from '../../src/domain/caller-limits.ts'
import { askAt, cost, expectTheLawAt } from '../support/x402-asking.ts'
import { openX402Place, type X402Place } from '../support/x402-place.ts'

let place: X402Place
let ask: ReturnType<typeof askAt>

beforeAll(async () => {
  const account = { ...noLimits, requestsPerMinuteMax: 2, tokensPerMinuteMax: 10_000 }
  place = await openX402Place((config) => ({ ...config, limits: { key: noLimits, account } }))
  ask = askAt(place)
})
afterAll(() => place.stop())

test('a channel is told what is left to it, and refused beyond it without a charge', async () => {
  const buyer = await place.buyer()
  const answers = [await ask(buyer), await ask(buyer), await ask(buyer)]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
  expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining-requests'))).toEqual([
    '1',
    '0',
    '0',
  ])
  const refused = (await answers[2]?.json()) as { error: { code: string; message: string } }
  expect(refused.error.code).toBe('rate_limit_exceeded')
  expect(refused.error.message).toContain(`account ${place.channelIdOf(buyer)}`)
  expect(Number(answers[2]?.headers.get('retry-after-ms'))).toBeGreaterThan(0)
  expect(place.upstream.requests).toHaveLength(2)
  expect(await expectTheLawAt(place, buyer)).toBe(2n * cost)
})

test('another channel has its own', async () => {
  const buyer = await place.buyer()
  expect([(await ask(buyer)).status, (await ask(buyer)).status]).toEqual([200, 200])
})

test('a transfer for one request is never refused for what others may have', async () => {
  const buyer = await place.buyer({ scheme: 'exact' })
  for (let request = 0; request < 3; request += 1) {
    const answer = await ask(buyer)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-ratelimit-limit-requests')).toBeNull()
  }
})
