/*
 * `vouch dev` pays its contributor by itself, and a kill -9 of the gateway at any moment never makes it forget a voucher that
 * had left the house.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contributorDomain, voucherQueryDigest } from '../../src/chain/payout-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { type CreditBook, emptyCreditBook, paidAmount } from '../../src/contributor/credit-book.ts'
import { readCreditFile } from '../../src/contributor/credit-file.ts'
import type { DevRole } from '../../src/dev/dev-keys.ts'
import { address, unixSecondsOf } from '../../src/domain/units.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
let dev: DevProcess

beforeAll(async () => {
  dev = await startDev(folder.path)
})
afterAll(async () => {
  await dev?.interrupt()
  folder.remove()
})

const keyOf = (role: DevRole): PrivateKey =>
  (JSON.parse(readFileSync(join(folder.path, 'keys.json'), 'utf8')) as Record<DevRole, PrivateKey>)[
    role
  ]
const accountIn = (name: string) =>
  address(new RegExp(`^ +${name} +(0x[0-9a-fA-F]{40})`, 'm').exec(dev.output())?.[1] ?? '')

const heldByContributor = async (): Promise<CreditBook> =>
  expectOk(await readCreditFile(join(folder.path, 'credit.json')))?.book ?? emptyCreditBook

function authorization(key: PrivateKey, secondsAhead = 60): string {
  const contributor = accountIn('contributor')
  const validUntil = unixSecondsOf(Date.now() + secondsAhead * 1000)
  const place = { chainId: 31337, verifyingContract: accountIn('ContributorRegistry') }
  const query = { contributor, gateway: accountIn('gateway'), validUntil }
  const signature = signDigest(voucherQueryDigest(contributorDomain(place), query), key)
  const json = JSON.stringify({ contributor, validUntil, signature })
  return `Vouch ${Buffer.from(json).toString('base64url')}`
}

type PayoutObject = {
  readonly channel_id: string
  readonly earned: string
  readonly promised: string
  readonly voucher: { readonly maxClaimableAmount: string; readonly signature: string } | null
}
const path = '/v1/contributors/me/voucher'
const query = (header: string) =>
  fetch(`${dev.origin}${path}`, { headers: { authorization: header } })
async function payout(): Promise<PayoutObject> {
  const answer = await query(authorization(keyOf('contributorSigner')))
  expect(answer.status).toBe(200)
  return (await answer.json()) as PayoutObject
}

const ask = () =>
  dev.client.chat.completions.create({
    model: 'vouch-mini',
    messages: [{ role: 'user', content: 'What is a receipt?' }],
    max_tokens: 8,
  })

/** Works until the contributor holds more than it did. */
async function untilPaid(more: bigint): Promise<bigint> {
  for (;;) {
    await ask()
    const paid = paidAmount(await heldByContributor())
    if (paid > more) return paid
  }
}

test('the contributor is paid by vouchers, and asks for its book with any of its keys', async () => {
  const paid = await untilPaid(0n)
  const known = await payout()
  expect(BigInt(known.promised)).toBeGreaterThanOrEqual(paid)
  expect(BigInt(known.earned)).toBeGreaterThanOrEqual(BigInt(known.promised))
  expect((await query(authorization(keyOf('contributorOperator')))).status).toBe(200)
})

test.each([
  ['a stranger', () => authorization(randomPrivateKey())],
  ['the gateway', () => authorization(keyOf('gatewayOperator'))],
  ['a query that is past', () => authorization(keyOf('contributorSigner'), -1)],
  ['a query that is a standing permit', () => authorization(keyOf('contributorSigner'), 3_600)],
  ['an API key', () => `Bearer ${dev.apiKey}`],
])('%s is told nothing', async (_who, header) => {
  const answer = await query(header())
  expect([answer.status, await answer.json()]).toMatchObject([
    401,
    { error: { code: 'payout_query_invalid' } },
  ])
})

test('after each kill -9 the gateway knows every voucher that its contributor holds', async () => {
  let held = 0n
  for (let kill = 0; kill < 3; kill += 1) {
    held = await untilPaid(held)
    // Requests are on their way while it dies, and a voucher may be.
    const cut = Promise.allSettled([ask(), ask(), ask()])
    await dev.kill()
    await cut
    dev = await startDev(folder.path)
    const inHand = paidAmount(await heldByContributor())
    const known = await payout()
    expect(inHand).toBeGreaterThanOrEqual(held)
    expect(BigInt(known.promised)).toBeGreaterThanOrEqual(inHand)
    expect(BigInt(known.earned)).toBeGreaterThanOrEqual(BigInt(known.promised))
    held = inHand
  }
})

test('what the contributor shows is answered with its book, and what is no voucher of ours is refused', async () => {
  const [voucher] = (await heldByContributor()).vouchers
  if (voucher === undefined) throw new Error('the contributor holds a voucher by now')
  const show = async (body: object) => {
    const answer = await fetch(`${dev.origin}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return [answer.status, await answer.json()]
  }
  const { channelId, signature } = voucher
  const maxClaimableAmount = String(voucher.maxClaimableAmount)
  expect(await show({ channelId, maxClaimableAmount, signature })).toMatchObject([
    200,
    { object: 'vouch.payout', channel_id: channelId },
  ])
  expect(await show({ channelId, maxClaimableAmount: '99999999', signature })).toMatchObject([
    400,
    { error: { code: 'voucher_signature_invalid' } },
  ])
  const unknown = `0x${'99'.repeat(32)}`
  expect(await show({ channelId: unknown, maxClaimableAmount, signature })).toMatchObject([
    404,
    { error: { code: 'payout_not_found' } },
  ])
  expect(await show({ channelId, maxClaimableAmount: 7, signature })).toMatchObject([
    400,
    { error: { code: 'invalid_type' } },
  ])
})
