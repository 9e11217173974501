/*
 * A gateway and a contributor that do not trust each other: a real engine in its own process, a real chain, and the whole
 * path of a request between them.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { agreementJson } from '../../src/contributor/credit-agreement.ts'
import { type CreditBook, paidAmount, unpaidAmount } from '../../src/contributor/credit-book.ts'
import { readCreditFile } from '../../src/contributor/credit-file.ts'
import { devFeeBps } from '../../src/dev/fund-payouts.ts'
import { atomic, bytes32 } from '../../src/domain/units.ts'
import type { PayContributors } from '../../src/settlement/pay-contributors.ts'
import type { PayoutDesk } from '../../src/settlement/payout-desk.ts'
import { channelIdOf } from '../support/channels.ts'
import { expectOk } from '../support/dev-chain.ts'
import { runVouch } from '../support/dev-process.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testAsset,
  testVerifier,
} from '../support/gateway-on-ledger.ts'
import { PayoutRig } from '../support/payout-rig.ts'

const contributorId = 'engine'
const gatewayKey = randomPrivateKey()
const limit = 40n
const prices = {
  promptAtomicPerMtok: atomic(1_000_000n),
  cachedPromptAtomicPerMtok: atomic(500_000n),
  completionAtomicPerMtok: atomic(2_000_000n),
}

let rig: PayoutRig
let engine: EngineProcess
let gateway: TestGateway
let paying: PayContributors
/** While true the gateway keeps its vouchers to itself. */
let withheld = false

const creditFile = () => join(rig.folder.path, 'credit.json')

beforeAll(async () => {
  rig = await PayoutRig.open()
  engine = await startEngine(await engineArgs())
  await startGateway()
})
afterAll(async () => {
  await gateway.stop()
  await engine.stop()
  await rig.close()
})

async function engineArgs(): Promise<readonly string[]> {
  const { chain, dev } = rig.running
  const agreementFile = join(rig.folder.path, 'agreement.json')
  writeFileSync(
    agreementFile,
    agreementJson({
      gateway: addressOfPrivateKey(gatewayKey),
      chainId: dev.chainId,
      settlement: dev.contracts.settlement,
      token: dev.contracts.asset,
      receiver: dev.addresses.contributorPayout,
      withdrawDelayMinS: 604_800,
      prices,
      feeBps: devFeeBps,
    }),
  )
  const keyFile = join(rig.folder.path, 'contributor.key')
  writeFileSync(keyFile, dev.keys.contributorSigner, { mode: 0o600 })
  const options = {
    'key-file': keyFile,
    'chain-id': '31337',
    'receipt-verifier': testVerifier,
    contributor: dev.addresses.contributorOperator,
    'payout-agreement': agreementFile,
    'payout-rpc': chain.url,
    'credit-limit': String(limit),
  }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
}

async function startGateway(): Promise<void> {
  const { addresses } = rig.running.dev
  const operator = addresses.contributorOperator
  paying = await rig.pay([{ contributorId, operator }])
  gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: contributorId,
        baseUrl: `${engine.url}/v1`,
        identity: { operator, signingAddresses: [addresses.contributorSigner] },
        offer: { upstreamModelName: 'vouch-mini', modelId: bytes32(engine.modelId) },
      },
    ],
    payouts: withholding(paying.desk),
    replica: { ledger: rig.ledger, channelId: channelIdOf(0), privateKey: gatewayKey },
  })
}

const withholding = (desk: PayoutDesk): PayoutDesk => ({
  earning: (id, cost) => desk.earning(id, cost),
  reserve: (request) => desk.reserve(request),
  release: (requestId) => desk.release(requestId),
  voucherFor: (id) => (withheld ? undefined : desk.voucherFor(id)),
  shown: (id, voucher) => desk.shown(id, voucher),
  recovering: (id) => desk.recovering(id),
  exhausted: (id) => desk.exhausted(id),
})

async function ask(stream = false): Promise<Response> {
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: 'What is a receipt?' }],
      max_tokens: 8,
      stream,
    }),
  })
  const body = await response.text()
  if (response.status === 200 && stream) expect(body).toContain('[DONE]')
  return new Response(body, response)
}

async function payout() {
  const known = await paying.payoutOf(rig.running.dev.addresses.contributorOperator)
  if (known === undefined) throw new Error('the contributor has no payout channel')
  return known
}

/** What the contributor knows, once it has written it down. */
async function creditBook(isThere: (book: CreditBook) => boolean): Promise<CreditBook> {
  for (;;) {
    const stored = expectOk(await readCreditFile(creditFile()))
    if (stored !== undefined && isThere(stored.book)) return stored.book
    await new Promise((again) => setImmediate(again))
  }
}

test('unpaid work goes as far as the limit and no further, and a voucher opens it again', async () => {
  withheld = true
  let served = 0
  let refused = await ask()
  while (refused.status === 200) {
    served += 1
    refused = await ask(served % 2 === 0)
  }
  expect(served).toBeGreaterThan(1)
  expect(refused.status).toBe(503)
  expect(await refused.json()).toMatchObject({ error: { code: 'upstream_credit_exhausted' } })
  expect(refused.headers.get('retry-after')).toBe('1')
  const unpaid = await creditBook((book) => unpaidAmount(book) >= limit)
  // Both sides count the same work to the same amount, each by itself.
  expect(unpaid.owedAmount).toBe((await payout()).earnedAmount)
  expect(paidAmount(unpaid)).toBe(0n)
  expect((await ask()).status).toBe(503)

  withheld = false
  await paying.promiseNow()
  const reopened = await ask()
  expect(reopened.status, await reopened.text()).toBe(200)
  const paid = await creditBook(({ vouchers }) => vouchers.length > 0)
  expect(paidAmount(paid)).toBe(unpaid.owedAmount)
  expect(gateway.internalErrors).toEqual([])
})

test('what was promised is never more than what was earned, nor that more than the fee leaves of the charges', async () => {
  for (let i = 0; i < 6; i += 1) {
    await paying.promiseNow()
    expect((await ask(i % 2 === 1)).status).toBe(200)
    const { earnedAmount, promisedAmount, totalClaimed } = await payout()
    const charged = (await rig.ledger.channel(channelIdOf(0)))?.chargedCumulativeAmount ?? 0n
    expect(totalClaimed).toBeLessThanOrEqual(promisedAmount)
    expect(promisedAmount).toBeLessThanOrEqual(earnedAmount)
    expect(earnedAmount * 10_000n).toBeLessThanOrEqual(charged * BigInt(10_000 - devFeeBps))
    expect(promisedAmount).toBeGreaterThan(0n)
  }
})

test('unsigned work, and work for another gateway, is not done', async () => {
  const direct = (headers: Record<string, string>) =>
    fetch(`${engine.url}/v1/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'vouch-mini', messages: [{ role: 'user', content: 'Hi' }] }),
    })
  const unsigned = await direct({})
  expect([unsigned.status, await unsigned.json()]).toMatchObject([
    400,
    { error: { param: 'x-vouch-job' } },
  ])
  const other = await direct({
    'x-vouch-job': `0x${'07'.repeat(32)}`,
    'x-vouch-gateway': testAsset,
    'x-vouch-model': engine.modelId,
  })
  expect([other.status, await other.json()]).toMatchObject([
    400,
    { error: { param: 'x-vouch-gateway' } },
  ])
})

test('a gateway that lost its ledger finds with the next answer what it had promised, and pays it once', async () => {
  await paying.promiseNow()
  expect((await ask()).status).toBe(200)
  const held = await creditBook((book) => paidAmount(book) > 0n)
  const promised = paidAmount(held)
  await gateway.stop()
  await rig.loseLedger()
  await startGateway()
  expect(await payout()).toMatchObject({ promisedAmount: 0n, earnedAmount: 0n })

  // The contributor shows its newest voucher with its answer, or with its refusal.
  await ask()
  await paying.promiseNow()
  const recovered = await payout()
  expect(recovered.promisedAmount).toBeGreaterThanOrEqual(promised)
  expect(paidAmount(await creditBook(() => true))).toBeLessThanOrEqual(recovered.promisedAmount)
  await paying.relayNow()
  const { promisedAmount } = await payout()
  expect(await rig.balanceOf(rig.running.dev.addresses.contributorPayout)).toBe(promisedAmount)
})

test('with the gateway gone, the contributor claims from its own file, and a stranger pays the gas', async () => {
  const { totalClaimed } = await payout()
  expect((await ask()).status).toBe(200)
  await paying.promiseNow()
  const { promisedAmount: sent } = await payout()
  expect(sent).toBeGreaterThan(totalClaimed)
  expect((await ask()).status).toBe(200)
  await creditBook((known) => paidAmount(known) >= sent)
  await gateway.stop()
  await rig.stopPaying()
  await engine.stop()
  const book = await creditBook(() => true)
  const promisedAmount = paidAmount(book)

  const { chain, dev } = rig.running
  const receiver = dev.addresses.contributorPayout
  const before = await rig.balanceOf(receiver)
  const place = ['--credit', creditFile(), '--rpc', chain.url]
  const status = await runVouch(['payouts', 'status', ...place, '--json'])
  expect(status.code, status.output).toBe(0)
  expect(JSON.parse(status.output)).toMatchObject({
    object: 'vouch.payouts',
    earned: String(book.owedAmount),
    promised: String(promisedAmount),
    claimed: String(before),
    claimable: String(promisedAmount - before),
    unpaid: String(unpaidAmount(book)),
  })
  const keyFile = join(rig.folder.path, 'gas.key')
  const gasKey = randomPrivateKey()
  writeFileSync(keyFile, gasKey, { mode: 0o600 })
  const poor = await runVouch(['payouts', 'claim', ...place, '--key', keyFile])
  expect(poor.code).toBe(1)
  expect(poor.output.trim().split('\n')).toHaveLength(1)
  await rig.fuel(addressOfPrivateKey(gasKey))
  const claimed = await runVouch(['payouts', 'claim', ...place, '--key', keyFile, '--json'])
  expect(claimed.code, claimed.output).toBe(0)
  expect(JSON.parse(claimed.output)).toMatchObject({ claimed: String(promisedAmount - before) })
  expect(await rig.balanceOf(receiver)).toBe(promisedAmount)

  const again = await runVouch(['payouts', 'claim', ...place, '--key', keyFile])
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('nothing to claim') })
  // Back again, the gateway sees on the chain what was claimed, and does not pay it a second time.
  engine = await startEngine(await engineArgs())
  await rig.reopenLedger()
  await startGateway()
  await paying.relayNow()
  const settled = await payout()
  expect(settled.totalClaimed).toBe(settled.earnedAmount)
  // What was on credit when the ledger was lost, above, is lost with it: less than the contributor chose to risk.
  expect(settled.earnedAmount).toBeLessThanOrEqual(book.owedAmount)
  expect(book.owedAmount - settled.earnedAmount).toBeLessThan(limit)
  expect(await rig.balanceOf(receiver)).toBe(settled.earnedAmount)
})

test('the file of vouchers survives a kill of the engine, and is not thrown away when it is damaged', async () => {
  const before = readFileSync(creditFile(), 'utf8')
  const held = expectOk(await readCreditFile(creditFile()))?.book
  engine.process.kill('SIGKILL')
  expect(await engine.stop()).toBeNull()
  engine = await startEngine(await engineArgs())
  expect(expectOk(await readCreditFile(creditFile()))?.book).toEqual(held)
  await engine.stop()
  writeFileSync(creditFile(), before.slice(0, -40))
  await expect(startEngine(await engineArgs())).rejects.toThrow(/book of vouchers/)
  expect(readFileSync(creditFile(), 'utf8')).toBe(before.slice(0, -40))
  writeFileSync(creditFile(), before)
  engine = await startEngine(await engineArgs())
})
