/*
 * Payouts along the way of a request: who is asked, what it earns, what it is told, and what becomes of a request that nobody
 * could be paid for. The chain's part is in test/e2e/payouts.test.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import type { Payout } from '../../src/domain/payout-ledger.ts'
import { decodeOfferedVoucher, encodeVoucher } from '../../src/domain/payout-voucher.ts'
import { type Address, atomic, bytes32, signature } from '../../src/domain/units.ts'
import { BookedPayoutDesk } from '../../src/settlement/payout-desk.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { ask } from '../support/ask.ts'
import { channelConfig, onChain } from '../support/channels.ts'
import {
  openTestChannel,
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import {
  answerStatus,
  answerWell,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { signingUpstream } from '../support/signing-upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-paid-'))
const signing = signingUpstream()
let ledger: LedgerStore
let gateway: TestGateway
let cheap: ScriptedUpstream
let dear: ScriptedUpstream
let lost: bigint[]
let wanted: number
const desk = new BookedPayoutDesk({
  earningOf: (cost) => atomic((cost * 9n) / 10n),
  lostVoucher: async ({ maxClaimableAmount }) => {
    lost.push(maxClaimableAmount)
  },
  vouchersWanted: () => {
    wanted += 1
  },
  earningsBetweenVouchers: 1_000,
})

beforeAll(async () => {
  ledger = openSqliteLedger({ path: join(folder, 'ledger.db') })
  await openTestChannel(ledger, 1_000_000_000n)
  cheap = await startScriptedUpstream()
  dear = await startScriptedUpstream()
  gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'cheap',
        baseUrl: cheap.baseUrl,
        completionPrice: 1_000_000n,
        identity: signing.identity,
      },
      { id: 'dear', baseUrl: dear.baseUrl, completionPrice: 3_000_000n },
    ],
    payouts: desk,
    replica: { ledger, channelId: testChannelId, privateKey: randomPrivateKey() },
  })
})
beforeEach(() => {
  lost = []
  wanted = 0
  desk.close('cheap')
  desk.close('dear')
  cheap.become(signing.answer(['one ', 'two ', 'three']))
  dear.become(answerWell())
})
afterAll(async () => {
  await gateway.stop()
  await cheap.close()
  await dear.close()
  rmSync(folder, { recursive: true })
})

let payouts = 0
/** A payout channel of its own for this test, with so much in escrow. */
async function openPayout(contributorId: string, balance: bigint): Promise<Payout> {
  payouts += 1
  const payout = await ledger.openPayout({
    payoutId: bytes32(`0x${String(payouts).padStart(64, '0')}`),
    chainId: 31337,
    contributor: signing.identity.operator as Address,
    config: channelConfig,
    onChain: onChain(balance),
  })
  desk.open(contributorId, payout)
  return payout
}

const servedBy = async (stream = false): Promise<string | null> => {
  const answer = await ask(gateway, { stream })
  return answer.headers.get('x-vouch-contributor')
}
const held = async () => (await ledger.channel(testChannelId))?.heldAmount

test.each([{ stream: false }, { stream: true }])(
  'signed work earns its share in the step of its charge: %o',
  async ({ stream }) => {
    const { payoutId } = await openPayout('cheap', 1_000_000n)
    const before = (await ledger.channel(testChannelId))?.chargedCumulativeAmount ?? 0n
    expect(await servedBy(stream)).toBe('cheap')
    const { channel } = await gateway.books()
    const cost = channel.chargedCumulativeAmount - before
    expect(cost).toBeGreaterThan(0n)
    expect((await ledger.payout(payoutId))?.earnedAmount).toBe((cost * 9n) / 10n)
  },
)

test("one that cannot sign, as a lent key, earns by the gateway's own account of its answer", async () => {
  const { payoutId } = await openPayout('dear', 1_000_000n)
  await openPayout('cheap', 0n)
  const before = (await ledger.channel(testChannelId))?.chargedCumulativeAmount ?? 0n
  expect(await servedBy()).toBe('dear')
  const { channel } = await gateway.books()
  const cost = channel.chargedCumulativeAmount - before
  expect(cost).toBeGreaterThan(0n)
  expect((await ledger.payout(payoutId))?.earnedAmount).toBe((cost * 9n) / 10n)
})

test('one that can sign and did not earns nothing, and neither does one without a channel', async () => {
  const { payoutId } = await openPayout('cheap', 1_000_000n)
  cheap.become(answerWell())
  await servedBy()
  expect((await ledger.payout(payoutId))?.earnedAmount).toBe(0n)
  desk.close('cheap')
  cheap.become(answerStatus(500, '{}'))
  expect(await servedBy()).toBe('dear')
  expect((await ledger.payout(payoutId))?.earnedAmount).toBe(0n)
})

test('nobody is asked for what its escrow does not cover, and another one takes over', async () => {
  await openPayout('cheap', 3n)
  expect(await servedBy()).toBe('dear')
  expect(cheap.requests).toHaveLength(0)
})

test('when nobody could be paid, the caller is told, and nothing stays held or set aside', async () => {
  await openPayout('cheap', 3n)
  await openPayout('dear', 3n)
  for (const stream of [false, true]) {
    const answer = await ask(gateway, { stream })
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([
      503,
      { error: { code: 'payout_escrow_exhausted' } },
    ])
    expect(answer.headers.get('retry-after')).toBe('30')
  }
  expect(cheap.requests.length + dear.requests.length).toBe(0)
  expect(await held()).toBe(0n)
})

test('what was set aside for a request is free again when it has ended', async () => {
  const payout = await openPayout('cheap', 1_000_000n)
  await servedBy()
  await gateway.books()
  desk.update((await ledger.payout(payout.payoutId)) ?? payout)
  const { balance, earnedAmount } = (await ledger.payout(payout.payoutId)) ?? payout
  const worstCase = atomic(((balance - earnedAmount) * 10n) / 9n)
  expect(desk.reserve({ requestId: 'all', contributorId: 'cheap', worstCase })).toBe(true)
  desk.release('all')
})

test('the voucher goes to its contributor alone, until it shows that it has it', async () => {
  const payout = await openPayout('cheap', 1_000_000n)
  await ledger.promisePayout({ ...payout, amount: atomic(0n), signature: signature('0x01') })
  await servedBy()
  expect(cheap.requests.at(-1)?.headers['x-vouch-voucher']).toBeUndefined()
  await gateway.books()
  const { earnedAmount } = (await ledger.payout(payout.payoutId)) ?? payout
  const { payoutId } = payout
  desk.update(
    await ledger.promisePayout({ payoutId, amount: earnedAmount, signature: signature('0x02') }),
  )
  await servedBy()
  const sent = decodeOfferedVoucher(String(cheap.requests.at(-1)?.headers['x-vouch-voucher']))
  expect(sent).toMatchObject({ maxClaimableAmount: earnedAmount, config: channelConfig })

  const shown = { channelId: payoutId, maxClaimableAmount: earnedAmount }
  const header = encodeVoucher({ ...shown, signature: signature('0x02') })
  const answer = signing.answer(['again'])
  cheap.become((request, response) => {
    response.setHeader('x-vouch-voucher', header)
    return answer(request, response)
  })
  await servedBy(true)
  await servedBy()
  expect(cheap.requests.at(-1)?.headers['x-vouch-voucher']).toBeUndefined()
  expect(dear.requests).toHaveLength(0)
})

test('a contributor that works no more on credit is rested, and shows what we have forgotten', async () => {
  const { payoutId } = await openPayout('cheap', 1_000_000n)
  const shown = { channelId: payoutId, maxClaimableAmount: atomic(77n) }
  cheap.become(
    answerStatus(402, '{"error":{"code":"credit_exhausted"}}', {
      'content-type': 'application/json',
      'x-vouch-voucher': encodeVoucher({ ...shown, signature: signature('0x03') }),
    }),
  )
  expect(await servedBy()).toBe('dear')
  expect(lost).toEqual([77n])
  expect(wanted).toBe(1)
  expect(cheap.requests).toHaveLength(1)
  // It rests, and is asked last.
  expect(await servedBy(true)).toBe('dear')
  expect(cheap.requests).toHaveLength(1)
})
