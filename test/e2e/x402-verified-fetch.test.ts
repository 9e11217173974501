/*
 * A customer without a key, who pays by x402's published client, unmodified, and verifies what it paid for: the receipt comes
 * with the answer, and nothing is paid for after an answer that was not verified.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VerificationError } from '../../src/client/verification-error.ts'
import { createVerifiedFetch } from '../../src/client/verified-fetch.ts'
import type { AnswerReport } from '../../src/client/verify-answer.ts'
import { openX402Place, type X402Place } from '../support/x402-place.ts'

let place: X402Place

beforeAll(async () => {
  place = await openX402Place()
})
afterAll(() => place.stop())

const asked: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Say hello.' }] }),
}

test('answers that are paid by vouchers are verified, and the channel is one chain', async () => {
  const buyer = await place.buyer()
  const reports: AnswerReport[] = []
  const fetchVerified = createVerifiedFetch({
    // The engine of this place cannot sign.
    policy: {
      gateway: place.running.dev.addresses.gatewayOperator,
      rpcUrl: place.running.chain.url,
      tiers: 1,
      continuity: 'exclusive',
    },
    fetch: buyer.fetch,
    onReceipt: (report) => void reports.push(report),
  })
  for (let turn = 0; turn < 3; turn += 1) {
    const answer = await fetchVerified(place.url, asked)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ object: 'chat.completion' })
  }
  expect(reports.flatMap(({ against }) => against)).toEqual([])
  expect(reports.map(({ receipt }) => receipt?.receipt.channelSeq)).toEqual([1, 2, 3])
  const channelId = place.channelIdOf(buyer)
  expect(reports.every(({ receipt }) => receipt?.receipt.channelId === channelId)).toBe(true)
})

test('no voucher is signed after an answer that was not verified', async () => {
  const buyer = await place.buyer()
  let mayPay = true
  const pay: typeof fetch = (input, init) => {
    if (!mayPay) throw new Error('nothing more is signed')
    return buyer.fetch(input, init)
  }
  const fetchVerified = createVerifiedFetch({
    // It asks for a contributor's signature, and there is none.
    policy: {
      gateway: place.running.dev.addresses.gatewayOperator,
      rpcUrl: place.running.chain.url,
    },
    fetch: pay,
    onReceipt: ({ verified }) => {
      mayPay = verified
    },
  })
  const answer = await fetchVerified(place.url, asked)
  await expect(answer.json()).rejects.toBeInstanceOf(VerificationError)
  const signed = buyer.headers.length
  await expect(fetchVerified(place.url, asked)).rejects.toThrow('nothing more is signed')
  expect(buyer.headers.length).toBe(signed)
})
