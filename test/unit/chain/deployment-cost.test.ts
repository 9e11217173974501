import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import { costOf, estimateGas, fundsNeededRoundedUp } from '../../../src/chain/deployment-cost.ts'
import type { DeploymentStep } from '../../../src/chain/deployment-progress.ts'
import { zeroAddress } from '../../../src/domain/units.ts'

const gases = fc.array(fc.bigInt({ min: 21_000n, max: 5_000_000n }), { maxLength: 20 })
const prices = fc.record({
  gasPrice: fc.bigInt({ min: 1n, max: 10n ** 12n }),
  tip: fc.bigInt({ min: 0n, max: 10n ** 11n }),
})

describe('funds needed', () => {
  test('let every transaction be sent at the current price, also when estimates are high', () => {
    let sent = 0
    fc.assert(
      fc.property(gases, prices, (used, { gasPrice, tip }) => {
        let balance = fundsNeededRoundedUp(used, { gasPrice, tip })
        for (const gas of used) {
          // 1/64 is kept back in the nested call, and geth's estimate may be 1.5 % above that.
          const estimate = (gas * 64n * 1_015n) / (63n * 1_000n)
          const reserved = ((estimate * 5n) / 4n) * (gasPrice * 2n + tip)
          sent += 1
          expect(balance).toBeGreaterThanOrEqual(reserved)
          balance -= gas * gasPrice
        }
      }),
    )
    expect(sent).toBeGreaterThan(0)
  })

  test('are at least the cost, and nothing for nothing', () => {
    fc.assert(
      fc.property(gases, prices, (used, price) => {
        expect(fundsNeededRoundedUp(used, price)).toBeGreaterThanOrEqual(costOf(used, price))
      }),
    )
    expect(fundsNeededRoundedUp([], { gasPrice: 1n, tip: 1n })).toBe(0n)
    expect(costOf([], { gasPrice: 1n, tip: 1n })).toBe(0n)
  })

  test('what is not known counts as nothing', () => {
    const price = { gasPrice: 3n, tip: 0n }
    expect(costOf([undefined, 100n, undefined], price)).toBe(300n)
    expect(fundsNeededRoundedUp([undefined, 99n], price)).toBe(fundsNeededRoundedUp([99n], price))
  })
})

describe('a node whose answer is none', () => {
  const step: DeploymentStep = {
    contract: { name: 'Slashing', address: zeroAddress, abi: [] },
    functionName: 'constructor',
    to: zeroAddress,
    data: '0x',
  }
  const estimate = (answer: unknown) =>
    estimateGas({ origin: 'a node', call: async () => ok(answer) }, zeroAddress, [step, step])

  const good = { calls: [{ status: '0x1', gasUsed: '0x5208' }] }
  test.each([
    ['no list', null],
    ['too short a list', [good]],
    ['no calls', [good, { calls: [] }]],
    ['no gas', [good, { calls: [{ status: '0x1' }] }]],
    ['gas that is no number', [good, { calls: [{ status: '0x1', gasUsed: 'much' }] }]],
  ])('%s is said', async (_what, answer) => {
    expect(await estimate(answer)).toMatchObject({
      ok: false,
      error: { reason: 'chain_bad_answer', method: 'eth_simulateV1' },
    })
  })

  test('a step that would revert is named, with the reason that the node gives', async () => {
    const reverted = { calls: [{ status: '0x0', gasUsed: '0x1', error: { message: 'why' } }] }
    expect(await estimate([good, reverted])).toEqual({
      ok: false,
      error: { reason: 'reverted', call: 'Slashing.constructor', error: 'why' },
    })
    expect(await estimate([good, good])).toEqual({ ok: true, value: [21_000n, 21_000n] })
  })
})
