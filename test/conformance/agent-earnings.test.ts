/*
 * A contributor whose price moves with its load counts what it is owed by the price that came with each job, and its gateway by
 * the price that it charged: both books agree to the last atomic unit.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { hashPriceSheet } from '../../src/chain/receipt-typed-data.ts'
import { type Credit, openCredit } from '../../src/contributor/credit.ts'
import { contributorShareRoundedDown } from '../../src/domain/contributor-share.ts'
import { address, atomic, bytes32 } from '../../src/domain/units.ts'
import { BookedPayoutDesk } from '../../src/settlement/payout-desk.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { askCapacity } from '../../src/upstream/ask-capacity.ts'
import { type AgentPlace, openAgentPlace } from '../support/agent-place.ts'
import { ask } from '../support/ask.ts'
import { priceOf } from '../support/capacity.ts'
import { channelConfig, onChain } from '../support/channels.ts'
import { openTestChannel, testChannelId } from '../support/gateway-on-ledger.ts'
import {
  answerWell,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-earned-'))
const payoutId = bytes32(`0x${'7'.repeat(64)}`)
/** Of an odd price and an odd fee, so that every rounding shows. */
const floor = priceOf(1_234_567n)
const feeBps = 1_111
const desk = new BookedPayoutDesk({
  earningOf: (cost) => contributorShareRoundedDown({ cost, feeBps }),
  lostVoucher: async () => {},
  vouchersWanted: () => {},
  earningsBetweenVouchers: 1_000,
})
let ledger: LedgerStore
let engine: ScriptedUpstream
let place: AgentPlace
let credit: Credit

beforeAll(async () => {
  engine = await startScriptedUpstream(answerWell())
  ledger = openSqliteLedger({ path: join(folder, 'ledger.db') })
  await openTestChannel(ledger, 1_000_000_000n)
  const contributor = address(`0x${'0c'.repeat(20)}`)
  const payout = { payoutId, chainId: 31_337, contributor, config: channelConfig }
  desk.open('agent', await ledger.openPayout({ ...payout, onChain: onChain(1_000_000n) }))
  const opened = await openCredit({
    agreement: {
      gateway: address(`0x${'6a'.repeat(20)}`),
      chainId: 31_337,
      settlement: address(`0x${'5e'.repeat(20)}`),
      token: address(`0x${'a5'.repeat(20)}`),
      receiver: address(`0x${'c0'.repeat(20)}`),
      withdrawDelayMinS: 900,
      prices: floor,
      feeBps,
    },
    // Nobody sends a voucher here, so that nobody asks the chain.
    rpc: jsonRpc('http://127.0.0.1:1'),
    limitAmount: atomic(1_000_000n),
    file: join(folder, 'credit.json'),
    onEvent: () => {},
    nowMs: Date.now,
  })
  if (!opened.ok) throw new Error(opened.error)
  credit = opened.value
  const points = [
    { load: 0, multiplier: 1 },
    { load: 1, multiplier: 3 },
  ]
  place = await openAgentPlace({
    baseUrl: engine.baseUrl,
    agentModel: { asks: { floor, points } },
    agent: { credit, slots: 4 },
    gateway: {
      payouts: desk,
      replica: { ledger, channelId: testChannelId, privateKey: randomPrivateKey() },
    },
  })
  const { pool } = place.gateway
  pool.replace(
    pool.contributors.map((one) => ({
      ...one,
      offers: one.offers.map((offer) => {
        const prices = { ...offer.prices, ...priceOf(100_000_000n) }
        return { ...offer, priceMax: { prices, priceHash: hashPriceSheet(prices) } }
      }),
    })),
  )
})
afterAll(async () => {
  await place.close()
  await credit.close()
  await engine.close()
  rmSync(folder, { recursive: true })
})

/** As the gateway asks all the time; answers what is asked for a million tokens of an answer. */
async function hear(): Promise<bigint> {
  const { pool, upstreams } = place.gateway
  const [contributor = expect.fail('the agent is there')] = pool.contributors
  const report = await askCapacity(upstreams, contributor)
  if (!report.ok) throw new Error(report.error)
  pool.heard(contributor.contributorId, report.value, Date.now())
  return report.value.models[0]?.prices.completionAtomicPerMtok ?? 0n
}

test('both count the same, at whatever price each job came', async () => {
  const asked = new Set<bigint>()
  const held: (() => void)[] = []
  const answers: Promise<unknown>[] = []
  for (let busy = 0; busy < 3; busy += 1) {
    asked.add(await hear())
    engine.become(answerWell())
    expect((await ask(place.gateway)).status).toBe(200)
    // One more is under way from now on, so that the next is dearer.
    engine.become((request, response) => {
      held.push(() => void answerWell()(request, response))
    })
    answers.push(ask(place.gateway))
    await engine.nextRequest()
    await vi.waitFor(() => expect(place.agent().load().running).toBe(busy + 1))
  }
  for (const answer of held) answer()
  await Promise.all(answers)
  expect(asked.size).toBe(3)
  const { receipts } = await place.newEntries()
  expect(receipts).toHaveLength(6)
  expect(new Set(receipts.map(({ receipt }) => receipt.priceHash)).size).toBe(3)
  const earned = (await ledger.payout(payoutId))?.earnedAmount ?? 0n
  expect(earned).toBeGreaterThan(0n)
  expect(credit.book.owedAmount).toBe(earned)
})
