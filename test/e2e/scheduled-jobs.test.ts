/*
 * A contract that scheduled its question, served by a whole gateway while a week passes on its chain: each day's run is opened,
 * answered, delivered and called back once, whatever the gateway's own clock says, and what it was away for is not caught up.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeCall } from '../../src/chain/contracts.ts'
import { readSchedule, scheduleCall } from '../../src/chain/inference-coordinator.ts'
import { escrowOf } from '../../src/domain/contract-job.ts'
import { type Bytes32, unixSeconds } from '../../src/domain/units.ts'
import { hexOfText } from '../support/asking-place.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type JobsPlace, jobModelName, openJobsPlace } from '../support/jobs-place.ts'

const dayS = 86_400
const runs = 5

let place: JobsPlace
beforeAll(async () => {
  place = await openJobsPlace(1)
})
afterAll(() => place?.close())

const ask = async (method: string, ...params: readonly unknown[]) =>
  expectOk(await place.running.chain.rpc.call(method, params))

async function schedule(): Promise<Bytes32> {
  const { asking, running } = place
  const terms = asking.terms({ deliveryTime: 3_600 })
  const messages = [{ role: 'user', content: 'How risky is it today?' }]
  const body = { model: jobModelName, messages, max_tokens: 16, temperature: 0, seed: 7 }
  const call = scheduleCall(running.dev.contracts.coordinator, {
    terms,
    input: hexOfText(JSON.stringify(body)),
    rhythm: { startsAt: unixSeconds(0), period: dayS, runsMax: 100 },
    budget: escrowOf(terms) * BigInt(runs),
  })
  await ask('anvil_impersonateAccount', asking.consumer)
  const to = call.contract.address
  const transaction = { from: asking.consumer, to, data: await encodeCall(call), gas: '0x989680' }
  const hash = await ask('eth_sendTransaction', transaction)
  const receipt = (await ask('eth_getTransactionReceipt', hash)) as {
    readonly logs: readonly { readonly topics: readonly Bytes32[] }[]
  }
  const scheduleId = receipt.logs[0]?.topics[1]
  if (scheduleId === undefined) throw new Error('not scheduled')
  return scheduleId
}

const standing = async (scheduleId: Bytes32) => {
  const { chain, dev } = place.running
  return expectOk(await readSchedule(chain.rpc, dev.contracts.coordinator, scheduleId))
}

async function delivered(): Promise<readonly Bytes32[]> {
  const listed = await place.gateway().jobs?.door.list({ states: ['delivered'], limit: 100 })
  return listed?.ok ? listed.value.map((job) => job.ask.jobId) : []
}

/** Rounds are made until so many runs were delivered. */
async function untilDelivered(count: number): Promise<void> {
  while ((await delivered()).length < count) await place.gateway().jobs?.lookNow()
}

const passDays = async (days: number) => {
  await ask('evm_increaseTime', days * dayS)
  await ask('evm_mine')
}

test('a week of runs, with a gateway that is away for two days of it', async () => {
  const { asking } = place
  const scheduleId = await schedule()
  await untilDelivered(1)
  await passDays(1)
  await untilDelivered(2)
  await place.stopGateway()
  await passDays(3)
  await place.startGateway()
  await untilDelivered(3)
  expect(await standing(scheduleId)).toMatchObject({ runs: 3, lastInterval: 5 })
  await passDays(1)
  await untilDelivered(4)
  await passDays(1)
  await untilDelivered(5)
  expect(await standing(scheduleId)).toMatchObject({ runs, lastInterval: 7, budget: 0n })
  // Its budget is spent: whatever time comes, there is nothing more.
  await passDays(3)
  const times = (event: string) =>
    place
      .log()
      .split('\n')
      .filter((line) => line.includes(`"${event}"`)).length
  while (times('schedule_over') === 0) await place.gateway().jobs?.lookNow()
  await place.gateway().jobs?.lookNow()
  expect(await standing(scheduleId)).toMatchObject({ runs })
  const jobIds = await delivered()
  expect(new Set(jobIds).size).toBe(runs)
  for (const jobId of jobIds) {
    expect(await asking.answered(jobId)).toBe('yes')
    expect(await asking.timesAnswered(jobId)).toBe(1)
  }
  expect(times('schedule_found')).toBe(1)
  expect(times('schedule_poked')).toBe(runs)
  expect(times('schedule_over')).toBe(1)
})
