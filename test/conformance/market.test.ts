/*
 * Contributors that report what they can do and what they ask, at a real gateway: a price that moves is held, charged, receipted
 * and told to its contributor as it was routed, and whoever lies in its report gets no more than by silence.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hashPriceSheet } from '../../src/chain/receipt-typed-data.ts'
import { type CapacityReport, writeCapacityReport } from '../../src/domain/capacity-report.ts'
import type { Contributor } from '../../src/domain/contributor.ts'
import { readPriceHeader } from '../../src/domain/price-header.ts'
import type { TokenPrices } from '../../src/domain/price-sheet.ts'
import { atomic } from '../../src/domain/units.ts'
import { CapacityWatch } from '../../src/gateway/capacity-watch.ts'
import { askCapacity } from '../../src/upstream/ask-capacity.ts'
import { UpstreamPools } from '../../src/upstream/upstream-pools.ts'
import { ask } from '../support/ask.ts'
import { followBooks, type NewEntries } from '../support/books.ts'
import { capacityReport } from '../support/capacity.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { signingUpstream } from '../support/signing-upstream.ts'

const chat = { endpoint: 'chat/completions', modelName: 'm' } as const
const signing = signingUpstream()
const words = ['three ', 'tokens ', 'long']
let mover: ScriptedUpstream
let fixed: ScriptedUpstream
let gateway: TestGateway
let newEntries: () => Promise<NewEntries>
let known: readonly Contributor[]
/** Runs once, after the request's look at the contributors and before anything is held for it. */
let whileItWaits: (() => void) | undefined

/** Dollars are millions of atomic units: so many for a million tokens of any kind. */
const askOf = (dollars: number): TokenPrices => {
  const amount = atomic(BigInt(dollars * 1_000_000))
  return {
    promptAtomicPerMtok: amount,
    cachedPromptAtomicPerMtok: amount,
    completionAtomicPerMtok: amount,
  }
}
const asking = (dollars: number, change: Partial<CapacityReport> = {}): CapacityReport =>
  capacityReport({ models: [{ id: 'm', prices: askOf(dollars) }], ...change })

/** May ask up to ten dollars. */
const moving = ({ offers, ...contributor }: Contributor): Contributor => ({
  ...contributor,
  offers: offers.map((offer) => {
    const prices = { ...offer.prices, ...askOf(10) }
    return { ...offer, priceMax: { prices, priceHash: hashPriceSheet(prices) } }
  }),
})

beforeAll(async () => {
  mover = await startScriptedUpstream()
  fixed = await startScriptedUpstream(answerWell(['fixed']))
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'mover', baseUrl: mover.baseUrl, identity: signing.identity },
      { id: 'fixed', baseUrl: fixed.baseUrl, completionPrice: 9_000_000n },
    ],
  })
  const [first = expect.fail('there is one'), ...others] = gateway.pool.contributors
  known = [moving(first), ...others]
  const { pool } = gateway
  const { offered } = pool
  pool.offered = (asked) => {
    const seen = offered.call(pool, asked)
    whileItWaits?.()
    whileItWaits = undefined
    return seen
  }
  newEntries = followBooks(gateway)
})
beforeEach(() => {
  gateway.pool.replace(known)
  gateway.pool.heard('mover', undefined, Date.now())
  gateway.pool.readmit('mover')
  mover.become(signing.answer(words))
})
afterAll(async () => {
  await gateway.stop()
  await mover.close()
  await fixed.close()
})

const ofMover = { routing: { only: ['mover'] } }
const hear = (report: CapacityReport | undefined) => gateway.pool.heard('mover', report, Date.now())
const toldPrice = () => readPriceHeader(String(mover.requests.at(-1)?.headers['x-vouch-price']))

describe('a price that moves', () => {
  test.each([{ stream: false }, { stream: true }])(
    'is charged, receipted and told as it was routed: %o',
    async (asked) => {
      hear(asking(3))
      // Raised between the look at the contributors and the answer, and again while that is told.
      whileItWaits = () => hear(asking(7))
      mover.become((request, response) => {
        hear(asking(9))
        return signing.answer(words)(request, response)
      })
      expect((await ask(gateway, asked)).status).toBe(200)
      const { receipts, chargedAmount } = await newEntries()
      // Five tokens of prompt and three of answer.
      expect(chargedAmount).toBe(8n * 3n)
      const [{ priceSheet, receipt } = expect.fail('there is a receipt')] = receipts
      expect(priceSheet.completionAtomicPerMtok).toBe('3000000')
      expect(receipt.priceHash).not.toBe(known[0]?.offers[0]?.priceHash)
      expect(toldPrice()).toEqual(askOf(3))
      expect((await ask(gateway, { ...asked, ...ofMover })).status).toBe(200)
      expect((await newEntries()).chargedAmount).toBe(8n * 9n)
    },
  )

  test('is never above the most that its operator allows: who wants more is not asked', async () => {
    hear(asking(10))
    expect((await ask(gateway, ofMover)).status).toBe(200)
    expect((await newEntries()).chargedAmount).toBe(8n * 10n)
    hear(asking(11))
    const answer = await ask(gateway)
    expect(answer.headers.get('x-vouch-contributor')).toBe('fixed')
    await newEntries()
  })

  test('decides who is asked', async () => {
    const servedBy = async () => (await ask(gateway)).headers.get('x-vouch-contributor')
    hear(asking(1))
    expect(await servedBy()).toBe('mover')
    hear(asking(10))
    const sorted = await ask(gateway, { routing: { sort: 'price' } })
    expect(sorted.headers.get('x-vouch-contributor')).toBe('fixed')
    await newEntries()
  })

  test('is told in the list of models with what it may come to', async () => {
    hear(asking(1))
    const headers = { authorization: `Bearer ${gateway.apiKey}` }
    const response = await fetch(`${gateway.origin}/v1/models/m`, { headers })
    const { vouch } = (await response.json()) as { vouch: Record<string, unknown> }
    expect(vouch).toMatchObject({
      completion_atomic_per_mtok: '10000000',
      asked_now: { lowest: { completion: '1000000' }, highest: { completion: '9000000' } },
    })
  })

  test('goes to nobody who cannot sign', async () => {
    await ask(gateway, { routing: { only: ['fixed'] } })
    expect(fixed.requests.at(-1)?.headers['x-vouch-price']).toBeUndefined()
    await newEntries()
  })

  test('that is too low by now sends the request to another, and is held against nobody', async () => {
    hear(asking(1))
    mover.become(answerStatus(409, '{"error":{"code":"price_too_low"}}'))
    const answer = await ask(gateway)
    expect(answer.headers.get('x-vouch-contributor')).toBe('fixed')
    const [report] = gateway.pool.report(Date.now())
    expect(report).toMatchObject({ quarantine: undefined, lanes: [{ state: 'cooling' }] })
    await newEntries()
  })
})

/** Asks the contributors once, as a gateway does all the time; resolves when nothing is on its way any more. */
async function look(pools: UpstreamPools): Promise<void> {
  const asked: Promise<unknown>[] = []
  const due: (() => void)[] = []
  const watch = new CapacityWatch({
    pool: gateway.pool,
    ask: (contributor) => {
      const answer = askCapacity(pools, contributor, 300)
      asked.push(answer)
      return answer
    },
    schedule: (_, run) => {
      due.push(run)
      return () => {}
    },
    random: () => 0,
    nowMs: Date.now,
  })
  watch.start()
  // The first question of each contributor; those that follow are not wanted here.
  for (const run of due.splice(0)) run()
  await Promise.all(asked)
  await new Promise(setImmediate)
  watch.stop()
}

describe('what is asked over the wire', () => {
  let pools: UpstreamPools
  beforeAll(() => {
    pools = new UpstreamPools()
  })
  afterAll(() => pools.close())

  /** Reports this to who asks for its capacity, and answers everything else. */
  const saying =
    (report: Script): Script =>
    (request, response) =>
      request.path === '/v1/vouch/capacity'
        ? report(request, response)
        : signing.answer(words)(request, response)
  const text = (body: string | Buffer) =>
    saying((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(body)
    })

  test('a report is heard, and only of who signs', async () => {
    mover.become(text(writeCapacityReport(asking(2, { slots: 3, running: 1 }))))
    fixed.become(answerWell(['fixed']))
    await look(pools)
    const [first, second] = gateway.pool.report(Date.now())
    expect(first).toMatchObject({ concurrencyMax: 3, heard: { said: { slots: 3, running: 1 } } })
    expect(second?.heard).toBeUndefined()
    expect(fixed.requests).toHaveLength(0)
    expect(mover.requests.at(0)?.path).toBe('/v1/vouch/capacity')
  })

  const honest = JSON.parse(writeCapacityReport(asking(2))) as Record<string, unknown>
  const lie = (change: Record<string, unknown>) => JSON.stringify({ ...honest, ...change })
  const lies: readonly (readonly [string, Script])[] = [
    ['a negative number of slots', text(lie({ slots: -1_000 }))],
    [
      'a thousand million tokens a second',
      text(lie({ tokens_per_second: { prompt: 1e9, completion: 1e9 } })),
    ],
    ['not a number', text(lie({}).replace('"running":0', '"running":NaN'))],
    ['ten megabytes', text(Buffer.concat([Buffer.alloc(10_000_000, ' '), Buffer.from(lie({}))]))],
    ['silence', saying(() => {})],
    ['half a report', saying((_, response) => void response.writeHead(200).write('{"object":'))],
    ['an error', saying(answerStatus(500, '{}'))],
    [
      'a price below nothing',
      text(
        lie({
          models: [{ id: 'm', price: { prompt: '-1', cached_prompt: '0', completion: '0' } }],
        }),
      ),
    ],
  ]

  test.each(lies)('%s is heard by nobody: it is as before', async (_, script) => {
    // Estimates fade with time; whether a report changed anything is asked of one moment.
    const nowMs = Date.now()
    const before = gateway.pool.report(nowMs)
    const offered = gateway.pool.candidates(chat)
    mover.become(script)
    await look(pools)
    expect(gateway.pool.report(nowMs)).toEqual(before)
    expect(gateway.pool.candidates(chat)).toEqual(offered)
  })

  test('a thousand slots are no more than were allowed, and no more than sixteen when loads are compared', async () => {
    const [first = expect.fail('there is one')] = known
    const limits = {
      requestsPerMinuteMax: undefined,
      tokensPerMinuteMax: undefined,
      concurrencyMax: 2,
    }
    gateway.pool.replace([{ ...first, limits }])
    mover.become(text(lie({ slots: 1_000 })))
    await look(pools)
    const [report] = gateway.pool.report(Date.now())
    expect(report).toMatchObject({ concurrencyMax: 2, heard: { said: { slots: 1_000 } } })
  })
})
