/*
 * What a key and an account may spend in a day, under hundreds of requests at once; and what every limited caller is told.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { microUsd } from '../../src/domain/exchange.ts'
import { type Answer, ask, askBody } from '../support/ask.ts'
import { testChannelId } from '../support/gateway-on-ledger.ts'
import {
  burst,
  type LimitedGateway,
  openLimitedGateway,
  ratesOf,
  statusesOf,
} from '../support/limited-gateway.ts'

let place: LimitedGateway

beforeEach(async () => {
  place = await openLimitedGateway()
})
afterEach(() => place.close())

describe('spending per day', () => {
  // Each answer may cost 66 millionths of a dollar and costs 11.
  const fields = { max_tokens: 20 }
  const day = { spendPerDayMax: microUsd(660n) }

  test('300 at once hold no more than the day allows, and what they did not cost is there again', async () => {
    const key = await place.limitedKey(day)
    const gate = place.gated()
    const { all, refused: refusals } = burst(300, () => ask(key, fields))
    await refusals(290)
    await place.arrived(10)
    expect((await place.gateway.ledger.channel(testChannelId))?.heldAmount).toBe(660n)
    gate.open()
    const answers = await all
    expect(statusesOf(answers)[200]).toBe(10)
    const refused = answers.find(({ status }) => status === 402)
    expect(refused?.error).toMatchObject({
      type: 'insufficient_quota',
      code: 'spend_limit_reached',
      message: expect.stringContaining('Limit 0.00066, Used 0.00066, Requested up to 0.000066'),
    })
    expect(refused?.headers.get('x-should-retry')).toBe('false')
    place.passMs(61_000)
    // 110 are spent: 8 more may hold 66 each.
    const again = place.gated()
    const more = burst(20, () => ask(key, fields))
    await more.refused(12)
    await place.arrived(8)
    again.open()
    expect(statusesOf(await more.all)[200]).toBe(8)
    const { channel } = await place.gateway.books()
    expect(channel.chargedCumulativeAmount).toBe(18n * 11n)
  })

  test('a day later all of it is there again, and not before', async () => {
    const key = await place.limitedKey({ spendPerDayMax: microUsd(66n) })
    expect((await ask(key, fields)).status).toBe(200)
    const refused = await ask(key, fields)
    expect(refused.status).toBe(402)
    expect(refused.error?.['message']).toMatch(/or try again in 24h\d+m/)
    place.passMs(86_000_000)
    expect((await ask(key, fields)).status).toBe(402)
    place.passMs(2_000_000)
    expect((await ask(key, fields)).status).toBe(200)
  })

  test('who has spent its day is told so, and not to wait for the end of a minute', async () => {
    const key = await place.limitedKey({ spendPerDayMax: microUsd(66n), requestsPerMinuteMax: 1 })
    await place.limitAccount({ spendPerDayMax: microUsd(10_000n) })
    expect((await ask(key, fields)).status).toBe(200)
    expect((await ask(key, fields)).status).toBe(402)
  })

  test('what may cost more than the whole day never fits and says so', async () => {
    const key = await place.limitedKey({ spendPerDayMax: microUsd(65n) })
    const refused = await ask(key, fields)
    expect(refused.status).toBe(402)
    expect(refused.error?.['message']).toContain('It never fits')
    expect(place.upstream.requests).toHaveLength(0)
  })
})

describe('headers', () => {
  test('stand on answers, streams and errors of a limited caller, of the tighter of key and account', async () => {
    const key = await place.limitedKey({ requestsPerMinuteMax: 9, tokensPerMinuteMax: 10_000 })
    await place.limitAccount({ requestsPerMinuteMax: 100, tokensPerMinuteMax: 1_000 })
    const told = async (asked: Promise<Answer>) => {
      const answer = await asked
      const rates = ratesOf(answer)
      expect(Object.keys(rates).sort()).toEqual([
        'x-ratelimit-limit-requests',
        'x-ratelimit-limit-tokens',
        'x-ratelimit-remaining-requests',
        'x-ratelimit-remaining-tokens',
        'x-ratelimit-reset-requests',
        'x-ratelimit-reset-tokens',
      ])
      expect([rates['x-ratelimit-limit-requests'], rates['x-ratelimit-limit-tokens']]).toEqual([
        '9',
        '1000',
      ])
      return [
        answer.status,
        rates['x-ratelimit-remaining-requests'],
        rates['x-ratelimit-remaining-tokens'],
      ]
    }
    expect(await told(askBody(key, 'no json'))).toEqual([400, '9', '1000'])
    // A whole answer is told when it is counted: 8 tokens; a stream when it begins: 23.
    expect(await told(ask(key, { max_tokens: 20 }))).toEqual([200, '8', '992'])
    expect(await told(ask(key, { max_tokens: 20, stream: true }))).toEqual([200, '7', '969'])
    expect(await told(ask(key, { model: 'absent' }))).toEqual([404, '7', '984'])
    expect(await told(ask(key, { max_tokens: 2_000 }))).toEqual([400, '7', '984'])
  })

  test('are not there for a caller without limits', async () => {
    const answer = await ask(place.gateway)
    expect(answer.status).toBe(200)
    expect(ratesOf(answer)).toEqual({})
  })
})
