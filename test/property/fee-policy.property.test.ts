/*
 * Deliveries are never lossy: under any prices, sizes, competitors and luck, what is sent costs less than it brings, and all
 * races together never lose more than their budget.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { atomic } from '../../src/domain/units.ts'
import {
  callbackGasMax,
  deliveryGasMax,
  tokensOf,
  transactionGasMax,
} from '../../src/jobs/delivery-gas.ts'
import { costRoundedUp, type FeePolicy, judgeFee } from '../../src/jobs/fee-policy.ts'
import {
  type Bankroll,
  bookOutcome,
  emptyBankroll,
  leftToLose,
  setAside,
} from '../../src/jobs/race-bankroll.ts'

const gwei = 10n ** 9n
/** Of every order of magnitude alike: a uniform bigint is nearly always a huge one. */
const upTo = (digits: number): fc.Arbitrary<bigint> =>
  fc
    .tuple(fc.integer({ min: 0, max: digits }), fc.bigInt({ min: 0n, max: 999n }))
    .map(([zeros, head]) => (head * 10n ** BigInt(zeros)) / 100n)

/** A price in whole units and cents, of an asset of 0 to 18 decimals, for coins worth nothing to a million. */
const nativePrice = fc
  .tuple(fc.integer({ min: 0, max: 18 }), upTo(8))
  .map(([decimals, cents]) => atomic((cents * 10n ** BigInt(decimals)) / 100n))
const policy: fc.Arbitrary<FeePolicy> = fc.record({
  nativePrice,
  marginPercent: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 })),
  raceBudget: fc.oneof(fc.constant(0n), upTo(20)).map(atomic),
  gasPriceWeiMax: upTo(13),
})
const offered = fc.record({
  fee: upTo(24),
  gasMax: fc.bigInt({ min: 21_000n, max: 40_000_000n }),
  dataFeeWei: fc.oneof(fc.constant(0n), upTo(16)),
})

test('what is sent never costs more than it brings, and what waits would', () => {
  const seen = { sent: 0, races: 0, waited: 0, spent: 0, never: 0 }
  fc.assert(
    fc.property(
      policy,
      offered,
      fc.record({ gasPriceWei: upTo(13).map((wei) => wei + 1n), isRace: fc.boolean() }),
      fc.option(upTo(24), { nil: undefined }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (fees, offer, now, atRisk, luck) => {
        const atRiskMax = atRisk ?? fees.raceBudget
        const verdict = judgeFee(offer, { ...now, atRiskMax }, fees)
        const costAt = (price: bigint, gas: bigint) =>
          costRoundedUp(price * gas + offer.dataFeeWei, fees.nativePrice)
        const margin = (cost: bigint) => (cost * (100n + BigInt(fees.marginPercent))) / 100n
        if (verdict.kind === 'send') {
          seen.sent += 1
          expect(verdict.feeWeiMax).toBeGreaterThanOrEqual(now.gasPriceWei)
          expect(verdict.feeWeiMax).toBeLessThanOrEqual(fees.gasPriceWeiMax)
          // Whatever the block takes of what was signed.
          const price = (verdict.feeWeiMax * BigInt(Math.floor(luck * 1_000))) / 1_000n
          const gas = offer.gasMax - BigInt(Math.floor(luck * 20_000))
          expect(costAt(price, gas)).toBeLessThanOrEqual(verdict.worstCost)
          expect(margin(verdict.worstCost)).toBeLessThanOrEqual(offer.fee)
          if (now.isRace && fees.nativePrice > 0n) {
            seen.races += 1
            expect(verdict.worstCost).toBeLessThanOrEqual(atRiskMax)
          }
          return
        }
        // Refused for a reason only: at the price of now it would cost too much.
        const cost = costAt(now.gasPriceWei, offer.gasMax)
        const covered = (offer.fee * 100n) / (100n + BigInt(fees.marginPercent))
        if (verdict.reason === 'race_budget_spent') {
          seen.spent += 1
          expect(now.isRace).toBe(true)
          expect(cost).toBeGreaterThan(atRiskMax)
          return
        }
        if (verdict.kind === 'wait') seen.waited += 1
        else seen.never += 1
        expect(now.gasPriceWei > fees.gasPriceWeiMax || cost > covered).toBe(true)
      },
    ),
    { numRuns: 20_000 },
  )
  for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true])
})

/** What happens to one job that the gateway meets, and to its transaction where it is sent. */
type Race = {
  readonly gasPriceGwei: number
  readonly fee: bigint
  readonly isNamed: boolean
  readonly gasMax: bigint
  readonly end: 'won' | 'lost' | 'emptied' | 'never signed'
  /** How much of the worst it costs, in thousandths: a loser's transaction may burn all. */
  readonly share: number
  /** How many others are sent before its outcome is known. */
  readonly delay: number
  /** Its outcome is booked so often, as by processes that died after it or race for it. */
  readonly times: number
}
const race: fc.Arbitrary<Race> = fc.record({
  gasPriceGwei: fc.integer({ min: 1, max: 100 }),
  fee: upTo(11),
  isNamed: fc.boolean(),
  gasMax: fc.bigInt({ min: 21_000n, max: 8_000_000n }),
  end: fc.constantFrom('won', 'lost', 'emptied', 'never signed'),
  share: fc.integer({ min: 0, max: 1_000 }),
  delay: fc.integer({ min: 0, max: 6 }),
  times: fc.integer({ min: 1, max: 3 }),
})

const seen = { won: 0, lost: 0, emptied: 0, refusedForBudget: 0, atOnce: 0, ahead: 0 }

/** A gateway through one history, with the money that it really has beside what it believes. */
class Season {
  readonly #raceBudget: bigint
  readonly #fees: FeePolicy
  readonly #flying = new Set<Race & { intentId: string; worst: bigint; due: number }>()
  #bankroll: Bankroll = emptyBankroll
  /** What the operator has more or less by races. */
  #money = 0n

  constructor(raceBudget: bigint, marginPercent: number) {
    this.#raceBudget = raceBudget
    this.#fees = {
      nativePrice: atomic(3_000_000_000n),
      marginPercent,
      raceBudget: atomic(raceBudget),
      gasPriceWeiMax: 500n * gwei,
    }
  }

  meet(one: Race, index: number): void {
    this.land(index)
    const atRiskMax = leftToLose(this.#bankroll, this.#raceBudget)
    const gasPriceWei = BigInt(one.gasPriceGwei) * gwei
    const now = { gasPriceWei, isRace: !one.isNamed, atRiskMax }
    const verdict = judgeFee({ ...one, dataFeeWei: 0n }, now, this.#fees)
    if (verdict.kind !== 'send') {
      if (verdict.reason === 'race_budget_spent') seen.refusedForBudget += 1
      return
    }
    // Nobody else can be paid for a job that names this gateway: it costs less than it brings.
    if (one.isNamed) expect(verdict.worstCost).toBeLessThanOrEqual(one.fee)
    else this.#send(one, { index, worst: verdict.worstCost })
  }

  #send(one: Race, { index, worst }: { index: number; worst: bigint }): void {
    const intentId = `delivery:${index}`
    const stake = { worstCost: worst, fee: one.fee, notAfterS: index }
    const staked = setAside(this.#bankroll, { intentId, stake, raceBudget: this.#raceBudget })
    if (staked === undefined) throw new Error('judged with what was left')
    this.#bankroll = staked
    this.#flying.add({ ...one, intentId, worst, due: index + one.delay })
    // The law, were everything that flies lost at its worst.
    const worstOfAll = [...this.#flying].reduce((sum, flight) => sum + flight.worst, 0n)
    expect(this.#money - worstOfAll).toBeGreaterThanOrEqual(-this.#raceBudget)
    if (this.#flying.size > 1) seen.atOnce += 1
    if (this.#money > 0n) seen.ahead += 1
  }

  /** What was due by then has its outcome. */
  land(index: number): void {
    for (const flight of this.#flying) {
      if (flight.due > index) continue
      this.#flying.delete(flight)
      const isSigned = flight.end !== 'never signed'
      const cost = isSigned ? (flight.worst * BigInt(flight.share)) / 1_000n : 0n
      const earned = flight.end === 'won' ? flight.fee : 0n
      this.#money += earned - cost
      for (let time = 0; time < flight.times; time += 1) {
        this.#bankroll = bookOutcome(this.#bankroll, flight.intentId, { earned, cost })
      }
      if (flight.end !== 'never signed') seen[flight.end] += 1
    }
  }

  end(): void {
    this.land(Number.POSITIVE_INFINITY)
    expect(this.#money).toBe(this.#bankroll.net)
    expect(this.#money).toBeGreaterThanOrEqual(-this.#raceBudget)
    expect(this.#bankroll.atRisk.size).toBe(0)
  }
}

test('races never lose more than their budget, whatever is won, lost or in flight', () => {
  fc.assert(
    fc.property(
      upTo(10),
      fc.integer({ min: 0, max: 100 }),
      fc.array(race, { minLength: 1, maxLength: 60 }),
      (raceBudget, marginPercent, races) => {
        const season = new Season(raceBudget, marginPercent)
        races.forEach((one, index) => {
          season.meet(one, index)
        })
        season.end()
      },
    ),
    { numRuns: 2_000 },
  )
  for (const [what, count] of Object.entries(seen)) expect([what, count > 0]).toEqual([what, true])
})

test('the gas of a delivery is counted upwards: no size or callback needs more', () => {
  let floors = 0
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 4_096 }),
      fc.integer({ min: 0, max: 16 }),
      fc.integer({ min: 0, max: 5_000_000 }),
      fc.boolean(),
      (bytes, answers, callbackGas, isProven) => {
        const data = `0x${Buffer.from(bytes).toString('hex')}` as const
        const shape = { data, contentBytes: bytes.length, answers, callbackGas, isProven }
        const gas = deliveryGasMax(shape)
        const zeros = bytes.filter((byte) => byte === 0).length
        const others = bytes.length - zeros
        expect(tokensOf(data)).toBe(BigInt(zeros + 4 * others))
        // EIP-2028 and EIP-7623, by bytes.
        expect(gas).toBeGreaterThanOrEqual(BigInt(21_000 + 4 * zeros + 16 * others))
        expect(gas).toBeGreaterThanOrEqual(BigInt(21_000 + 10 * zeros + 40 * others))
        // EIP-150: what is left for the callback, were all of it kept for it, is what the consumer was promised.
        const kept = callbackGasMax(callbackGas)
        expect(kept - kept / 64n).toBeGreaterThanOrEqual(BigInt(callbackGas))
        expect(gas).toBeGreaterThanOrEqual(21_000n + kept)
        // Before it is made it is taken for more than it can become.
        if (bytes.length <= 1_200) {
          expect(deliveryGasMax({ ...shape, data: undefined })).toBeGreaterThanOrEqual(gas)
        }
        if (transactionGasMax(tokensOf(data), 0n) > 21_000n + 4n * tokensOf(data)) floors += 1
      },
    ),
    { numRuns: 1_000 },
  )
  expect(floors).toBeGreaterThan(0)
})
