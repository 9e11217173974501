/*
 * Schedules on a real chain: days pass by its clock, gateways end and begin again, fees rise and fall, blocks are taken back.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Hex } from '../../src/base/hex.ts'
import {
  cancelScheduleCall,
  readSchedule,
  scheduleCall,
} from '../../src/chain/inference-coordinator.ts'
import { readTransactionCost } from '../../src/chain/transaction-cost.ts'
import { type ContractAsk, escrowOf, type JobTerms } from '../../src/domain/contract-job.ts'
import {
  type Address,
  type AtomicAmount,
  atomic,
  type Bytes32,
  unixSeconds,
  zeroAddress,
} from '../../src/domain/units.ts'
import { costRoundedUp } from '../../src/jobs/fee-policy.ts'
import { decodePlan } from '../../src/jobs/known-schedule.ts'
import { dueRunsAtOnceMax } from '../../src/jobs/limits.ts'
import { openSchedules, type ScheduledRun } from '../../src/jobs/schedules.ts'
import {
  type CoordinatorPlace,
  consumerCode,
  openCoordinatorPlace,
  someInput,
} from '../support/coordinator-place.ts'
import { openParty, type Party } from '../support/delivering-party.ts'
import { expectOk } from '../support/dev-chain.ts'

const gwei = 10n ** 9n
const plenty = { raceBudget: atomic(1_000_000_000n) }
const dayS = 86_400

let place: CoordinatorPlace
let consumer: Address

beforeAll(async () => {
  place = await openCoordinatorPlace()
  consumer = await place.consumer(consumerCode.silent)
  await place.ask('evm_setAutomine', false)
})
afterAll(() => place?.stop())

let parties: Party[]
/** Where each has looked. */
let cursors: Map<string, string>
let refusal: string | undefined
let asked: ScheduledRun[]
beforeEach(async () => {
  await baseFee(1n)
  parties = []
  cursors = new Map()
  refusal = undefined
  asked = []
})
afterEach(async () => {
  for (const party of parties) await party.stop()
})

/** Runs that nobody delivers are risked like races: most of these tests open several. */
async function open(fees: { readonly raceBudget?: AtomicAmount } = plenty): Promise<Party> {
  const party = await openParty(place, fees)
  parties.push(party)
  // What was asked before is no concern of this test.
  await look(party)
  return party
}
async function restart(party: Party, nowMs?: () => number): Promise<Party> {
  const next = await party.restart(nowMs)
  parties = [...parties.filter((one) => one !== party), next]
  return next
}

const mine = () => place.ask('evm_mine')
const pooled = async () =>
  Number(((await place.ask('txpool_status')) as { pending: string }).pending)
async function baseFee(inGwei: bigint): Promise<void> {
  await place.ask('anvil_setNextBlockBaseFeePerGas', `0x${(inGwei * gwei).toString(16)}`)
  await mine()
}
/** Days without a block, then one, with the base fee that all of this is tried at. */
async function pass(seconds: number, inGwei = 1n): Promise<void> {
  await place.ask('evm_increaseTime', seconds)
  await baseFee(inGwei)
}

/** One look of a gateway, as a new process makes it: nothing is remembered but by its store and cursor. */
async function look(party: Party): Promise<readonly ContractAsk[]> {
  const { source, rpc, coordinator } = place
  const key = party.account.address
  const seen = expectOk(await source.watch(cursors.get(key)))
  const { dev } = place.running
  const eachLook = openSchedules({
    ...{ source: source.name, rpc, coordinator, outbox: party.outbox, store: party.jobs },
    ...{ chainId: dev.chainId, gateway: dev.addresses.gatewayOperator, fees: party.fees },
    refusalOf: async (run) => {
      asked.push(run)
      return refusal
    },
    log: party.log,
  })
  await eachLook(seen)
  cursors.set(key, seen.cursor)
  return seen.found.map(({ ask }) => ask)
}

/** Looks, lets what was handed over get into a block, and looks again: the jobs that were opened. */
async function round(party: Party): Promise<readonly ContractAsk[]> {
  const found = [...(await look(party))]
  await vi.waitFor(async () => {
    const lane = { chainId: place.running.dev.chainId, sender: party.account.address }
    const states = (await party.open(lane)).map(({ state }) => state)
    expect(states).not.toContain('queued')
    // Written down comes before sent.
    expect(await pooled()).toBe(states.filter((state) => state === 'sent').length)
  }, 10_000)
  await mine()
  found.push(...(await look(party)))
  return found
}

async function schedule(
  change: {
    readonly terms?: Partial<JobTerms>
    readonly input?: Hex
    readonly runs?: number
    readonly runsMax?: number
    readonly by?: Address
  } = {},
): Promise<Bytes32> {
  const terms = place.terms({ deliveryTime: 3_600, ...change.terms })
  const by = change.by ?? consumer
  const rhythm = { startsAt: unixSeconds(0), period: dayS, runsMax: change.runsMax ?? 1_000 }
  const budget = escrowOf(terms) * BigInt(change.runs ?? 7)
  const call = scheduleCall(place.coordinator, {
    ...{ terms, rhythm, budget, input: change.input ?? someInput },
  })
  const hash = await place.sendAs(by, call)
  await mine()
  const receipt = (await place.ask('eth_getTransactionReceipt', hash)) as {
    readonly status: string
    readonly logs: readonly { readonly topics: readonly Bytes32[] }[]
  }
  expect(receipt.status).toBe('0x1')
  // ScheduleCreated comes before the asset's Transfer.
  const scheduleId = receipt.logs[0]?.topics[1]
  if (scheduleId === undefined) throw new Error('not scheduled')
  return scheduleId
}

const onChain = async (scheduleId: Bytes32) =>
  expectOk(await readSchedule(place.rpc, place.coordinator, scheduleId))
const kept = async (party: Party, scheduleId: Bytes32) => {
  const all = await party.jobs.schedules(place.source.name)
  const found = all.find((one) => one.scheduleId === scheduleId)
  if (found === undefined) throw new Error('not known')
  return { ...found, plan: decodePlan(found.text) }
}
/** Calls of anybody that a block has executed. */
const transactions = async ({ account }: Party) =>
  Number(await place.ask('eth_getTransactionCount', account.address, 'latest'))

async function deliverMined(party: Party, ask: ContractAsk) {
  const outcome = party.desk.deliver(place.source, await place.answered(ask))
  await vi.waitFor(async () => expect(await pooled()).toBe(1), 10_000)
  await mine()
  return outcome
}

describe('a schedule', () => {
  test('is run once a day for a week, over restarts, and then its budget is spent', async () => {
    let party = await open()
    const scheduleId = await schedule({ runs: 7 })
    for (let day = 1; day <= 7; day += 1) {
      // A gateway whose own clock jumps by years is none the wiser.
      if (day % 2 === 0) party = await restart(party, () => Date.now() + day * 10 ** 11)
      const found = await round(party)
      expect(found).toHaveLength(1)
      expect(await onChain(scheduleId)).toMatchObject({ runs: day, lastInterval: day })
      // Looked at again and again, within the day, it is not run again.
      expect(await round(party)).toEqual([])
      await pass(dayS / 2)
      party = await restart(party)
      expect(await round(party)).toEqual([])
      await pass(dayS / 2)
      expect(asked).toHaveLength(day)
    }
    expect(await round(party)).toEqual([])
    expect(await kept(party, scheduleId)).toMatchObject({ isOver: true })
    expect(party.events.filter((event) => event === 'schedule_over')).toHaveLength(1)
    expect(await transactions(party)).toBe(7)
    expect((await onChain(scheduleId))?.budget).toBe(0n)
  })

  test('has its runs delivered and paid', async () => {
    const party = await open()
    await schedule()
    const [ask] = await round(party)
    if (ask === undefined) throw new Error('not run')
    expect(ask).toMatchObject({ consumer, terms: { deliveryTime: 3_600 } })
    expect(await deliverMined(party, ask)).toMatchObject({ kind: 'delivered' })
  })

  test('is trusted with one run that did not pay, and with no more without a budget', async () => {
    const party = await open({})
    const scheduleId = await schedule()
    const [ask] = await round(party)
    if (ask === undefined) throw new Error('not run')
    expect(await deliverMined(party, ask)).toMatchObject({ kind: 'delivered' })
    await pass(dayS)
    expect(await round(party)).toHaveLength(1)
    await pass(dayS)
    // Asked what nobody can answer: the escrow goes back to who asked, and the gas to nobody.
    expect(await round(party)).toEqual([])
    expect((await kept(party, scheduleId)).plan.paused).toBe('race_budget_spent')
    expect(await onChain(scheduleId)).toMatchObject({ runs: 2 })
  })

  test('that was missed for days is run for today alone', async () => {
    const party = await open()
    const scheduleId = await schedule()
    await round(party)
    await pass(dayS * 4)
    expect(await round(await restart(party))).toHaveLength(1)
    expect(await onChain(scheduleId)).toMatchObject({ runs: 2, lastInterval: 5 })
  })

  test('is over after as many runs as it names', async () => {
    const party = await open()
    const scheduleId = await schedule({ runsMax: 2 })
    await round(party)
    await pass(dayS)
    expect(await round(party)).toHaveLength(1)
    await pass(dayS)
    expect(await round(party)).toEqual([])
    expect(await kept(party, scheduleId)).toMatchObject({ isOver: true })
    expect(await transactions(party)).toBe(2)
  })

  test('that is cancelled is run no more', async () => {
    const party = await open()
    const scheduleId = await schedule()
    await round(party)
    await place.sendAs(consumer, cancelScheduleCall(place.coordinator, scheduleId))
    await pass(dayS)
    expect(await round(party)).toEqual([])
    expect(await kept(party, scheduleId)).toMatchObject({ isOver: true })
    expect(await transactions(party)).toBe(1)
  })

  test('whose cancellation is taken back goes on', async () => {
    const party = await open()
    const scheduleId = await schedule()
    await round(party)
    await pass(dayS)
    await place.sendAs(consumer, cancelScheduleCall(place.coordinator, scheduleId))
    await mine()
    await round(party)
    expect(await kept(party, scheduleId)).toMatchObject({ isOver: true })
    await place.ask('anvil_reorg', 2, [])
    expect(await round(party)).toHaveLength(1)
  })

  test('is paused while its fee does not cover the gas, and what it missed is not caught up', async () => {
    const party = await open()
    const scheduleId = await schedule()
    await baseFee(60n)
    for (let times = 0; times < 3; times += 1) expect(await look(party)).toEqual([])
    expect(party.events.filter((event) => event === 'schedule_paused')).toHaveLength(1)
    expect((await kept(party, scheduleId)).plan.paused).toBe('fee_below_gas')
    await pass(dayS, 60n)
    await look(party)
    await baseFee(1n)
    expect(await round(party)).toHaveLength(1)
    expect(await onChain(scheduleId)).toMatchObject({ runs: 1, lastInterval: 2 })
    expect((await kept(party, scheduleId)).plan.paused).toBeUndefined()
  })

  test('whose question would be refused here is not opened', async () => {
    const party = await open()
    await schedule()
    refusal = 'model_unknown'
    expect(await round(party)).toEqual([])
    expect(await transactions(party)).toBe(0)
    refusal = undefined
    expect(await round(party)).toHaveLength(1)
  })

  test('is one of many: a look goes on with some of them, and the next with others', async () => {
    const party = await open()
    for (let number = 0; number < 70; number += 1) await schedule()
    const { source, rpc, coordinator, running } = place
    const { chainId, addresses } = running.dev
    const eachLook = openSchedules({
      ...{ source: source.name, rpc, coordinator, outbox: party.outbox, store: party.jobs },
      ...{ chainId, gateway: addresses.gatewayOperator, fees: party.fees, log: party.log },
      refusalOf: async (run) => {
        asked.push(run)
        return 'model_unknown'
      },
    })
    await eachLook(expectOk(await source.watch(cursors.get(party.account.address))))
    expect(asked).toHaveLength(dueRunsAtOnceMax)
    await eachLook({ schedules: [], touchedSchedules: [] })
    expect(new Set(asked.map(({ jobId }) => jobId)).size).toBe(70)
  })

  test('of another gateway is none of ours', async () => {
    const party = await open()
    const { dev } = place.running
    await schedule()
    const strange = openSchedules({
      ...{ source: 'strange', rpc: place.rpc, coordinator: place.coordinator },
      ...{ outbox: party.outbox, store: party.jobs, chainId: dev.chainId, fees: party.fees },
      ...{ gateway: consumer, refusalOf: async () => undefined, log: party.log },
    })
    const seen = expectOk(await place.source.watch(cursors.get(party.account.address)))
    expect(seen.schedules).toHaveLength(1)
    await strange(seen)
    expect(await party.jobs.schedules('strange')).toEqual([])
  })

  test('whose run a reorganisation takes back is run once in the end', async () => {
    const party = await open()
    const scheduleId = await schedule()
    await mine()
    expect(await round(party)).toHaveLength(1)
    await place.ask('anvil_reorg', 1, [])
    expect(await onChain(scheduleId)).toMatchObject({ runs: 0 })
    await vi.waitFor(async () => {
      await round(party)
      expect(await onChain(scheduleId)).toMatchObject({ runs: 1, lastInterval: 1 })
    }, 15_000)
    await round(party)
    expect(await onChain(scheduleId)).toMatchObject({ runs: 1 })
    expect(await transactions(party)).toBe(1)
  })

  test('pays for its opening and its delivery together, or the delivery waits', async () => {
    const party = await open()
    await schedule()
    await baseFee(3n)
    const [ask] = await round(party)
    if (ask === undefined) throw new Error('not run')
    const job = await place.answered(ask)
    const { gasMax } = await place.source.deliveryCall(job)
    const { nativePrice } = party.fees
    // The highest price at which so much of the fee would cover the delivery.
    const priceOf = (fee: bigint) => (((fee * 100n) / 125n) * 10n ** 18n) / nativePrice / gasMax
    const hash = await vi.waitFor(async () => {
      const poke = await party.outbox.find(`poke:${ask.jobId}`)
      if (poke?.inclusion === undefined) throw new Error('not seen in its block')
      return poke.inclusion.transactionHash
    }, 10_000)
    const spent = costRoundedUp(expectOk(await readTransactionCost(place.rpc, hash)), nativePrice)
    expect(spent).toBeGreaterThan(0n)
    const { deliveryFee } = ask.terms
    const [alone, together] = [priceOf(deliveryFee), priceOf(deliveryFee - spent)]
    // What the node says of a base fee is its own: one between the two is looked for.
    const gasPrice = async () => BigInt(String(await place.ask('eth_gasPrice')))
    for (let percent = 130n; (await gasPrice()) <= together || (await gasPrice()) > alone; ) {
      percent -= 1n
      const wei = (alone * percent) / 100n
      await place.ask('anvil_setNextBlockBaseFeePerGas', `0x${wei.toString(16)}`)
      await mine()
      expect(percent).toBeGreaterThan(50n)
    }
    expect(await party.desk.deliver(place.source, job)).toMatchObject({ reason: 'fee_below_gas' })
  })
})

describe('a dynamic schedule', () => {
  /** Returns `abi.encode(bytes)` of the text on every call, whatever it is. */
  const saying = (text: string): Hex => {
    const bytes = Buffer.from(text)
    const word = (value: number) => value.toString(16).padStart(64, '0')
    const padded = Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)])
    const data = word(32) + word(bytes.length) + padded.toString('hex')
    const length = (data.length / 2).toString(16).padStart(2, '0')
    return `0x60${length}600a5f3960${length}5ff3${data}`
  }

  test('asks its consumer anew at each run', async () => {
    const party = await open()
    const by = await dynamicConsumer(saying('{"n":1}'))
    await schedule({ input: '0x', by })
    const [first] = await round(party)
    await pass(dayS)
    await place.ask('anvil_setCode', by, saying('{"n":2}'))
    const [second] = await round(party)
    expect(first?.inputHash).not.toBe(second?.inputHash)
    expect(asked.map(({ input }) => Buffer.from(input.slice(2), 'hex').toString())).toEqual([
      '{"n":1}',
      '{"n":2}',
    ])
    // What was tried out is what was opened.
    expect(asked.map(({ inputHash }) => inputHash)).toEqual([first?.inputHash, second?.inputHash])
    expect(asked.map(({ jobId }) => jobId)).toEqual([first?.jobId, second?.jobId])
  })

  test('is asked with the gas that it will have, not with all that a node gives', async () => {
    const party = await open()
    const said = saying('{"n":4}').slice(2)
    // Burns all that it has where that is more than 1,500,000 gas: else it says its input, 11 bytes further back.
    const body = said.replace(/^(60..60)0a/, '$115')
    const code: Hex = `0x5a6216e36010601357${body.slice(0, 20)}5bfe${body.slice(20)}`
    const by = await dynamicConsumer(code)
    await schedule({ input: '0x', by })
    expect(await round(party)).toHaveLength(1)
    expect(asked).toHaveLength(1)
  })

  test('whose consumer says nothing waits, and loses no interval', async () => {
    const party = await open()
    const by = await dynamicConsumer(consumerCode.reverting)
    const scheduleId = await schedule({ input: '0x', by })
    expect(await round(party)).toEqual([])
    expect((await kept(party, scheduleId)).plan.paused).toMatch(/InputUnavailable/)
    await place.ask('anvil_setCode', by, saying('{"n":3}'))
    expect(await round(party)).toHaveLength(1)
    expect(await onChain(scheduleId)).toMatchObject({ runs: 1, lastInterval: 1 })
    expect(await transactions(party)).toBe(1)
  })

  async function dynamicConsumer(code: Hex): Promise<Address> {
    await place.ask('evm_setAutomine', true)
    const by = await place.consumer(code)
    await place.ask('evm_setAutomine', false)
    return by
  }
})

describe('a schedule that any gateway may run', () => {
  test('is opened once by two of them, and costs the slower one nothing', async () => {
    const raceBudget = atomic(60_000_000n)
    const [a, b] = [await open({ raceBudget }), await open({ raceBudget })]
    const scheduleId = await schedule({ terms: { gateway: zeroAddress } })
    await look(a)
    await vi.waitFor(async () => expect(await pooled()).toBe(1), 10_000)
    // It sees the other's in the pool.
    await look(b)
    expect((await kept(b, scheduleId)).plan.paused).toMatch(/ScheduleNotDue/)
    await mine()
    expect(await look(b)).toHaveLength(1)
    expect(await onChain(scheduleId)).toMatchObject({ runs: 1 })
    expect([await transactions(a), await transactions(b)]).toEqual([1, 0])
    // What it paid counts against its budget, once it is final, until the delivery brings it back.
    await vi.waitFor(async () => {
      await mine()
      await look(a)
      expect((await a.bankroll.read()).net).toBeLessThan(0n)
    }, 15_000)
  })

  test('is not opened without a budget for races', async () => {
    const party = await open({})
    const scheduleId = await schedule({ terms: { gateway: zeroAddress } })
    expect(await round(party)).toEqual([])
    expect((await kept(party, scheduleId)).plan.paused).toBe('race_budget_spent')
  })
})
