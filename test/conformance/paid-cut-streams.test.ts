/*
 * What a contributor earns of a stream that its client left: the tokens of its newest checkpoint, of what the client paid.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { atomic, bytes32 } from '../../src/domain/units.ts'
import { BookedPayoutDesk } from '../../src/settlement/payout-desk.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { askedMessages } from '../support/ask.ts'
import { channelConfig, onChain } from '../support/channels.ts'
import { checkpointingUpstream, type Part } from '../support/checkpointing-upstream.ts'
import {
  openTestChannel,
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
} from '../support/gateway-on-ledger.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-cut-'))
const payoutId = bytes32(`0x${'7'.repeat(64)}`)
const contributor = checkpointingUpstream()
const desk = new BookedPayoutDesk({
  earningOf: (cost) => atomic((cost * 9n) / 10n),
  lostVoucher: async () => {},
  vouchersWanted: () => {},
  earningsBetweenVouchers: 1_000,
})
let ledger: LedgerStore
let gateway: TestGateway
let upstream: ScriptedUpstream

beforeAll(async () => {
  ledger = openSqliteLedger({ path: join(folder, 'ledger.db') })
  await openTestChannel(ledger, 1_000_000_000n)
  const payout = await ledger.openPayout({
    payoutId,
    chainId: 31337,
    contributor: contributor.identity.operator,
    config: channelConfig,
    onChain: onChain(1_000_000n),
  })
  desk.open('signer', payout)
  upstream = await startScriptedUpstream()
  const { baseUrl } = upstream
  gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'signer', baseUrl, identity: contributor.identity, completionPrice: 10n ** 6n },
    ],
    payouts: desk,
    replica: { ledger, channelId: testChannelId, privateKey: randomPrivateKey() },
  })
})
afterAll(async () => {
  await gateway.stop()
  await upstream.close()
  rmSync(folder, { recursive: true })
})

/** Leaves a stream of these parts at its last word; answers what that cost, for what, and what was earned by it. */
async function leave(parts: readonly Part[]) {
  const before = (await ledger.payout(payoutId))?.earnedAmount ?? 0n
  upstream.become(contributor.stream(parts, 'silence'))
  const abort = new AbortController()
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: askedMessages, stream: true }),
    signal: abort.signal,
  })
  let text = ''
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece).toString()
    if (text.includes('the end')) break
  }
  abort.abort()
  const { receipts } = await gateway.books()
  const { receipt } = receipts.at(-1) ?? expect.fail('there is a receipt')
  const earned = ((await ledger.payout(payoutId))?.earnedAmount ?? 0n) - before
  return { cost: BigInt(receipt.cost), work: receipt.work, earned }
}

test('the tokens of its checkpoint are earned, and the prompt', async () => {
  const { cost, work, earned } = await leave(['eight by', { tokens: 2 }, 'the end!'])
  expect(work.completionTokens).toBe(4)
  const vouched = cost - 2n
  expect(vouched).toBeGreaterThan(0n)
  expect(earned).toBe((vouched * 9n) / 10n)
})

test('no more is earned than is paid, whatever it counted', async () => {
  const { cost, earned } = await leave(['eight by', { tokens: 4_000 }, 'the end!'])
  expect(cost).toBeGreaterThan(0n)
  expect(earned).toBe((cost * 9n) / 10n)
})

test('without a checkpoint, or with one of nothing, nothing is', async () => {
  expect((await leave(['eight by', 'the end!'])).earned).toBe(0n)
  expect((await leave(['eight by', { tokens: 0 }, 'the end!'])).earned).toBe(0n)
})
