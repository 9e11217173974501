import { AbiCoder, keccak256 } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InfernetFees, nodeShare } from '../../../src/chain/infernet-payments.ts'
import {
  cancelledActiveAt,
  containerIdOf,
  type InfernetSubscription,
  infernetJobId,
  intervalAt,
  intervalEndS,
  isSubscriptionOver,
  subscriptionFingerprint,
} from '../../../src/chain/infernet-subscription.ts'
import { address, bytes32, zeroAddress } from '../../../src/domain/units.ts'

const hourly: InfernetSubscription = {
  owner: address(`0x${'11'.repeat(20)}`),
  activeAt: 10_000,
  period: 3_600,
  frequency: 3,
  redundancy: 2,
  containerId: containerIdOf('oracle'),
  isLazy: false,
  verifier: zeroAddress,
  paymentAmount: 0n,
  paymentToken: zeroAddress,
  wallet: zeroAddress,
}
const once: InfernetSubscription = { ...hourly, period: 0, frequency: 1 }

describe('the name of a container', () => {
  test.each(['', 'gpt4', 'a,b,c', 'x'.repeat(32), 'é'.repeat(40)])('of %j is hashed', (name) => {
    const encoded = AbiCoder.defaultAbiCoder().encode(['string'], [name])
    expect(containerIdOf(name)).toBe(keccak256(encoded))
  })
})

describe('the intervals of a subscription', () => {
  test.each([
    [9_999, undefined],
    [10_000, 1],
    [13_599, 1],
    [13_600, 2],
    [20_799, 3],
    [20_800, undefined],
  ])('at %i is %s', (nowS, interval) => {
    expect(intervalAt(hourly, nowS)).toBe(interval)
    expect(isSubscriptionOver(hourly, nowS)).toBe(nowS === 20_800)
  })

  test('end a second before the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), (interval) => {
        const endS = intervalEndS(hourly, interval) ?? 0
        expect(intervalAt(hourly, endS)).toBe(interval)
        expect(intervalAt(hourly, endS + 1)).toBe(interval === 3 ? undefined : interval + 1)
      }),
    )
  })

  test('of a callback is one without an end', () => {
    expect(intervalAt(once, 9_999)).toBeUndefined()
    expect(intervalAt(once, 2 ** 31)).toBe(1)
    expect(intervalEndS(once, 1)).toBeUndefined()
    expect(isSubscriptionOver(once, 2 ** 31)).toBe(false)
  })

  test.each([
    ['cancelled', { activeAt: cancelledActiveAt }],
    ['of no interval', { frequency: 0 }],
    ['for no node', { redundancy: 0 }],
  ])('are over where it is %s', (_what, change) => {
    expect(isSubscriptionOver({ ...hourly, ...change }, 10_000)).toBe(true)
  })
})

describe('the name of an interval as a job', () => {
  const which = {
    chainId: 1,
    coordinator: address(`0x${'22'.repeat(20)}`),
    subscriptionId: 7,
    interval: 1,
    fingerprint: subscriptionFingerprint(hourly),
  }
  const changes: readonly Partial<InfernetSubscription>[] = [
    { owner: which.coordinator },
    { activeAt: 1 },
    { period: 1 },
    { frequency: 9 },
    { redundancy: 9 },
    { containerId: bytes32(`0x${'33'.repeat(32)}`) },
    { isLazy: true },
    { verifier: which.coordinator },
    { paymentAmount: 1n },
    { paymentToken: which.coordinator },
    { wallet: which.coordinator },
  ]

  test('is another for another subscription, whatever of it is other', () => {
    const fingerprints = changes.map((change) => subscriptionFingerprint({ ...hourly, ...change }))
    expect(Object.keys(hourly)).toHaveLength(changes.length)
    expect(new Set([which.fingerprint, ...fingerprints]).size).toBe(changes.length + 1)
  })

  test('is another on another chain, coordinator, number or interval', () => {
    const others = [
      which,
      { ...which, chainId: 2 },
      { ...which, coordinator: hourly.owner },
      { ...which, subscriptionId: 8 },
      { ...which, interval: 2 },
      { ...which, fingerprint: subscriptionFingerprint(once) },
    ]
    expect(new Set(others.map(infernetJobId)).size).toBe(others.length)
  })
})

describe('what a node has of a payment', () => {
  const fees: InfernetFees = { protocolBasisPoints: 500, verifierFee: 0n, isTokenTaken: true }
  test.each([
    [1_000n, fees, 900n],
    [999n, fees, 900n],
    [1_000n, { ...fees, verifierFee: 250n }, 650n],
    [1_000n, { ...fees, verifierFee: 2_000n }, 0n],
    [1_000n, { ...fees, protocolBasisPoints: 0 }, 1_000n],
  ])('of %s is Infernet’s fees less', (payment, taken, share) => {
    expect(nodeShare(payment, taken)).toBe(share)
  })
})
