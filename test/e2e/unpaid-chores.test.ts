/*
 * What a gateway does for consumers although nobody pays for it, on a real chain: it stays within the budget of races.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { readBooked, readJob } from '../../src/chain/inference-coordinator.ts'
import { type Address, atomic } from '../../src/domain/units.ts'
import { openUnpaidChores, type UnpaidPolicy } from '../../src/jobs/unpaid-chores.ts'
import type { ContractJob } from '../../src/store/contract-job-store.ts'
import {
  type CoordinatorPlace,
  consumerCode,
  openCoordinatorPlace,
} from '../support/coordinator-place.ts'
import { openParty, type Party } from '../support/delivering-party.ts'
import { expectOk } from '../support/dev-chain.ts'

let place: CoordinatorPlace
let consumer: Address
let party: Party
let nowMs: number

beforeAll(async () => {
  place = await openCoordinatorPlace()
  consumer = await place.consumer(consumerCode.reverting)
})
afterAll(() => place?.stop())
beforeEach(async () => {
  nowMs = 1_700_000_000_000
  await place.ask('anvil_setCode', consumer, consumerCode.reverting)
})
afterEach(() => party.stop())

const budget = atomic(20_000_000n)
/** A new process each time: only what is on the disk and on the chain is known. */
const chores = (policy: UnpaidPolicy) =>
  openUnpaidChores({
    ...{ source: place.source.name, rpc: place.rpc, chainId: place.running.dev.chainId },
    ...{ outbox: party.outbox, store: party.jobs, fees: party.fees, log: party.log, policy },
    nowMs: () => nowMs,
  })
const mine = () => place.ask('evm_mine')
const pendingOf = async ({ ask }: ContractJob) =>
  expectOk(await readJob(place.rpc, place.coordinator, ask.jobId)).isCallbackPending
const sent = () => party.events.filter((event) => event === 'chore_sent').length

/** Delivered, to a consumer that did not take it. */
async function delivered(): Promise<ContractJob> {
  const job = await place.answered(await place.request(consumer, place.terms()))
  const outcome = await party.desk.deliver(place.source, job)
  expect(outcome.kind).toBe('delivered')
  expect(await pendingOf(job)).toBe(true)
  await party.jobs.add({ ...job, state: 'delivered', endedAtMs: Date.now() })
  return job
}

test('a callback that would be taken now is made again, and its gas counts against the budget', async () => {
  party = await openParty(place, { raceBudget: budget })
  const job = await delivered()
  const look = chores({ callbackRetries: 2, expiresJobs: false })
  // It would revert again: nothing is sent, however often it is looked at.
  for (let times = 0; times < 3; times += 1) {
    await look()
    nowMs += 7 * 3_600_000
  }
  expect(sent()).toBe(0)
  await place.ask('anvil_setCode', consumer, consumerCode.silent)
  await look()
  await vi.waitFor(async () => expect(await pendingOf(job)).toBe(false), 10_000)
  expect(sent()).toBe(1)
  await vi.waitFor(async () => {
    await mine()
    await look()
    expect((await party.bankroll.read()).net).toBeLessThan(0n)
  }, 10_000)
  nowMs += 7 * 3_600_000
  await look()
  expect(sent()).toBe(1)
})

test('between two looks at one job is a pause that doubles', async () => {
  party = await openParty(place, { raceBudget: budget })
  await delivered()
  const look = chores({ callbackRetries: 1, expiresJobs: false })
  await look()
  await place.ask('anvil_setCode', consumer, consumerCode.silent)
  nowMs += 59_999
  await look()
  expect(sent()).toBe(0)
  nowMs += 1
  await look()
  expect(sent()).toBe(1)
})

test('a job whose time is over gives its consumer the escrow back', async () => {
  party = await openParty(place, { raceBudget: budget })
  const ask = await place.request(consumer, place.terms())
  const job = await place.answered(ask)
  await party.jobs.add({ ...job, state: 'expired', endedAtMs: Date.now() })
  const look = chores({ callbackRetries: 0, expiresJobs: true })
  // Not yet, whatever our records say.
  await look()
  expect(sent()).toBe(0)
  await place.ask('evm_increaseTime', 601)
  await mine()
  const booked = () => readBooked(place.rpc, place.coordinator, consumer)
  const before = expectOk(await booked())
  nowMs += 7 * 3_600_000
  await look()
  await vi.waitFor(async () => {
    expect(expectOk(await booked()) - before).toBe(ask.terms.maxFee + ask.terms.deliveryFee)
  }, 10_000)
  nowMs += 7 * 3_600_000
  await look()
  expect(sent()).toBe(1)
})

test.each([
  ['without a budget', { raceBudget: atomic(0n) }, { callbackRetries: 2, expiresJobs: true }],
  ['without being told to', { raceBudget: budget }, { callbackRetries: 0, expiresJobs: false }],
])('%s nothing of it is done', async (_name, fees, policy) => {
  party = await openParty(place, fees)
  const job = await delivered()
  await place.ask('anvil_setCode', consumer, consumerCode.silent)
  await chores(policy)()
  await mine()
  expect(sent()).toBe(0)
  expect(await pendingOf(job)).toBe(true)
})
