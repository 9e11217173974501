/*
 * Deliveries on a real chain whose base fee, clock and blocks the test moves: through a real outbox to a real coordinator,
 * for consumers that take the answer, revert or burn their gas.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { dataFeeOracle } from '../../src/chain/data-fee.ts'
import { readBooked, readJob } from '../../src/chain/inference-coordinator.ts'
import { readTransactionCost } from '../../src/chain/transaction-cost.ts'
import type { ContractAsk } from '../../src/domain/contract-job.ts'
import { type Address, atomic, type Bytes32, zeroAddress } from '../../src/domain/units.ts'
import { openDeliveryDesk } from '../../src/jobs/delivery-desk.ts'
import { costRoundedUp, type FeePolicy } from '../../src/jobs/fee-policy.ts'
import type { DeliveryDesk } from '../../src/jobs/job-delivery.ts'
import {
  type CoordinatorPlace,
  consumerCode,
  openCoordinatorPlace,
} from '../support/coordinator-place.ts'
import { openParty, type Party, someFees } from '../support/delivering-party.ts'
import { expectOk } from '../support/dev-chain.ts'

const gwei = 10n ** 9n
let place: CoordinatorPlace
const consumers = new Map<string, Address>()
let consumer: Address
const consumerOf = (kind: string): Address => consumers.get(kind) ?? zeroAddress

beforeAll(async () => {
  place = await openCoordinatorPlace()
  for (const kind of ['silent', 'reverting', 'burning'] as const) {
    consumers.set(kind, await place.consumer(consumerCode[kind]))
  }
  consumer = consumerOf('silent')
  await place.ask('evm_setAutomine', false)
})
afterAll(() => place?.stop())

const fees = someFees

let party: Party
let others: Party[]
beforeEach(async () => {
  await baseFee(1n)
  party = await openParty(place)
  others = []
})
afterEach(async () => {
  for (const one of [party, ...others]) await one.stop()
})
const join = async (change: Partial<FeePolicy>) => {
  const joined = await openParty(place, change)
  others.push(joined)
  return joined
}

const mine = () => place.ask('evm_mine')
async function baseFee(inGwei: bigint): Promise<void> {
  await place.ask('anvil_setNextBlockBaseFeePerGas', `0x${(inGwei * gwei).toString(16)}`)
  await mine()
}
const pass = async (seconds: number) => {
  await place.ask('evm_increaseTime', seconds)
  await mine()
}
const request = (change = {}, by = consumer) => place.request(by, place.terms(change))
const standing = async (ask: ContractAsk) =>
  expectOk(await readJob(place.rpc, place.coordinator, ask.jobId))
const spent = async ({ account }: Party) =>
  10n ** 20n - BigInt(String(await place.ask('eth_getBalance', account.address, 'latest')))
const pooled = async () =>
  Number(((await place.ask('txpool_status')) as { pending: string }).pending)
const bookedFor = async (account: Address) =>
  expectOk(await readBooked(place.rpc, place.coordinator, account))
/** Delivers while blocks come. */
async function deliverMined(by: Party, job: Parameters<DeliveryDesk['deliver']>[1]) {
  const outcome = by.desk.deliver(place.source, job)
  await vi.waitFor(async () => expect(await pooled()).toBeGreaterThan(0), 10_000)
  await mine()
  return outcome
}
const feeOf = async (hash: Bytes32, by: Party) =>
  costRoundedUp(expectOk(await readTransactionCost(place.rpc, hash)), by.fees.nativePrice)

describe('a delivery', () => {
  test.each(Object.keys(consumerCode))(
    'to a %s consumer is paid, and costs less than it brings',
    async (kind) => {
      const ask = await request({ callbackGas: 400_000 }, consumerOf(kind))
      await mine()
      const job = await place.answered(ask, 'y'.repeat(2_000))
      const outcome = await deliverMined(party, job)
      if (outcome.kind !== 'delivered') throw new Error(JSON.stringify(outcome))
      expect(await standing(ask)).toMatchObject({
        state: 'delivered',
        isCallbackPending: kind !== 'silent',
      })
      const receipt = await place.ask('eth_getTransactionReceipt', outcome.transactionHash)
      const gasUsed = BigInt((receipt as { gasUsed: string }).gasUsed)
      const { gasMax } = await place.source.deliveryCall(job)
      // Never too low, and no consumer pays for twice what a delivery needs.
      expect(gasMax).toBeGreaterThan(gasUsed + (kind === 'burning' ? 0n : 400_000n))
      if (kind === 'burning') expect(gasMax).toBeLessThan((gasUsed * 3n) / 2n)
      const cost = await feeOf(outcome.transactionHash, party)
      expect(cost).toBeGreaterThan(0n)
      expect((cost * 125n) / 100n).toBeLessThanOrEqual(ask.terms.deliveryFee)
    },
  )

  test('asked again, by any process, is made once', async () => {
    const job = await place.answered(await request())
    const first = await deliverMined(party, job)
    party = await party.restart()
    expect(await party.desk.deliver(place.source, job)).toEqual(first)
    await mine()
    expect(await pooled()).toBe(0)
  })

  test('waits while the gas costs more than its fee covers, and goes when it falls', async () => {
    const job = await place.answered(await request())
    await baseFee(60n)
    expect(await party.desk.judge(place.source, job)).toMatchObject({
      kind: 'wait',
      reason: 'fee_below_gas',
    })
    expect(await party.desk.deliver(place.source, job)).toMatchObject({
      kind: 'wait',
      reason: 'fee_below_gas',
    })
    expect(await pooled()).toBe(0)
    await baseFee(1n)
    expect(await party.desk.judge(place.source, job)).toEqual({ kind: 'take' })
    expect(await deliverMined(party, job)).toMatchObject({ kind: 'delivered' })
  })

  test('that was never affordable is given up before its deadline, and cost nothing', async () => {
    const ask = await request()
    const job = await place.answered(ask)
    await baseFee(60n)
    await party.desk.deliver(place.source, job)
    // The block that takes it could be after the deadline already.
    await pass(590)
    await baseFee(1n)
    expect(await party.desk.deliver(place.source, job)).toEqual({
      kind: 'failed',
      reason: 'delivery_given_up',
    })
    await pass(20)
    expect(await party.desk.deliver(place.source, job)).toEqual({
      kind: 'failed',
      reason: 'deadline_passed',
    })
    expect(await spent(party)).toBe(0n)
  })

  test('that no block took in time is taken back, and cost less than it would have brought', async () => {
    const ask = await request()
    const job = await place.answered(ask)
    const outcome = party.desk.deliver(place.source, job)
    await vi.waitFor(async () => expect(await pooled()).toBe(1), 10_000)
    await baseFee(90n)
    await pass(601)
    await vi.waitFor(async () => {
      await baseFee(40n)
      expect((await party.outbox.find(`delivery:${ask.jobId}`))?.state).toBe('failed')
    }, 15_000)
    expect(await outcome).toMatchObject({ kind: 'wait', reason: 'delivery_sent' })
    expect(await party.desk.deliver(place.source, job)).toEqual({
      kind: 'failed',
      reason: 'deadline_passed',
    })
    expect((await standing(ask)).state).toBe('open')
    const cost = costRoundedUp(await spent(party), fees.nativePrice)
    expect(cost).toBeGreaterThan(0n)
    expect(cost).toBeLessThanOrEqual(ask.terms.deliveryFee)
    // It counts against what may be risked on races.
    expect((await party.bankroll.read()).net).toBe(-cost)
  })

  test('whose fee is too small at any price is never taken', async () => {
    const job = await place.answered(await request())
    const dear = await join({ nativePrice: atomic(10n ** 24n) })
    const refused = { reason: 'delivery_fee_too_small' }
    expect(await dear.desk.judge(place.source, job)).toEqual({ kind: 'never', ...refused })
    expect(await dear.desk.deliver(place.source, job)).toEqual({ kind: 'failed', ...refused })
  })

  test('on a rollup counts what its bytes cost beside the gas', async () => {
    const job = await place.answered(await request())
    // Answers 0.002 ether for anything: PUSH7 PUSH0 MSTORE PUSH1 PUSH0 RETURN.
    await place.ask('anvil_setCode', dataFeeOracle, '0x66071afd498d00005f5260205ff3')
    expect(await party.desk.judge(place.source, job)).toEqual({ kind: 'take' })
    // 0.02 ether.
    await place.ask('anvil_setCode', dataFeeOracle, '0x66470de4df8200005f5260205ff3')
    const refused = { reason: 'delivery_fee_too_small' }
    expect(await party.desk.judge(place.source, job)).toEqual({ kind: 'never', ...refused })
    await place.ask('anvil_setCode', dataFeeOracle, '0x')
    expect(await party.desk.judge(place.source, job)).toEqual({ kind: 'take' })
  })

  test('that a stranger copied from the pool pays contributor and gateway as if it were ours', async () => {
    const ask = await request()
    const job = await place.answered(ask)
    const outcome = party.desk.deliver(place.source, job)
    await vi.waitFor(async () => expect(await pooled()).toBe(1), 10_000)
    // With a higher tip it comes first in the block.
    const stranger = await place.account()
    const call = await place.source.deliveryCall(job)
    await place.ask('anvil_impersonateAccount', stranger.address)
    await place.ask('eth_sendTransaction', {
      from: stranger.address,
      ...{ to: call.to, data: call.data, gas: '0x989680' },
      ...{ maxFeePerGas: '0x174876e800', maxPriorityFeePerGas: '0x174876e800' },
    })
    const { gatewayOperator } = place.running.dev.addresses
    const booked = () => bookedFor(gatewayOperator)
    const before = await booked()
    await mine()
    expect((await standing(ask)).state).toBe('delivered')
    expect((await booked()) - before).toBe(ask.terms.deliveryFee)
    await mine()
    await outcome
    expect(await party.desk.deliver(place.source, job)).toMatchObject({
      kind: 'failed',
      reason: 'delivered_by_another',
    })
    const cost = costRoundedUp(await spent(party), fees.nativePrice)
    expect(cost).toBeLessThan(ask.terms.deliveryFee)
  })

  test('that a reorganisation takes back is sent again, and made once', async () => {
    const ask = await request()
    await mine()
    const job = await place.answered(ask)
    const outcome = await deliverMined(party, job)
    expect(outcome).toMatchObject({ kind: 'delivered' })
    await place.ask('anvil_reorg', 1, [])
    expect((await standing(ask)).state).toBe('open')
    await vi.waitFor(async () => {
      await mine()
      expect((await standing(ask)).state).toBe('delivered')
    }, 15_000)
    expect(await party.desk.deliver(place.source, job)).toMatchObject({ kind: 'delivered' })
    await vi.waitFor(async () => {
      await mine()
      expect((await party.outbox.find(`delivery:${ask.jobId}`))?.state).toBe('final')
    }, 15_000)
    expect(await place.ask('eth_getTransactionCount', party.account.address, 'latest')).toBe('0x1')
  })

  test('of a job that a reorganisation took back is not made', async () => {
    await mine()
    const ask = await request()
    const job = await place.answered(ask)
    await place.ask('anvil_reorg', 1, [])
    expect(await party.desk.deliver(place.source, job)).toEqual({
      kind: 'failed',
      reason: 'reorganised',
    })
    expect(await pooled()).toBe(0)
  })

  test('that would revert is not sent, and is given up after some tries', async () => {
    const job = await place.answered(await request(), 'yes')
    const [answer] = job.answers
    if (answer === undefined) throw new Error('answered')
    const wrong = { ...job, answers: [{ ...answer, content: '0x6e6f' as const }] }
    const outcomes = []
    for (let look = 0; look < 6; look += 1) {
      outcomes.push((await party.desk.deliver(place.source, wrong)).kind)
    }
    expect(outcomes).toEqual(['wait', 'wait', 'wait', 'wait', 'wait', 'failed'])
    expect(await spent(party)).toBe(0n)
  })

  test('waits while its chain is gone', async () => {
    const job = await place.answered(await request())
    const rpc = {
      origin: 'gone',
      call: async () => ({
        ok: false as const,
        error: { reason: 'chain_unreachable' as const, origin: 'gone', detail: 'gone' },
      }),
    }
    const desk = openDeliveryDesk({
      ...{ rpc, chainId: 31_337, outbox: party.outbox, notes: party.jobs, fees, nowMs: Date.now },
      log: { info: () => undefined, error: () => undefined },
    })
    expect(await desk.judge(place.source, job)).toMatchObject({ reason: 'chain_unreachable' })
    expect(await desk.deliver(place.source, job)).toMatchObject({ reason: 'chain_unreachable' })
  })
})

describe('a job that any gateway may answer', () => {
  const open = { gateway: zeroAddress }

  test('is not taken without a budget for races', async () => {
    const job = await place.answered(await request(open))
    const spentBudget = { reason: 'race_budget_spent' }
    expect(await party.desk.judge(place.source, job)).toEqual({ kind: 'never', ...spentBudget })
    expect(await party.desk.deliver(place.source, job)).toEqual({ kind: 'failed', ...spentBudget })
  })

  test('is paid once where two gateways deliver it, and the second loses no more than its budget', async () => {
    const budget = atomic(40_000_000n)
    const [a, b] = [await join({ raceBudget: budget }), await join({ raceBudget: budget })]
    const ask = await request(open)
    const job = await place.answered(ask)
    const { gatewayOperator } = place.running.dev.addresses
    const before = await bookedFor(gatewayOperator)
    const outcomes = [a, b].map(({ desk }) => desk.deliver(place.source, job))
    // Neither sees the other's in time: both are in one block.
    await vi.waitFor(async () => expect(await pooled()).toBe(2), 10_000)
    await mine()
    expect((await bookedFor(gatewayOperator)) - before).toBe(ask.terms.deliveryFee)
    await mine()
    const kinds = (await Promise.all(outcomes)).map(({ kind }) => kind)
    expect(kinds.sort()).toEqual(['delivered', 'wait'])
    const nets = []
    for (const one of [a, b]) {
      await vi.waitFor(async () => {
        await mine()
        await one.desk.deliver(place.source, job)
        expect((await one.bankroll.read()).atRisk.size).toBe(0)
      }, 15_000)
      const { net } = await one.bankroll.read()
      expect(net).toBeGreaterThanOrEqual(-budget)
      nets.push(net)
      const cost = costRoundedUp(await spent(one), fees.nativePrice)
      expect(net).toBe((net > 0n ? ask.terms.deliveryFee : 0n) - cost)
    }
    expect(nets.filter((net) => net > 0n)).toHaveLength(1)
    expect(nets.filter((net) => net < 0n)).toHaveLength(1)
  })

  test('is not sent where another delivery waits in the pool', async () => {
    const budget = atomic(40_000_000n)
    const [a, b] = [await join({ raceBudget: budget }), await join({ raceBudget: budget })]
    const job = await place.answered(await request(open))
    const first = a.desk.deliver(place.source, job)
    await vi.waitFor(async () => expect(await pooled()).toBe(1), 10_000)
    expect(await b.desk.deliver(place.source, job)).toMatchObject({
      kind: 'wait',
      reason: 'delivered_in_pool',
    })
    await mine()
    expect(await first).toMatchObject({ kind: 'delivered' })
    expect(await b.desk.deliver(place.source, job)).toMatchObject({
      kind: 'failed',
      reason: 'delivered_by_another',
    })
    expect(await spent(b)).toBe(0n)
  })
})
