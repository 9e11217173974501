/*
 * The `openai` npm client, unmodified, at its limits: it waits as our headers say and comes back by itself, and it does not
 * come back with what never fits.
 */
import OpenAI, { BadRequestError, RateLimitError } from 'openai'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type CallerLimits, noLimits, unlimited } from '../../src/domain/caller-limits.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import { addApiKey } from '../support/api-keys.ts'
import { callerLimits } from '../support/caller-limits.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

/** How far the gateway's clock is ahead: so a test is at the end of a minute without waiting for one. */
let aheadMs = 0

const nowMs = () => Date.now() + aheadMs
const messages = [{ role: 'user' as const, content: 'Say hello.' }]

const desk = callerLimits(unlimited, { nowMs })
const { gateway, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl }],
  limits: desk,
  nowMs,
}))
afterAll(close)

/** Statuses that the client saw, its retries included. */
let seen: number[] = []

beforeEach(() => {
  seen = []
})

async function clientWith(limits: Partial<CallerLimits>): Promise<OpenAI> {
  desk.replaceDefaults({ ...unlimited, key: { ...noLimits, ...limits } })
  const { secret } = await addApiKey(gateway)
  return new OpenAI({
    apiKey: secret,
    baseURL: `${gateway.origin}/v1`,
    fetch: async (url, init) => {
      const answer = await fetch(url, init)
      seen.push(answer.status)
      return answer
    },
  })
}

test('waits for the end of its minute as it is told, and is served', async () => {
  const client = await clientWith({ requestsPerMinuteMax: 2 })
  const create = () => client.chat.completions.create({ model: 'm', messages, max_tokens: 20 })
  await create()
  await create()
  const refused = await client.chat.completions
    .create({ model: 'm', messages, max_tokens: 20 }, { maxRetries: 0 })
    .catch((error: unknown) => error)
  if (!(refused instanceof RateLimitError)) throw new Error('it was not refused')
  // Almost at the end of the minute.
  aheadMs += Number(refused.headers.get('retry-after-ms')) - 700
  seen = []
  const third = await create()
  expect(third.choices[0]?.message.content).toBe('Hello there!')
  // Once, because it came when it was told to.
  expect(seen).toEqual([429, 200])
})

test('reads the headers that tell it how much is left', async () => {
  const client = await clientWith({ requestsPerMinuteMax: 2, tokensPerMinuteMax: 1_000 })
  const { response } = await client.chat.completions
    .create({ model: 'm', messages, max_tokens: 20 })
    .withResponse()
  expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('1')
  expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe('992')
})

test('gives up with its own class when there is no room in time', async () => {
  const client = await clientWith({ requestsPerMinuteMax: 1 })
  const create = () =>
    client.chat.completions.create({ model: 'm', messages, max_tokens: 20 }, { maxRetries: 0 })
  await create()
  const error = await create().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'rate_limit_error' })
})

test('does not come back with what never fits, nor without money', async () => {
  const large = await clientWith({ tokensPerMinuteMax: 22 })
  const create = (client: OpenAI) =>
    client.chat.completions.create({ model: 'm', messages, max_tokens: 20 })
  await expect(create(large)).rejects.toThrow(BadRequestError)
  expect(seen).toEqual([400])
  const poor = await clientWith({ spendPerDayMax: microUsd(66n) })
  await create(poor)
  await expect(create(poor)).rejects.toMatchObject({ status: 402, code: 'spend_limit_reached' })
  expect(seen).toEqual([400, 200, 402])
})
