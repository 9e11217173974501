/*
 * A contributor that claims by itself, against a gateway that does what it can to make it spend its gas money: it promises
 * single units, begins withdrawals and takes them back, opens channel after channel, goes away and comes back.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { feeAmountRoundedUp } from '../../src/contributor/claim-cost.ts'
import {
  broughtAmount,
  claimableAmount,
  type PayoutStanding,
  planClaim,
} from '../../src/contributor/claim-payouts.ts'
import {
  type ClaimPolicy,
  isWorthItsGas,
  reasonToClaim,
} from '../../src/contributor/claim-verdict.ts'
import { claimLeadS, claimPauseMs } from '../../src/contributor/limits.ts'
import { address, atomic, signature, unixSeconds } from '../../src/domain/units.ts'
import { channelConfig, channelIdOf } from '../support/channels.ts'

const dayS = 86_400
const withdrawDelayS = 7 * dayS
const channelsMax = 6
/** Of the transaction, and of each row in it. */
const [baseGas, rowGas] = [90_000n, 30_000n]

type Channel = { promised: bigint; claimed: bigint; withdrawFinalAtS: number | undefined }
type Claim = { readonly gain: bigint; readonly fee: bigint; readonly atMs: number }

/** Everything there is, as the chain and the contributor's book have it. */
class Place {
  readonly policy: ClaimPolicy
  readonly channels: readonly Channel[] = Array.from({ length: channelsMax }, () => ({
    promised: 0n,
    claimed: 0n,
    withdrawFinalAtS: undefined,
  }))
  readonly claims: Claim[] = []
  nowS = 1_800_000_000
  gasPrice = 10n ** 9n
  #seenAtS = this.nowS

  constructor(policy: ClaimPolicy) {
    this.policy = policy
  }

  get fee() {
    return (rows: number) =>
      feeAmountRoundedUp((baseGas + rowGas * BigInt(rows)) * this.gasPrice, this.policy.coinPrice)
  }

  /** A voucher of this channel that the contract would honour: credit takes no other. */
  promise(index: number, amount: bigint): void {
    const channel = this.#at(index)
    this.#seenAtS = this.nowS
    const { withdrawFinalAtS } = channel
    if (withdrawFinalAtS !== undefined && withdrawFinalAtS - this.nowS < claimLeadS) return
    channel.promised += amount
  }

  withdraw(index: number): void {
    this.#at(index).withdrawFinalAtS ??= this.nowS + withdrawDelayS
  }

  takeBack(index: number): void {
    this.#at(index).withdrawFinalAtS = undefined
  }

  /** Time goes in steps in which the contributor looks; what is withdrawn at its end is gone. */
  async wait(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= dayS / 4) {
      this.nowS += Math.min(left, dayS / 4)
      await this.look()
      for (const channel of this.channels) this.#finalize(channel)
    }
  }

  #at(index: number): Channel {
    const channel = this.channels[index]
    if (channel === undefined) throw new Error('there is no such channel')
    return channel
  }

  #finalize(channel: Channel): void {
    if (channel.withdrawFinalAtS === undefined || channel.withdrawFinalAtS > this.nowS) return
    const lost = channel.promised - channel.claimed
    // Whatever was worth a claim of its own by far was taken in time.
    expect(lost).toBeLessThan(2n * this.fee(channelsMax) + 1n)
    channel.promised = channel.claimed
    channel.withdrawFinalAtS = undefined
  }

  async look(): Promise<void> {
    const standings = this.#standings()
    const reason = reasonToClaim(this.policy, {
      standings,
      gatewaySeenAtMs: this.#seenAtS * 1000,
      claimedAtMs: this.claims.at(-1)?.atMs,
      nowS: this.nowS,
      nowMs: this.nowS * 1000,
    })
    if (reason === undefined) return
    const rowMin = feeAmountRoundedUp(rowGas * this.gasPrice, this.policy.coinPrice)
    const settlement = address(`0x${'5e'.repeat(20)}`)
    const plan = await planClaim({ settlement }, standings, rowMin)
    if (plan === undefined) return
    const taken = standings.filter((standing) => {
      const amount = claimableAmount(standing)
      return amount > 0n && amount >= rowMin
    })
    const fee = this.fee(taken.length)
    if (!isWorthItsGas(plan, { feeAmount: fee })) return
    const gain = taken.reduce((sum, standing) => sum + claimableAmount(standing), 0n)
    expect(broughtAmount(plan)).toBe(gain)
    this.claims.push({ gain, fee, atMs: this.nowS * 1000 })
    for (const { voucher } of taken) {
      const channel = this.channels.find((_, i) => channelIdOf(i) === voucher.channelId)
      if (channel !== undefined) channel.claimed = channel.promised
    }
  }

  #standings(): readonly PayoutStanding[] {
    return this.channels.map(({ promised, claimed, withdrawFinalAtS }, i) => ({
      voucher: {
        channelId: channelIdOf(i),
        chainId: 1,
        config: channelConfig,
        maxClaimableAmount: atomic(promised),
        signature: signature(`0x${'01'.repeat(65)}`),
      },
      onChain: {
        balance: atomic(promised),
        totalClaimed: atomic(claimed),
        withdrawFinalAtS:
          withdrawFinalAtS === undefined ? undefined : unixSeconds(withdrawFinalAtS),
      },
      unsettledAmount: atomic(0n),
    }))
  }
}

type Act = (place: Place) => void | Promise<void>

const index = fc.nat({ max: channelsMax - 1 })
const amount = fc.oneof(fc.constant(1n), fc.bigInt({ min: 1n, max: 10n ** 8n }))
const promise = fc.tuple(index, amount).map(
  ([i, more]): Act =>
    (place) =>
      place.promise(i, more),
)
const withdraw = index.map(
  (i): Act =>
    (place) =>
      place.withdraw(i),
)
const takeBack = index.map(
  (i): Act =>
    (place) =>
      place.takeBack(i),
)
const wait = fc.integer({ min: 1, max: 9 * dayS }).map(
  (s): Act =>
    (place) =>
      place.wait(s),
)
const gas = fc.bigInt({ min: 1n, max: 50n }).map(
  (gwei): Act =>
    (place) => {
      place.gasPrice = gwei * 10n ** 9n
    },
)
const action = fc.oneof(
  { weight: 4, arbitrary: promise },
  { weight: 2, arbitrary: withdraw },
  { weight: 1, arbitrary: takeBack },
  { weight: 3, arbitrary: wait },
  { weight: 1, arbitrary: gas },
)
const policies = fc.record({
  gatewayGoneMs: fc.integer({ min: 3_600_000, max: 3 * dayS * 1000 }),
  claimAboveAmount: fc.option(fc.bigInt({ min: 1n, max: 10n ** 8n }).map(atomic), {
    nil: undefined,
  }),
  // Half a dollar to 20,000 dollars a coin.
  coinPrice: fc.bigInt({ min: 500_000n, max: 20_000_000_000n }).map(atomic),
})

test('of each gain at most half goes into gas, claims keep their distance, and nothing worth a claim is lost', async () => {
  let claims = 0
  let left = 0
  await fc.assert(
    fc.asyncProperty(policies, fc.array(action, { maxLength: 40 }), async (policy, actions) => {
      const place = new Place(policy)
      for (const act of actions) {
        await act(place)
        await place.look()
      }
      for (const [i, { gain, fee, atMs }] of place.claims.entries()) {
        expect(gain).toBeGreaterThanOrEqual(2n * fee)
        expect(gain).toBeGreaterThan(0n)
        const before = place.claims[i - 1]
        if (before !== undefined) expect(atMs - before.atMs).toBeGreaterThanOrEqual(claimPauseMs)
      }
      claims += place.claims.length
      left += place.channels.filter(({ promised, claimed }) => promised > claimed).length
    }),
    { numRuns: 400 },
  )
  expect(claims).toBeGreaterThan(100)
  expect(left).toBeGreaterThan(0)
})

test('single units, promised and withdrawn from for ever, are never claimed', async () => {
  const place = new Place({
    gatewayGoneMs: 3_600_000,
    claimAboveAmount: atomic(1n),
    coinPrice: atomic(3_000_000_000n),
  })
  for (let round = 0; round < 60; round += 1) {
    for (let i = 0; i < channelsMax; i += 1) {
      place.promise(i, 1n)
      place.withdraw(i)
    }
    await place.wait(dayS * 8)
    for (let i = 0; i < channelsMax; i += 1) place.takeBack(i)
  }
  expect(place.claims).toEqual([])
})
