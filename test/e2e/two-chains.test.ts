/*
 * A payer on one chain, a contributor paid on another, and nothing lost between them: real anvils, real contracts, assets
 * with 6 and with 18 decimals, and one whose worth somebody quotes.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { hashPriceSheet } from '../../src/chain/receipt-typed-data.ts'
import { microUsd } from '../../src/domain/exchange.ts'
import type { PriceSheet } from '../../src/domain/price-sheet.ts'
import { unixSeconds } from '../../src/domain/units.ts'
import { expectOk } from '../support/dev-chain.ts'
import { runVouch } from '../support/dev-process.ts'
import { secondChainId } from '../support/second-chain.ts'
import { feeBps, openTwoChains, type Payer, type TwoChains } from '../support/two-chains-place.ts'

let place: TwoChains

beforeAll(async () => {
  place = await openTwoChains()
  // The escrows are filled before anybody works.
  await place.gateway().payouts.relayNow()
})
afterAll(() => place.stop())

/** 5 tokens of prompt at 1, 3 of completion at 2, in millionths of a dollar. */
const answerMicroUsd = 11n
const earnedMicroUsd = (answerMicroUsd * BigInt(10_000 - feeBps)) / 10_000n
const abroadUnit = 10n ** 12n
const patience = { timeout: 15_000, interval: 100 }

const codeOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { readonly error: { readonly code: string } }).error.code

async function ask(payer: Payer, model: Parameters<Payer['ask']>[0], times = 1): Promise<Response> {
  let last: Response | undefined
  for (let i = 0; i < times; i += 1) {
    last = await payer.ask(model)
    if (last.status !== 200) throw new Error(await last.text())
    await last.arrayBuffer()
  }
  if (last === undefined) throw new Error('nothing was asked')
  return last
}

async function receiptOf(payer: Payer, answer: Response) {
  const id = answer.headers.get('x-vouch-receipt')
  const headers = { authorization: `Bearer ${payer.apiKey}` }
  const receipt = await fetch(`${place.gateway().origin}/v1/receipts/${id}`, { headers })
  return (await receipt.json()) as {
    readonly receipt: { readonly cost: string; readonly priceHash: string }
    readonly priceSheet: Readonly<Record<string, string>>
  }
}

const bookOf = async ({ place: { channelId } }: Payer) => {
  const channel = await place.gateway().ledger.channel(channelId)
  if (channel === undefined) throw new Error('the channel has no book')
  return channel
}

/** What both contributors earned so far, by the chain that they are paid on. */
async function earnedOn(chainId: number): Promise<bigint> {
  const payouts = await place.gateway().ledger.payouts()
  return payouts
    .filter((payout) => payout.chainId === chainId)
    .reduce((sum, { earnedAmount }) => sum + earnedAmount, 0n)
}

/** On every chain what was charged is claimed to the last unit, and no more dollars were earned than charged less the fee. */
async function expectTheLaw(): Promise<void> {
  const { ledger, settlement } = place.gateway()
  await settlement.claimNow()
  let charged = 0n
  for (const channel of await ledger.channels()) {
    expect(channel.totalClaimed).toBe(channel.chargedCumulativeAmount)
    expect(channel.heldAmount).toBe(0n)
    expect(channel.chargedCumulativeAmount).toBeLessThanOrEqual(channel.signedMaxClaimable)
    expect(channel.signedMaxClaimable).toBeLessThanOrEqual(channel.balance)
    charged += channel.chargedCumulativeAmount
  }
  expect(charged).toBeGreaterThan(0n)
  const book = await ledger.usdBook()
  expect(book.earnedMicroUsd * 10_000n).toBeLessThanOrEqual(
    book.chargedMicroUsd * BigInt(10_000 - feeBps),
  )
  const earned = (await earnedOn(31337)) + (await earnedOn(secondChainId)) / abroadUnit
  // Whole micro-dollars of the book, and what a payout in the payer's own asset has beyond them.
  expect(earned).toBeLessThanOrEqual((book.chargedMicroUsd * BigInt(10_000 - feeBps)) / 10_000n)
}

/** What terms in the asset abroad said before anything was charged in it. */
let agreedAbroad: readonly string[] = []

test('who may pay in what is told to everybody', async () => {
  const answer = await fetch(`${place.gateway().origin}/v1/billing/terms`)
  const terms = (await answer.json()) as { readonly accepts: readonly unknown[] }
  expect(terms.accepts).toMatchObject([
    { chain_id: 31337, asset: place.dollarHome.address, minimum_deposit: '1000000' },
    {
      chain_id: secondChainId,
      asset: place.dollarAbroad.address,
      decimals: 18,
      asset_domain: { name: 'Dollar Abroad', chainId: secondChainId },
      minimum_deposit: '1000000000000000000',
    },
    { chain_id: 31337, asset: place.quoted.address, minimum_deposit: '333000000000000' },
  ])
  const unpaid = await fetch(`${place.gateway().origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'paid-abroad', messages: [{ role: 'user', content: 'Hi' }] }),
  })
  expect(unpaid.status).toBe(402)
  const header = unpaid.headers.get('payment-required') ?? ''
  const required = JSON.parse(Buffer.from(header, 'base64').toString()) as {
    readonly accepts: readonly { scheme: string; network: string; asset: string; amount: string }[]
  }
  const vouchers = required.accepts.filter(({ scheme }) => scheme === 'batch-settlement')
  expect(vouchers.map(({ network, asset }) => [network, asset])).toEqual([
    ['eip155:31337', place.dollarHome.address],
    [`eip155:${secondChainId}`, place.dollarAbroad.address],
    ['eip155:31337', place.quoted.address],
  ])
  const [atHome, abroad, quoted] = vouchers.map(({ amount }) => BigInt(amount))
  expect(abroad).toBe((atHome ?? 0n) * abroadUnit)
  // Prices round up for a million tokens, so that nothing is lost for as many as a request has.
  expect(quoted).toBeGreaterThanOrEqual(((atHome ?? 0n) * abroadUnit) / 3_000n)
})

test('the terms in an asset name the price sheet that receipts in it will have', async () => {
  type Terms = { readonly models: readonly { readonly price_hash: string }[] }
  const inAsset = async (chainId: number, asset: string) => {
    const path = `/v1/billing/terms?chain_id=${chainId}&asset=${asset}`
    const answer = await fetch(place.gateway().origin + path)
    return { status: answer.status, terms: (await answer.json()) as Terms }
  }
  const abroad = await inAsset(secondChainId, place.dollarAbroad.address)
  const home = await inAsset(31337, place.dollarHome.address)
  const hashes = ({ terms }: typeof home) => terms.models.map(({ price_hash }) => price_hash)
  expect(hashes(abroad)).not.toEqual(hashes(home))
  agreedAbroad = hashes(abroad)
  expect((await inAsset(secondChainId, place.dollarHome.address)).status).toBe(400)
})

test('a payer at home pays a contributor abroad, and the other way round, to the last micro-dollar', async () => {
  const before = await place.gateway().ledger.usdBook()
  const [homeBefore, abroadBefore] = [await earnedOn(31337), await earnedOn(secondChainId)]
  const atHome = await place.payer(place.dollarHome, 2_000_000n)
  const abroad = await place.payer(place.dollarAbroad, 2n * 10n ** 18n)
  await ask(atHome, 'paid-abroad', 3)
  await ask(abroad, 'paid-at-home', 4)
  expect((await bookOf(atHome)).chargedCumulativeAmount).toBe(3n * answerMicroUsd)
  expect((await bookOf(abroad)).chargedCumulativeAmount).toBe(4n * answerMicroUsd * abroadUnit)
  expect((await earnedOn(secondChainId)) - abroadBefore).toBe(3n * earnedMicroUsd * abroadUnit)
  expect((await earnedOn(31337)) - homeBefore).toBe(4n * earnedMicroUsd)
  expect(await place.gateway().ledger.usdBook()).toEqual({
    chargedMicroUsd: microUsd(before.chargedMicroUsd + 7n * answerMicroUsd),
    earnedMicroUsd: microUsd(before.earnedMicroUsd + 7n * earnedMicroUsd),
  })
  await expectTheLaw()
  expect((await atHome.onChain()).totalClaimed).toBe(3n * answerMicroUsd)
  expect((await abroad.onChain()).totalClaimed).toBe(4n * answerMicroUsd * abroadUnit)
  await place.gateway().payouts.relayNow()
  const { receiver } = place.contributorAbroad
  expect(await place.balanceOf(place.dollarAbroad, receiver)).toBe(await earnedOn(secondChainId))
  const paidAbroad = (await place.gateway().ledger.channels()).filter(
    ({ chainId, receiptSeq }) => chainId === secondChainId && receiptSeq > 0,
  )
  expect(paidAbroad.length).toBeGreaterThan(0)
  for (const { channelId } of paidAbroad) {
    const receipts = await place.gateway().ledger.receipts({ channelId, afterSeq: 0, limit: 100 })
    for (const receipt of receipts) {
      const { priceHash } = (JSON.parse(receipt) as { receipt: { priceHash: string } }).receipt
      expect(agreedAbroad).toContain(priceHash)
    }
  }
})

test('a receipt has the price sheet of its payer, with its hash', async () => {
  const payer = await place.payer(place.dollarAbroad, 2n * 10n ** 18n)
  const { receipt, priceSheet } = await receiptOf(payer, await ask(payer, 'paid-at-home'))
  expect(BigInt(receipt.cost)).toBe(answerMicroUsd * abroadUnit)
  const amounts = ['promptAtomicPerMtok', 'cachedPromptAtomicPerMtok', 'completionAtomicPerMtok']
  expect(priceSheet).toMatchObject({
    asset: place.dollarAbroad.address,
    promptAtomicPerMtok: String(10n ** 18n),
    completionAtomicPerMtok: String(2n * 10n ** 18n),
  })
  const sheet = {
    ...priceSheet,
    ...Object.fromEntries(amounts.map((name) => [name, BigInt(priceSheet[name] ?? 0)])),
    operator: place.home.dev.addresses.gatewayOperator,
    validFrom: unixSeconds(0),
    validUntil: unixSeconds(0),
  }
  expect(receipt.priceHash).toBe(hashPriceSheet(sheet as unknown as PriceSheet))
})

test('a quoted asset is taken at what was signed; with a stale or a forged quote nothing is held', async () => {
  const payer = await place.payer(place.quoted, 10n ** 15n)
  place.quote()
  await ask(payer, 'paid-abroad')
  // 11 micro-dollars at 3000 dollars a unit; prices for a million tokens were rounded up before.
  const cost = (await bookOf(payer)).chargedCumulativeAmount
  expect(cost * 3_000n).toBeGreaterThanOrEqual(answerMicroUsd * abroadUnit)
  expect(cost * 3_000n).toBeLessThan((answerMicroUsd + 1n) * abroadUnit)

  place.quote({ dollars: 1n, key: randomPrivateKey() })
  await expect.poll(() => place.log(), patience).toMatch(/signature_invalid.*fx_quotes_not_taken/)
  await ask(payer, 'paid-abroad')
  expect((await bookOf(payer)).chargedCumulativeAmount).toBe(2n * cost)

  place.quote({ validForS: 60 * 60 })
  await expect.poll(() => place.log(), patience).toMatch(/valid_for_too_long.*fx_quotes_not_taken/)
  place.quote({ dollars: 6_000n })
  await expect
    .poll(async () => {
      const before = (await bookOf(payer)).chargedCumulativeAmount
      await ask(payer, 'paid-abroad')
      return (await bookOf(payer)).chargedCumulativeAmount - before
    }, patience)
    .toBeLessThan(cost)
  await expectTheLaw()
})

test('without a good quote a request is refused before anything is held, and goes on with the next', async () => {
  const payer = await place.payer(place.quoted, 10n ** 15n)
  place.quote({ validForS: -1 })
  await place.restart()
  const refused = await payer.ask('paid-abroad')
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).not.toBeNull()
  expect(await codeOf(refused)).toBe('fx_quote_unavailable')
  expect(await bookOf(payer)).toMatchObject({ heldAmount: 0n, chargedCumulativeAmount: 0n })
  // Everybody else does not care.
  const other = await place.payer(place.dollarAbroad, 2n * 10n ** 18n)
  await ask(other, 'paid-at-home')
  place.quote()
  await expect.poll(async () => (await payer.ask('paid-abroad')).status, patience).toBe(200)
})

test('a request that brings its payment is paid in the asset of its voucher, at its rate', async () => {
  place.quote()
  for (const [token, amount] of [
    [place.dollarAbroad, 10n ** 18n],
    [place.quoted, 10n ** 15n],
  ] as const) {
    const payer = await place.newcomer(token, 2n * amount)
    expect((await payer.deposit(2n * amount)).status).toBe(200)
    await expect.poll(async () => (await payer.pay('paid-at-home', 1n)).status, patience).toBe(402)
    const paid = await payer.pay('paid-at-home', amount)
    expect(paid.status).toBe(200)
    const told = JSON.parse(
      Buffer.from(paid.headers.get('payment-response') ?? '', 'base64').toString(),
    ) as { readonly network: string }
    expect(told.network).toBe(`eip155:${token.chainId}`)
    const { chargedCumulativeAmount, config } = await bookOf(payer)
    expect(config.token).toBe(token.address)
    const dollars = token === place.quoted ? 3_000n : 1n
    expect(chargedCumulativeAmount * dollars).toBeGreaterThanOrEqual(answerMicroUsd * abroadUnit)
    expect(chargedCumulativeAmount * dollars).toBeLessThan((answerMicroUsd + 1n) * abroadUnit)
  }
  const elsewhere = await place.newcomer(place.unlisted, 1n)
  const refused = await elsewhere.pay('paid-at-home', 1n)
  expect([refused.status, await codeOf(refused)]).toEqual([402, 'channel_terms_unacceptable'])
  await expectTheLaw()
})

test('what is not on the list is refused: another asset, one that keeps a part, another chain', async () => {
  const kept = await place.newcomer(place.unlisted, 10n ** 19n)
  for (const refused of [await kept.deposit(10n ** 18n), await kept.promise(10n ** 18n)]) {
    expect(refused.status).toBe(400)
    expect(await codeOf(refused)).toBe('channel_terms_unacceptable')
  }
  const known = await place.newcomer(place.dollarAbroad, 10n ** 18n)
  const elsewhere = await place.post('/v1/billing/vouchers', {
    chainId: 1,
    channelConfig: known.place.config,
    maxClaimableAmount: '1',
    signature: '0x00',
  })
  expect(await codeOf(elsewhere)).toBe('channel_terms_unacceptable')
  // Terms that are good abroad are of no use at home, where the token does not stand.
  const atHome = await place.post('/v1/billing/vouchers', {
    channelConfig: known.place.config,
    maxClaimableAmount: '1',
    signature: '0x00',
  })
  expect(await codeOf(atHome)).toBe('channel_terms_unacceptable')
  expect(await place.gateway().ledger.channel(kept.place.channelId)).toBeUndefined()
})

test('a deposit that vanishes from one chain freezes its channel, until it is back; the other chain goes on', async () => {
  const { chain } = place.home
  const abroad = await place.payer(place.dollarAbroad, 2n * 10n ** 18n)
  const settled = await place.payer(place.dollarHome, 2_000_000n)
  const { settlement } = place.gateway()
  await settlement.watchNow()
  const payer = await place.newcomer(place.dollarHome, 2_000_000n)
  const head = Number(expectOk(await chain.rpc.call('eth_blockNumber', [])))
  expect((await payer.deposit(2_000_000n)).status).toBe(200)
  expect((await payer.promise(2_000_000n)).status).toBe(200)
  await settlement.watchNow()
  const depth = Number(expectOk(await chain.rpc.call('eth_blockNumber', []))) - head
  expect(depth).toBe(1)
  expectOk(await chain.rpc.call('anvil_reorg', [depth, []]))
  await settlement.watchNow()
  expect(await bookOf(payer)).toMatchObject({ frozen: true })
  // What was signed is not covered any more, which is told first.
  expect(await codeOf(await payer.ask('paid-abroad'))).toBe('channel_closing')
  await ask(abroad, 'paid-at-home')
  await ask(settled, 'paid-abroad')
  // What vanished is the payer's again, and is deposited again.
  expect((await payer.deposit(2_000_000n)).status).toBe(200)
  await settlement.watchNow()
  expect(await bookOf(payer)).toMatchObject({ frozen: false, balance: 2_000_000n })
  await ask(payer, 'paid-abroad')
  await expectTheLaw()
})

test('a chain that does not answer holds up its own money and nobody else', async () => {
  const atHome = await place.payer(place.dollarHome, 2_000_000n)
  const abroad = await place.payer(place.dollarAbroad, 2n * 10n ** 18n)
  await ask(abroad, 'paid-abroad')
  place.abroad.vanish()
  await ask(atHome, 'paid-at-home', 2)
  // What was promised before needs no chain to be served on, and its contributor has its escrow.
  await ask(abroad, 'paid-abroad')
  await place.gateway().settlement.claimNow()
  expect((await atHome.onChain()).totalClaimed).toBe(2n * answerMicroUsd)
  expect((await bookOf(abroad)).totalClaimed).toBe(0n)
  const stranded = await place.newcomer(place.dollarHome, 2_000_000n)
  expect((await stranded.deposit(2_000_000n)).status).toBe(200)
  place.abroad.comeBack()
  await expectTheLaw()
  expect((await abroad.onChain()).totalClaimed).toBe(2n * answerMicroUsd * abroadUnit)
})

test('what was charged and earned on all chains is shown together, in dollars', async () => {
  const { ledger } = place.gateway()
  const data = join(place.home.folder, 'gateway')
  const { code, output } = await runVouch(['settlement', 'status', '--data', data, '--json'])
  expect(code).toBe(0)
  const status = JSON.parse(output) as {
    readonly dollars: Readonly<Record<string, string>>
    readonly chains: readonly Readonly<Record<string, string>>[]
  }
  const { chargedMicroUsd, earnedMicroUsd } = await ledger.usdBook()
  expect(earnedMicroUsd).toBeGreaterThan(0n)
  expect(status.dollars).toEqual({
    charged: String(chargedMicroUsd),
    earned: String(earnedMicroUsd),
    margin: String(chargedMicroUsd - earnedMicroUsd),
  })
  const abroad = status.chains.find(({ token }) => token === place.dollarAbroad.address)
  const channels = (await ledger.channels()).filter(
    ({ config }) => config.token === place.dollarAbroad.address,
  )
  const charged = channels.reduce((sum, channel) => sum + channel.chargedCumulativeAmount, 0n)
  expect(abroad).toMatchObject({ chainId: secondChainId, charged: String(charged) })
  const [payout] = (await ledger.payouts()).filter(({ chainId }) => chainId === secondChainId)
  if (payout === undefined) throw new Error('nobody is paid abroad')
  expect(abroad?.['owed']).toBe(String(payout.earnedAmount - payout.totalClaimed))
  expect(abroad?.['escrow']).toBe(String(payout.balance - payout.totalClaimed))
  const text = await runVouch(['settlement', 'status', '--data', data])
  expect(text.output).toMatch(
    /^in dollars: charged 0\.000\d{3}, earned by contributors 0\.000\d{3}/,
  )
})
