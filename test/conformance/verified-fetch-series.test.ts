/*
 * What one verifiedFetch holds its answers to besides each its own receipt: the receipts before it, what its caller's hook
 * says, and a policy that can be meant. The gateway is one that says whatever a test tells it to.
 */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { receiptDigest, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import { VerificationError } from '../../src/client/verification-error.ts'
import type { VerificationPolicy } from '../../src/client/verification-policy.ts'
import { createVerifiedFetch, type VerifiedFetchOptions } from '../../src/client/verified-fetch.ts'
import type { AnswerReport } from '../../src/client/verify-answer.ts'
import { atomic, type Bytes32 } from '../../src/domain/units.ts'
import {
  answersWith,
  asked,
  givesReceipt,
  movedClock,
  policy,
  readAll,
  sha256Of,
  startHostileGateway,
} from '../support/hostile-gateway.ts'
import {
  contributorKey,
  events,
  type ReceiptChanges,
  type receipt,
  response,
  signReceipt,
  testKey,
} from '../support/signed-receipt.ts'

const gateway = await startHostileGateway()
afterAll(() => gateway.close())

beforeEach(() => {
  gateway.answer = answersWith(events)
  gateway.giveReceipt = givesReceipt(signReceipt())
})

const signed = (changes: ReceiptChanges) => {
  gateway.giveReceipt = givesReceipt(signReceipt(changes))
}

async function ask(changes: Partial<VerificationPolicy>, options: Partial<VerifiedFetchOptions>) {
  let report: AnswerReport | undefined
  const fetchVerified = createVerifiedFetch({
    policy: { ...policy, ...changes },
    clock: movedClock(),
    onReceipt: (one) => {
      report = one
    },
    ...options,
  })
  const answered = await fetchVerified(`${gateway.api}/chat/completions`, asked)
  return { ...(await readAll(answered.body)), report }
}

describe('one answer after the other', () => {
  const first = signReceipt()
  const digestOf = (parsed: ParsedReceipt): Bytes32 =>
    receiptDigest(receiptDomain(parsed.domain), parsed.receipt)
  const second = async (changes: Partial<typeof receipt>) =>
    signReceipt({
      receipt: {
        channelSeq: 8,
        gatewaySeq: 42,
        cumulative: atomic(5480n),
        prevReceipt: await digestOf(first),
        ...changes,
      },
    })

  async function askTwice(
    then: ParsedReceipt,
    changes: Partial<VerificationPolicy> = {},
  ): Promise<readonly string[]> {
    const fetchVerified = createVerifiedFetch({
      policy: { ...policy, ...changes },
      clock: movedClock(),
    })
    const askOnce = async () =>
      readAll((await fetchVerified(`${gateway.api}/chat/completions`, asked)).body)
    gateway.giveReceipt = givesReceipt(first)
    expect((await askOnce()).error).toBeUndefined()
    gateway.giveReceipt = givesReceipt(then)
    const { error } = await askOnce()
    if (error === undefined) return []
    expect(error).toBeInstanceOf(VerificationError)
    return (error as VerificationError).report.against.map(({ check }) => check)
  }

  test('one that continues the channel', async () => {
    expect(await askTwice(await second({}))).toEqual([])
  })

  test.each([
    ['the same receipt again', () => first],
    ['a second one with its number', () => second({ channelSeq: 7 })],
    ['a sum that grew by more than its cost', () => second({ cumulative: atomic(5481n) })],
    ['a sum that grew by less', () => second({ cumulative: atomic(5479n) })],
    ['a number of the gateway that goes back', () => second({ gatewaySeq: 40 })],
    ['one that points back to another', () => second({ prevReceipt: sha256Of('x') })],
  ])('%s', async (_, then) => {
    expect(await askTwice(await then())).toEqual(['continuity'])
  })

  test('numbers that were skipped are other people’s, unless there are none', async () => {
    const skipping = await second({ channelSeq: 9, cumulative: atomic(9_000n) })
    expect(await askTwice(skipping)).toEqual([])
    expect(await askTwice(skipping, { continuity: 'exclusive' })).toEqual(['continuity'])
    const free = await second({ channelSeq: 9 })
    expect(await askTwice(free, { continuity: 'exclusive' })).toEqual([])
  })

  test('a forged receipt leaves no trace in what later ones are held to', async () => {
    const fetchVerified = createVerifiedFetch({ policy, clock: movedClock() })
    const askOnce = async () =>
      readAll((await fetchVerified(`${gateway.api}/chat/completions`, asked)).body)
    signed({ keys: { gateway: testKey('c3'), contributor: contributorKey } })
    expect((await askOnce()).error).toBeInstanceOf(VerificationError)
    gateway.giveReceipt = givesReceipt(first)
    expect((await askOnce()).error).toBeUndefined()
  })
})

test('a payer that signs the next voucher only after a verified report stops at the first lie', async () => {
  let signedVouchers = 0
  let mayPay = true
  const pay: typeof fetch = (input, init) => {
    if (!mayPay) throw new Error('no further voucher is signed')
    signedVouchers += 1
    return fetch(input, init)
  }
  const fetchVerified = createVerifiedFetch({
    policy,
    fetch: pay,
    clock: movedClock(),
    onReceipt: ({ verified }) => {
      mayPay = verified
    },
  })
  const url = `${gateway.api}/chat/completions`
  expect((await readAll((await fetchVerified(url, asked)).body)).error).toBeUndefined()
  gateway.giveReceipt = (outgoing) => outgoing.writeHead(410).end('{}')
  expect((await readAll((await fetchVerified(url, asked)).body)).error).toBeInstanceOf(
    VerificationError,
  )
  await expect(fetchVerified(url, asked)).rejects.toThrow('no further voucher')
  expect(signedVouchers).toBe(2)
})

test('told to report, it hands the answer on and says what is wrong', async () => {
  gateway.giveReceipt = (outgoing) => outgoing.writeHead(410).end('{}')
  const { text, error, report } = await ask({}, { onUnverified: 'report' })
  expect(error).toBeUndefined()
  expect(text).toBe(response.toString())
  expect(report?.verified).toBe(false)
})

test('fetches are called as functions, as browsers demand', async () => {
  const seen: unknown[] = []
  const plainly = function (this: unknown, ...asked: Parameters<typeof fetch>) {
    seen.push(this)
    return fetch(...asked)
  }
  const { error } = await ask({}, { fetch: plainly, receiptFetch: plainly })
  expect(error).toBeUndefined()
  expect(seen).toEqual([undefined, undefined])
})

test('what a hook throws, the reader gets', async () => {
  const stop = new Error('the budget is spent')
  const { text, error } = await ask({}, { onReceipt: () => Promise.reject(stop) })
  expect(error).toBe(stop)
  expect(text).not.toContain('[DONE]')
})

test.each([
  [{ ...policy, gateway: '0x12' }, 'gateway: expected an address'],
  [{ ...policy, tier: 3 }, 'tier: expected no such field'],
  [{ ...policy, tolerate: ['everything'] }, 'tolerate[0]: expected "receipt" or'],
  [{ gateway: policy.gateway }, 'trusts nothing'],
  [{ ...policy, trustFile: '{}' }, 'trustFile: expected the text of a trust file'],
  [{ ...policy, rpcUrl: 'file:///etc' }, 'rpcUrl: expected the http(s) URL'],
])('a policy that cannot be meant is refused before anything is sent: %j', (bad, message) => {
  expect(() => createVerifiedFetch({ policy: bad as VerificationPolicy })).toThrow(message)
})
