/*
 * Any number of requests at once never spends more than was signed: over HTTP, on one small tranche, in lock step and in
 * free fall.
 */
import { afterAll, expect, test } from 'vitest'
import { freeAmount } from '../../src/domain/channel-ledger.ts'
import { addApiKey } from '../support/api-keys.ts'
import { type Answer, ask } from '../support/ask.ts'
import { expectBalancedBooks } from '../support/books.ts'
import { testChannelId } from '../support/gateway-on-ledger.ts'
import { answerWell, type Script } from '../support/scripted-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const signedAmount = 1000n
/** 10 bytes of prompt, 16 of template, 10 tokens at 2 each: the worst case of one request here. */
const heldEach = 46n
/** 5 prompt tokens and 3 completion tokens at 2 each: what it costs. */
const chargedEach = 11n
const crowd = 200

const { upstream, gateway, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [{ id: 'one', baseUrl }],
  balance: signedAmount,
}))
afterAll(close)

async function channel() {
  const found = await gateway.ledger.channel(testChannelId)
  if (found === undefined) throw new Error('the channel is gone')
  return found
}

const count = (answers: readonly Answer[], ...statuses: readonly number[]): number =>
  answers.filter(({ status }) => statuses.includes(status)).length

/** Whoever is refused too often is told to wait, and no less refused. */
const refusedStatuses = [402, 429] as const

/** Many at once, every other one streamed. After each answer the books are looked at: they hold at every moment. */
function askMany(apiKey = gateway.apiKey): Promise<Answer>[] {
  return Array.from({ length: crowd }, async (_, index) => {
    const answer = await ask({ ...gateway, apiKey }, { max_tokens: 10, stream: index % 2 === 0 })
    const { chargedCumulativeAmount, heldAmount } = await channel()
    expect(chargedCumulativeAmount + heldAmount).toBeLessThanOrEqual(signedAmount)
    return answer
  })
}

/** Answers nobody before `release`. */
function gate(): { readonly script: Script; readonly release: () => void } {
  const opened = Promise.withResolvers<void>()
  return {
    script: async (request, response) => {
      await opened.promise
      await answerWell()(request, response)
    },
    release: opened.resolve,
  }
}

test('while none has ended, exactly as many are served as the tranche holds; the rest are refused', async () => {
  const fits = Number(signedAmount / heldEach)
  const { script, release } = gate()
  upstream.become(script)
  const asked = askMany()
  const refused = Promise.withResolvers<void>()
  let refusals = 0
  for (const answered of asked) {
    void answered.then(({ status }) => {
      refusals += status === 200 ? 0 : 1
      if (refusals === crowd - fits) refused.resolve()
    })
  }
  await refused.promise
  expect(await channel()).toMatchObject({ heldAmount: heldEach * BigInt(fits) })
  release()
  const answers = await Promise.all(asked)
  expect(count(answers, 200)).toBe(fits)
  expect(count(answers, ...refusedStatuses)).toBe(crowd - fits)
  expect(upstream.requests).toHaveLength(fits)
  const refusal = answers.find(({ status }) => status === 402)
  expect(refusal?.error).toMatchObject({ code: 'insufficient_quota', type: 'insufficient_quota' })
  expect(refusal?.headers.get('x-should-retry')).toBe('false')
  const books = await expectBalancedBooks(gateway)
  expect(books.channel.chargedCumulativeAmount).toBe(chargedEach * BigInt(fits))
})

test('in free fall the tranche is spent down to less than one request, and not an atom more', async () => {
  upstream.become(answerWell())
  let served = 0
  do {
    // A key that was refused too often has to wait; another one of the same channel has not.
    const { secret } = await addApiKey(gateway)
    const answers = await Promise.all(askMany(secret))
    served = count(answers, 200)
    expect(served + count(answers, ...refusedStatuses)).toBe(crowd)
  } while (served > 0)
  const books = await expectBalancedBooks(gateway)
  // As many as one after the other: what is free when nobody is served no more is less than one request's worst case.
  const total = (signedAmount - heldEach) / chargedEach + 1n
  expect(books.receipts).toHaveLength(Number(total))
  expect(books.channel.chargedCumulativeAmount).toBe(chargedEach * total)
  expect(freeAmount(books.channel)).toBeLessThan(heldEach)
})

test('a revoked key is refused at once, by every one of many', async () => {
  const key = await addApiKey(gateway)
  expect(count(await Promise.all(askMany(key.secret)), ...refusedStatuses)).toBe(crowd)
  await key.revoke()
  const answers = await Promise.all(askMany(key.secret))
  expect(count(answers, 401, 429)).toBe(crowd)
  expect(count(answers, 401)).toBeGreaterThan(0)
})
