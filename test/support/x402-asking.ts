/*
 * What tests of x402 send and read: payments as they travel, and the law that must hold in the end.
 */
import { expect } from 'vitest'
import type { Buyer } from './x402-buyer.ts'
import { question, type X402Place } from './x402-place.ts'

/** What the scripted engine's answer costs: 5 + 3 × 2. */
export const cost = 11n

/** Asks for leave to have 16 requests under way with one voucher. */
export const several = { 'x-payment-parallel': '16' }

type Change = Readonly<Record<string, unknown>>
type Headers = Readonly<Record<string, string>>

/** Asks and pays, as x402's client does it. */
export const askAt =
  (place: X402Place) =>
  (buyer: Buyer, change: Change = {}, headers: Headers = {}): Promise<Response> =>
    buyer.fetch(place.url, question(change, headers))

/** Sends a payment that was made before, as it was. */
export const resendTo =
  (place: X402Place) =>
  (header: string, change: Change = {}, headers: Headers = {}): Promise<Response> =>
    fetch(place.url, question(change, { ...headers, 'payment-signature': header }))

type Payload = {
  readonly accepted: Record<string, unknown>
  readonly payload: {
    readonly type: string
    readonly voucher: { readonly maxClaimableAmount: string; readonly signature: string }
  }
}
export const decode = (header: string): Payload =>
  JSON.parse(Buffer.from(header, 'base64').toString())

const headerOf = (answer: Response, name: string) =>
  JSON.parse(Buffer.from(answer.headers.get(name) ?? '', 'base64').toString())
export const responseOf = (answer: Response) => headerOf(answer, 'payment-response')
export const requiredOf = (answer: Response) => headerOf(answer, 'payment-required')

export const last = (headers: readonly string[]): string => headers.at(-1) ?? ''

/** Claims on the chain; then the sums agree to the atomic unit. */
export async function expectTheLawAt(place: X402Place, buyer: Buyer): Promise<bigint> {
  const channelId = place.channelIdOf(buyer)
  await place.gateway().settlement.claimNow()
  const book = await place.book(buyer)
  const charged = place
    .receipts()
    .filter(({ receipt }) => receipt.channelId === channelId)
    .reduce((sum, { receipt }) => sum + BigInt(receipt.cost), 0n)
  expect(book.heldAmount).toBe(0n)
  expect(book.chargedCumulativeAmount).toBe(charged)
  expect(book.announcedAmount).toBeGreaterThanOrEqual(charged)
  expect(book.signedMaxClaimable).toBeGreaterThanOrEqual(book.announcedAmount)
  const onChain = await place.onChain(buyer)
  expect(onChain.totalClaimed).toBe(charged)
  expect(onChain.balance).toBeGreaterThanOrEqual(charged)
  return charged
}
