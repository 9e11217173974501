/*
 * `vouch/jobs` on a real chain: jobs asked for by a contract and answered with receipts that the chain verifies, followed by
 * what a node tells.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { utf8Text } from '../../src/base/bytes.ts'
import { toHex } from '../../src/base/hex.ts'
import { expireCall, retryCallbackCall } from '../../src/chain/inference-coordinator.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { jobIdsIn } from '../../src/client/asked-jobs.ts'
import {
  type FollowJobOptions,
  followJob,
  JobUnanswered,
  JobUnseen,
  waitForAnswer,
} from '../../src/client/follow-job.ts'
import { JobContradiction } from '../../src/client/job-contradiction.ts'
import type { JobProgress } from '../../src/client/job-progress.ts'
import { type AnsweredJobs, openAnsweredJobs } from '../support/answered-jobs.ts'
import {
  type SlashingParty,
  type SlashingPlace,
  startSlashingPlace,
} from '../support/slashing-place.ts'

const hello = toHex(new TextEncoder().encode('hello'))
const other = toHex(new TextEncoder().encode('something else'))

let at: SlashingPlace
let jobs: AnsweredJobs
let contributors: readonly SlashingParty[]

beforeAll(async () => {
  at = await startSlashingPlace()
  jobs = await openAnsweredJobs(at)
  contributors = [await at.newParty('contributor'), await at.newParty('contributor')]
})
afterAll(() => at?.stop())

const [first, second] = [
  () => contributors[0] as SlashingParty,
  () => contributors[1] as SlashingParty,
]

const options = (jobId: string): FollowJobOptions => ({
  rpcUrl: at.chain.url,
  coordinator: at.contracts.coordinator.address,
  jobId,
  pollMs: 5,
})

/** A provider whose `eth_getLogs` answers are changed on their way. */
const providerWith = (
  change: (logs: unknown) => unknown,
): NonNullable<FollowJobOptions['provider']> => ({
  request: async ({ method, params = [] }) => {
    const answer = await at.chain.ask(method, params)
    return method === 'eth_getLogs' ? change(answer) : answer
  },
})

async function all(following: AsyncIterable<JobProgress>): Promise<readonly JobProgress[]> {
  const told: JobProgress[] = []
  for await (const progress of following) told.push(progress)
  return told
}

test('a job is followed as it goes on, to the end that the contract took its answer', async () => {
  const job = await jobs.ask()
  const told: JobProgress[] = []
  for await (const progress of followJob(options(job.jobId))) {
    told.push(progress)
    if (progress.state === 'requested') {
      await jobs.answer(job, { contributor: first(), content: hello })
    }
  }
  expect(told.map(({ state }) => state)).toEqual([
    'requested',
    'answered',
    'delivered',
    'called_back',
  ])
  expect(told[0]).toMatchObject({
    consumer: jobs.consumer.address,
    input: Uint8Array.of(1, 2),
    agreement: 1,
  })
  const [, answered, delivered] = told
  expect(answered).toMatchObject({ contributor: first().operator.address, fee: 1n })
  expect(delivered).toMatchObject({ gateway: jobs.gateway.operator.address })
  expect(delivered?.state === 'delivered' && utf8Text(delivered.content)).toBe('hello')
  expect(answered?.state === 'answered' && answered.receiptDigest).toBe(
    delivered?.state === 'delivered' && delivered.receiptDigest,
  )
})

test('an end that is there already is told from the beginning, wherever one begins to look', async () => {
  const job = await jobs.ask()
  await jobs.answer(job, { contributor: first(), content: hello })
  const [requested] = await all(followJob(options(job.jobId)))
  const fromBlock = requested?.state === 'requested' ? requested.blockNumber : 0
  expect(await all(followJob({ ...options(job.jobId), fromBlock }))).toHaveLength(4)
  await at.mine(4_100)
  expect(await all(followJob({ ...options(job.jobId), fromBlock }))).toHaveLength(4)
  expect(await all(followJob(options(job.jobId)))).toHaveLength(4)
})

test('answers that do not agree are told one by one, and a job without agreement has no answer', async () => {
  const job = await jobs.ask({ agreement: 2, answersMax: 2 })
  await jobs.answer(job, { contributor: first(), content: hello })
  await jobs.answer(job, { contributor: second(), content: other })
  const told = await all(followJob(options(job.jobId)))
  expect(told.map(({ state }) => state)).toEqual(['requested', 'answered', 'answered', 'failed'])
  await expect(waitForAnswer(options(job.jobId))).rejects.toThrow(JobUnanswered)
})

test('a contract that refuses its answer is called again, and the follower sees it', async () => {
  await jobs.setRefuses(true)
  const job = await jobs.ask()
  await jobs.answer(job, { contributor: first(), content: hello })
  const coordinator = at.contracts.coordinator.address
  const told: string[] = []
  for await (const { state } of followJob(options(job.jobId))) {
    told.push(state)
    if (state !== 'callback_failed') continue
    await jobs.setRefuses(false)
    await jobs.send(retryCallbackCall(coordinator, job.jobId, hello))
  }
  expect(told).toEqual(['requested', 'answered', 'delivered', 'callback_failed', 'called_back'])
})

test('nobody is called back where nobody asked to be', async () => {
  const job = await jobs.ask({ callbackGas: 0 })
  await jobs.answer(job, { contributor: first(), content: hello })
  const told = await all(followJob(options(job.jobId)))
  expect(told.map(({ state }) => state)).toEqual(['requested', 'answered', 'delivered'])
})

test('a job that nobody delivers ends when its time is over, refunded or not', async () => {
  const job = await jobs.ask({ deliveryTime: 60 })
  await at.wait(61)
  const [, expired] = await all(followJob(options(job.jobId)))
  expect(expired).toMatchObject({ state: 'expired', refund: undefined })
  await expect(waitForAnswer(options(job.jobId))).rejects.toThrow(/nobody delivered/)
  const coordinator = at.contracts.coordinator.address
  await jobs.send(expireCall({ coordinator, ...job }))
  const [, refunded] = await all(followJob(options(job.jobId)))
  expect(refunded).toMatchObject({ state: 'expired', refund: { blockNumber: expect.any(Number) } })
})

test('with confirmations an answer is told when so many blocks are on top of it', async () => {
  const job = await jobs.ask()
  await jobs.answer(job, { contributor: first(), content: hello })
  const following = followJob({ ...options(job.jobId), confirmations: 3 })
  const next = following.next()
  await at.mine(2)
  expect((await next).value).toMatchObject({ state: 'requested' })
  await at.mine(1)
  expect((await following.next()).value).toMatchObject({ state: 'answered' })
  await following.return()
})

test('content that is not what was agreed on is never told, whatever the node says', async () => {
  const job = await jobs.ask()
  await jobs.answer(job, { contributor: first(), content: hello })
  const { rpcUrl: _, ...rest } = options(job.jobId)
  const altered = providerWith((logs) =>
    JSON.parse(JSON.stringify(logs).replaceAll(hello.slice(2), other.slice(2, hello.length))),
  )
  await expect(waitForAnswer({ ...rest, provider: altered })).rejects.toThrow(JobContradiction)
  const honest = await waitForAnswer({ ...rest, provider: providerWith((logs) => logs) })
  expect(utf8Text(honest.content)).toBe('hello')
})

test('whoever aborts gets the reason, and a chain that cannot be asked is told', async () => {
  const unknown = `0x${'77'.repeat(32)}`
  const ended = new AbortController()
  const following = waitForAnswer({ ...options(unknown), signal: ended.signal })
  ended.abort(new Error('no longer wanted'))
  await expect(following).rejects.toThrow('no longer wanted')
  const { rpcUrl: _, ...rest } = options(unknown)
  const silent = { request: () => Promise.reject(new Error('no network')) }
  await expect(waitForAnswer({ ...rest, provider: silent })).rejects.toThrow(JobUnseen)
  await expect(waitForAnswer({ ...options(unknown), coordinator: '0x12' })).rejects.toThrow(
    TypeError,
  )
  await expect(waitForAnswer(rest)).rejects.toThrow(/one of rpcUrl and provider/)
})

test('the jobs of a transaction are read from its receipt', async () => {
  const { jobId } = await jobs.ask()
  const head = await jsonRpc(at.chain.url).call('eth_getBlockByNumber', ['latest', false])
  const { transactions } = (head.ok ? head.value : {}) as { readonly transactions: string[] }
  const receipt = (await at.chain.ask('eth_getTransactionReceipt', transactions)) as Parameters<
    typeof jobIdsIn
  >[0]
  expect(receipt.logs.length).toBeGreaterThan(1)
  expect(await jobIdsIn(receipt, at.contracts.coordinator.address)).toEqual([jobId])
  expect(await jobIdsIn(receipt, at.asset.address)).toEqual([])
})
