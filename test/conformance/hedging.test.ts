/*
 * Two contributors at work for one request, until one begins to answer: whoever is first answers alone, the other is cancelled,
 * counts for nothing and is paid nothing. The time that the first may be silent is a timer that these tests set off.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noPreferences } from '../../src/domain/route-preferences.ts'
import { atomic, bytes32 } from '../../src/domain/units.ts'
import { samplesMin, savedMax } from '../../src/routing/hedging.ts'
import type { Schedule } from '../../src/routing/waiting-room.ts'
import { BookedPayoutDesk } from '../../src/settlement/payout-desk.ts'
import { ask, askedMessages } from '../support/ask.ts'
import { expectBalancedBooks, followBooks, type NewEntries } from '../support/books.ts'
import { onChain } from '../support/channels.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import { payoutOf } from '../support/payouts.ts'
import { routeRequest } from '../support/routing.ts'
import {
  answerStatus,
  answerWell,
  chunk,
  type Script,
  type ScriptedUpstream,
  sse,
  startScriptedUpstream,
  startSse,
} from '../support/scripted-upstream.ts'
import { seededRandom } from '../support/seeded-random.ts'

/** Timers that run when a test says so. */
class Timers {
  #waiting: (() => void)[] = []
  readonly schedule: Schedule = (_delayMs, run) => {
    this.#waiting.push(run)
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== run)
    }
  }

  get count(): number {
    return this.#waiting.length
  }

  fire(): void {
    for (const run of this.#waiting.splice(0)) run()
  }
}

const ids = ['first', 'second', 'third'] as const
const timers = new Timers()
let upstreams: readonly ScriptedUpstream[]
let gateway: TestGateway
let newEntries: () => Promise<NewEntries>

beforeAll(async () => {
  upstreams = await Promise.all(ids.map(() => startScriptedUpstream()))
  gateway = await startGatewayOnLedger({
    upstreams: ids.map((id, index) => ({
      id,
      baseUrl: at(index).baseUrl,
      completionPrice: BigInt(index + 1) * 1_000_000n,
      limits: { requestsPerMinuteMax: 100_000, tokensPerMinuteMax: 100_000_000 },
    })),
    pool: { schedule: timers.schedule },
  })
  newEntries = followBooks(gateway)
})

beforeEach(async () => {
  await newEntries()
  for (const [index, id] of ids.entries()) {
    at(index).become(answerWell([id]))
    gateway.pool.readmit(id)
  }
  for (const stream of [false, true]) earnHedges(savedMax, stream)
})

afterAll(async () => {
  await gateway.stop()
  await Promise.all(upstreams.map((upstream) => upstream.close()))
})

const at = (index: number): ScriptedUpstream => {
  const upstream = upstreams[index]
  if (upstream === undefined) throw new Error('no such upstream')
  return upstream
}
const [first, second, third] = [0, 1, 2]

/** As if enough requests had been answered, each within a moment. */
function earnHedges(hedges: number, stream: boolean): void {
  for (let request = 0; request < Math.max(samplesMin, hedges * 20); request += 1) {
    const hedge = hedgedRoute().hedge(stream)
    hedge?.whenSlow(() => {})()
    hedge?.began(1)
  }
}

/** A request that wants to be hedged, as the router sees it. */
const hedgedRoute = () =>
  gateway.pool.route(routeRequest({ preferences: { ...noPreferences, order: ids, hedge: true } }))
const hedged = (fields: Readonly<Record<string, unknown>>) => ({
  ...fields,
  routing: { order: ids, hedge: true },
})
/** Says nothing until the test lets it. */
const held = (script: Script): { readonly script: Script; readonly release: () => void } => {
  const released = Promise.withResolvers<void>()
  return {
    release: released.resolve,
    script: async (request, response) => {
      await released.promise
      await script(request, response)
    },
  }
}
const silent: Script = () => {}

/** Nobody works any more, and what was reserved of a minute is what was used of it. */
async function expectNothingLeft(): Promise<void> {
  await gateway.books()
  for (const id of ids) expect(gateway.pool.inFlight(id)).toBe(0)
  expect(timers.count).toBe(0)
}
const healthOf = (id: string) => {
  const report = gateway.pool.report(Date.now()).find(({ contributorId }) => contributorId === id)
  return report?.lanes.find(({ endpoint }) => endpoint === 'chat/completions')
}
const usedOf = (id: string, name: 'requests' | 'tokens'): number => {
  const report = gateway.pool.report(Date.now()).find(({ contributorId }) => contributorId === id)
  const window = report?.windows.find((one) => one.name === name)
  return window === undefined ? Number.NaN : window.max - window.left
}
const attemptsOf = async (requestId: string | null | undefined) => {
  const headers = { authorization: `Bearer ${gateway.apiKey}` }
  const answer = await fetch(`${gateway.origin}/v1/usage/requests/${requestId}`, { headers })
  const { attempts } = (await answer.json()) as {
    readonly attempts: readonly { readonly contributor: string; readonly outcome: string }[]
  }
  return attempts.map(({ contributor, outcome }) => `${contributor} ${outcome}`)
}

describe.each([{ stream: false }, { stream: true }])('%o', (fields) => {
  test('nobody who did not ask for it is hedged', async () => {
    const { script, release } = held(answerWell(['first']))
    at(first).become(script)
    const answered = ask(gateway, fields)
    await at(first).nextRequest()
    expect(timers.count).toBe(0)
    release()
    expect((await answered).headers.get('x-vouch-attempts')).toBe('1')
    expect(at(second).requests).toHaveLength(0)
  })

  test('a first that answers in time is alone, and its timer is gone', async () => {
    const answer = await ask(gateway, hedged(fields))
    expect(answer).toMatchObject({ status: 200, content: 'first' })
    expect(answer.headers.get('x-vouch-attempts')).toBe('1')
    expect(at(second).requests).toHaveLength(0)
    await expectNothingLeft()
  })

  test('a second that is faster answers; the first is cancelled, not paid and not blamed', async () => {
    at(first).become(silent)
    const before = [healthOf('first'), usedOf('first', 'requests'), usedOf('first', 'tokens')]
    const answered = ask(gateway, hedged(fields))
    const slow = await at(first).nextRequest()
    timers.fire()
    const answer = await answered
    // Seen at the upstream: its connection was closed while it said nothing.
    await slow.left
    expect(answer).toMatchObject({ status: 200, content: 'second', error: undefined })
    expect(answer.headers.get('x-vouch-contributor')).toBe('second')
    expect(answer.headers.get('x-vouch-attempts')).toBe('2')
    expect(await attemptsOf(answer.headers.get('x-request-id'))).toEqual([
      'first hedge_lost',
      'second served',
    ])
    const { receipts, chargedAmount } = await newEntries()
    expect(receipts).toHaveLength(1)
    expect(chargedAmount).toBe(5n + 2n)
    await expectNothingLeft()
    // A request counts where it was sent; tokens only where there is an answer.
    const [health, requests, tokens] = before
    expect(healthOf('first')).toEqual(health)
    expect(usedOf('first', 'requests')).toBe(Number(requests) + 1)
    expect(usedOf('first', 'tokens')).toBe(tokens)
  })

  test('a first that begins a moment later than its patience still wins', async () => {
    const { script, release } = held(answerWell(['first']))
    at(first).become(script)
    at(second).become(silent)
    const answered = ask(gateway, hedged(fields))
    await at(first).nextRequest()
    timers.fire()
    const slow = await at(second).nextRequest()
    release()
    const answer = await answered
    await slow.left
    expect(answer).toMatchObject({ status: 200, content: 'first', error: undefined })
    expect(await attemptsOf(answer.headers.get('x-request-id'))).toEqual([
      'second hedge_lost',
      'first served',
    ])
    expect((await newEntries()).chargedAmount).toBe(5n + 1n)
    await expectNothingLeft()
  })

  test('one that fails leaves the other at work', async () => {
    const { script, release } = held(answerStatus(500, ''))
    at(first).become(script)
    const { script: late, release: releaseLate } = held(answerWell(['second']))
    at(second).become(late)
    const answered = ask(gateway, hedged(fields))
    await at(first).nextRequest()
    timers.fire()
    await at(second).nextRequest()
    release()
    while (gateway.pool.inFlight('first') > 0) await new Promise(setImmediate)
    releaseLate()
    const answer = await answered
    expect(answer).toMatchObject({ status: 200, content: 'second' })
    expect(await attemptsOf(answer.headers.get('x-request-id'))).toEqual([
      'first upstream_unavailable',
      'second served',
    ])
    expect(at(third).requests).toHaveLength(0)
    expect(healthOf('first')).toMatchObject({ failed: expect.any(Number) })
    await expectNothingLeft()
  })

  test('where both fail, the next one is asked as ever', async () => {
    const { script, release } = held(answerStatus(500, ''))
    at(first).become(script)
    at(second).become(answerStatus(503, ''))
    const answered = ask(gateway, hedged(fields))
    await at(first).nextRequest()
    timers.fire()
    await at(second).nextRequest()
    release()
    const answer = await answered
    expect(answer).toMatchObject({ status: 200, content: 'third' })
    expect(answer.headers.get('x-vouch-attempts')).toBe('3')
    const attempts = await attemptsOf(answer.headers.get('x-request-id'))
    expect([...attempts].sort()).toEqual([
      'first upstream_unavailable',
      'second upstream_unavailable',
      'third served',
    ])
    await expectNothingLeft()
  })

  test('what the caller did wrong ends both', async () => {
    at(first).become(silent)
    const rejection = JSON.stringify({ error: { code: 'context_length_exceeded' } })
    at(second).become(answerStatus(400, rejection))
    const answered = ask(gateway, hedged(fields))
    const slow = await at(first).nextRequest()
    timers.fire()
    const answer = await answered
    await slow.left
    expect(answer).toMatchObject({ status: 400, error: { code: 'context_length_exceeded' } })
    expect(at(third).requests).toHaveLength(0)
    expect((await newEntries()).receipts).toEqual([])
    await expectNothingLeft()
  })

  test('a caller who leaves during the race ends both, and nothing is charged', async () => {
    at(first).become(silent)
    at(second).become(silent)
    const leaving = new AbortController()
    const asked = fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}` },
      body: JSON.stringify({ model: 'm', messages: askedMessages, ...hedged(fields) }),
      signal: leaving.signal,
    })
    const one = await at(first).nextRequest()
    timers.fire()
    const two = await at(second).nextRequest()
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await Promise.all([one.left, two.left])
    const { receipts, log } = await newEntries()
    expect(receipts).toEqual([])
    expect(log).toMatchObject([{ outcome: 'client_gone', attempts: 2, costAtomic: '0' }])
    expect(await attemptsOf(log[0]?.requestId)).toEqual(['first client_gone', 'second client_gone'])
    await expectNothingLeft()
  })

  test('without a budget the first is waited for', async () => {
    await drainBudget()
    const { script, release } = held(answerWell(['first']))
    at(first).become(script)
    const answered = ask(gateway, hedged(fields))
    await at(first).nextRequest()
    timers.fire()
    release()
    expect(await answered).toMatchObject({ status: 200, content: 'first' })
    expect(at(second).requests).toHaveLength(0)
    await expectNothingLeft()
  })
})

/** Takes every hedge that was saved. */
async function drainBudget(): Promise<void> {
  for (;;) {
    const hedge = hedgedRoute().hedge(true)
    const attempt = await hedge?.next(Date.now())
    if (attempt === undefined) return
    attempt.abandoned(Date.now())
  }
}

test('a stream that begins twice at once is told once', async () => {
  const scripts = [held(answerWell(['first', ' one'])), held(answerWell(['second', ' one']))]
  for (const [index, { script }] of scripts.entries()) at(index).become(script)
  const answered = ask(gateway, hedged({ stream: true }))
  await at(first).nextRequest()
  timers.fire()
  await at(second).nextRequest()
  for (const { release } of scripts) release()
  const answer = await answered
  expect(['first one', 'second one']).toContain(answer.content)
  expect(answer.events.filter((event) => event === '[DONE]')).toHaveLength(1)
  const { receipts } = await newEntries()
  expect(receipts).toHaveLength(1)
  await expectNothingLeft()
})

test('the money law holds after 300 races, however each contributor behaves', async () => {
  const random = seededRandom(20_261_122)
  const behaviours: readonly ((name: string) => Script)[] = [
    (name) => answerWell([name]),
    (name) => answerWell([name, ' goes', ' on']),
    () => answerStatus(500, ''),
    () => (_request, response) => void response.socket?.destroy(),
    (name) => (_request, response) => {
      startSse(response)
      response.write(sse(chunk({ content: name })), () => response.destroy())
    },
    () => answerStatus(429, '', { 'retry-after': '1' }),
  ]
  const pick = () => behaviours[random(behaviours.length)] ?? (() => silent)
  const seen = { raced: 0, firstServed: 0, secondServed: 0, failed: 0 }
  for (let race = 0; race < 300; race += 1) {
    const stream = random(2) === 0
    if (race % savedMax === 0) earnHedges(savedMax, true)
    for (const id of ids) gateway.pool.readmit(id)
    const [one, two] = [held(pick()('first')), held(pick()('second'))]
    at(first).become(one.script)
    at(second).become(two.script)
    at(third).become(answerWell(['third']))
    const answered = ask(gateway, hedged({ stream }))
    await at(first).nextRequest()
    timers.fire()
    await at(second).nextRequest()
    const releases = random(2) === 0 ? [one, two] : [two, one]
    for (const { release } of releases) release()
    const answer = await answered
    const told = ids.filter((id) => answer.content.includes(id))
    expect(told.length).toBeLessThanOrEqual(1)
    seen.raced += 1
    if (answer.error !== undefined) seen.failed += 1
    else if (told[0] === 'first') seen.firstServed += 1
    else if (told[0] === 'second') seen.secondServed += 1
  }
  await expectBalancedBooks(gateway)
  await expectNothingLeft()
  expect(gateway.internalErrors).toEqual([])
  expect(seen.raced).toBe(300)
  expect(Math.min(seen.firstServed, seen.secondServed, seen.failed)).toBeGreaterThan(10)
})

test('who could not be paid for it is not asked beside the first, and the budget is not spent', async () => {
  const desk = new BookedPayoutDesk({
    earningOf: (cost) => cost,
    lostVoucher: async () => {},
    vouchersWanted: () => {},
    earningsBetweenVouchers: 1_000,
  })
  const paid = await startGatewayOnLedger({
    upstreams: [first, second].map((index) => ({
      id: ids[index] ?? '',
      baseUrl: at(index).baseUrl,
    })),
    pool: { schedule: timers.schedule, hedgesAll: true },
    payouts: desk,
  })
  const escrows = [
    ['first', '1', 1_000_000n],
    ['second', '2', 0n],
  ] as const
  for (const [id, digit, balance] of escrows) {
    const { chainId, contributor, config } = payoutOf()
    const payoutId = bytes32(`0x${digit.repeat(64)}`)
    const terms = { payoutId, chainId, contributor, config, onChain: onChain(balance) }
    desk.open(id, await paid.ledger.openPayout(terms))
  }
  const answers = []
  for (let request = 0; request < samplesMin; request += 1) {
    answers.push(await ask(paid, { routing: { order: ids }, stream: true }))
  }
  expect(new Set(answers.map(({ content }) => content))).toEqual(new Set(['first']))
  const { script, release } = held(answerWell(['first']))
  at(first).become(script)
  for (const _ of [1, 2, 3]) {
    const answered = ask(paid, { routing: { order: ids }, stream: true })
    await at(first).nextRequest()
    timers.fire()
    // Looked for and not found: the room that it was given for a moment is free again.
    while (paid.pool.inFlight('second') > 0) await new Promise(setImmediate)
    release()
    expect(await answered).toMatchObject({ status: 200, content: 'first' })
  }
  expect(at(second).requests).toHaveLength(0)
  // All that was set aside is free again.
  const whole = { requestId: 'all', contributorId: 'first', worstCase: atomic(990_000n) }
  await paid.books()
  expect(desk.reserve(whole)).toBe(true)
  await paid.stop()
})
