import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { streamSliceTokens } from '../../../src/base/limits.ts'
import { err, ok } from '../../../src/base/result.ts'
import type { HoldRefusal } from '../../../src/domain/refusal.ts'
import { atomic } from '../../../src/domain/units.ts'
import { StreamCredit } from '../../../src/gateway/stream-credit.ts'
import { settleUsage } from '../../../src/metering/settle-usage.ts'
import { costOf } from '../../../src/payment/bound-cost.ts'
import { GrowingHold } from '../../../src/payment/growing-hold.ts'
import type { LedgerStore } from '../../../src/store/ledger-store.ts'
import { channelIdOf, holdOf } from '../../support/channels.ts'
import { offerOf } from '../../support/requests.ts'

const { prices } = offerOf()
const bounds = { promptTokensMax: 26, completionTokensMax: 5_000, choiceCount: 1 }
const terms = { prices, ...bounds, echoedBytes: 0 }
/** What the first slice holds: the prompt at 1 and 512 tokens at 2. */
const begun = 26n + 2n * BigInt(streamSliceTokens)

function creditWith(free: bigint, change: Partial<typeof terms> = {}, held = begun) {
  let left = free
  let hold = holdOf('r', channelIdOf(0), held)
  const asked: bigint[] = []
  const extend = async (_requestId: string, amount: bigint) => {
    asked.push(amount)
    if (amount > left) {
      return err({
        reason: 'insufficient_balance',
        requiredAmount: atomic(amount),
        freeAmount: atomic(left),
      } satisfies HoldRefusal)
    }
    left -= amount
    hold = { ...hold, heldAmount: atomic(hold.heldAmount + amount) }
    return ok({ value: { hold, channel: undefined as never }, durable: Promise.resolve() })
  }
  const growing = new GrowingHold(extend as LedgerStore['extend'], hold)
  return { asked, growing, credit: new StreamCredit(growing, { ...terms, ...change }) }
}

describe('StreamCredit', () => {
  test('covers a byte for each token that is held, but for those that leave no text', () => {
    const { credit } = creditWith(0n)
    expect(credit.covers(streamSliceTokens - 8)).toBe(true)
    expect(credit.covers(streamSliceTokens - 7)).toBe(false)
  })

  test('what the answer repeats of its prompt is covered beside it', () => {
    const { credit } = creditWith(0n, { echoedBytes: 1_000 })
    expect(credit.covers(1_000 + streamSliceTokens - 8)).toBe(true)
    expect(credit.covers(1_000 + streamSliceTokens - 7)).toBe(false)
  })

  test('growth is asked for what is written alone', async () => {
    const { credit, asked } = creditWith(100_000n, { echoedBytes: 1_000 })
    expect(await credit.grow(1_000 + streamSliceTokens)).toBe(true)
    const plain = creditWith(100_000n)
    expect(await plain.credit.grow(streamSliceTokens)).toBe(true)
    expect(asked).toEqual(plain.asked)
  })

  test('asks ahead when half a slice is left, once, and again when that was granted', async () => {
    const { credit, asked } = creditWith(100_000n)
    expect(credit.covers(streamSliceTokens / 2 - 8)).toBe(true)
    expect(asked).toEqual([])
    for (const bytes of [0, 1, 2]) expect(credit.covers(streamSliceTokens / 2 + bytes)).toBe(true)
    expect(asked).toHaveLength(1)
    expect(await credit.grow(streamSliceTokens)).toBe(true)
    expect(asked).toHaveLength(1)
    expect(credit.covers(streamSliceTokens)).toBe(true)
  })

  test('a refusal ahead of time ends nothing; at the end it is asked once more', async () => {
    const { credit, asked } = creditWith(0n)
    expect(credit.covers(streamSliceTokens - 8)).toBe(true)
    expect(await credit.grow(streamSliceTokens)).toBe(false)
    expect(asked).toHaveLength(2)
  })

  test('the worst case covers any number of bytes, and nothing is asked beyond it', async () => {
    const { credit, growing } = creditWith(100_000n, { completionTokensMax: 600 })
    expect(await credit.grow(590)).toBe(true)
    expect(growing.heldAmount).toBe(26n + 2n * 600n)
    expect(credit.covers(1_000_000)).toBe(true)
    expect(credit.covers(2_000_000)).toBe(true)
  })

  test('tokens that cost nothing are always covered', () => {
    const free = { ...prices, completionAtomicPerMtok: atomic(0n) }
    expect(creditWith(0n, { prices: free }, 26n).credit.covers(1_000_000)).toBe(true)
  })

  test('whatever is covered never costs more than is held, however its tokens are counted', () => {
    let covered = 0
    const price = fc.bigInt({ min: 0n, max: 9_000_000n })
    const anyCase = fc.record({
      prompt: price,
      completion: price,
      held: fc.bigInt({ min: 0n, max: 50_000n }),
      bytes: fc.nat(6_000),
      reported: fc.option(fc.nat(8_000), { nil: undefined }),
    })
    fc.assert(
      fc.property(anyCase, ({ prompt, completion, held, bytes, reported }) => {
        const sheet = {
          ...prices,
          promptAtomicPerMtok: atomic(prompt),
          completionAtomicPerMtok: atomic(completion),
        }
        const { credit } = creditWith(0n, { prices: sheet }, held)
        const promptOnly = costOf(sheet, { promptTokens: 26, completionTokens: 0 })
        if (promptOnly > held || !credit.covers(bytes)) return
        covered += 1
        const usage = settleUsage(
          reported === undefined
            ? undefined
            : {
                promptTokens: 26,
                cachedPromptTokens: 0,
                completionTokens: Math.min(reported, terms.completionTokensMax),
                reasoningTokens: 0,
              },
          {
            promptTokensCounted: undefined,
            completionTokensCounted: undefined,
            promptTokensMax: 26,
            completionBytes: bytes,
            messageCount: 1,
          },
        )
        expect(costOf(sheet, usage)).toBeLessThanOrEqual(held)
      }),
    )
    expect(covered).toBeGreaterThan(10)
  })
})
