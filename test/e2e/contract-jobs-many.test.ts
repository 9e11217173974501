/*
 * Two hundred questions of contracts on two chains, to two gateways that compete and are killed: consumers revert and burn gas,
 * deliveries are copied from the mempool, blocks are taken back, deadlines pass. At the end every coordinator's money is where it belongs.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { expireCall, readJob } from '../../src/chain/inference-coordinator.ts'
import type { ContractAsk, JobTerms } from '../../src/domain/contract-job.ts'
import { type Address, type Bytes32, zeroAddress } from '../../src/domain/units.ts'
import {
  type AskingConsumers,
  consumerKinds,
  openAskingConsumers,
} from '../support/asking-consumers.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type JobGateway, openJobGateway } from '../support/job-gateway.ts'
import { type MirroredJobs, mirroredModel, openMirroredJobs } from '../support/mirrored-jobs.ts'

let place: MirroredJobs
let home: AskingConsumers
let mirror: AskingConsumers
let one: JobGateway
let other: JobGateway

beforeAll(async () => {
  place = await openMirroredJobs({ contributors: 3, gateways: 2 })
  home = await openAskingConsumers(place.home)
  mirror = await openAskingConsumers(place.mirror)
  const [first, second] = place.gateways
  if (first === undefined || second === undefined) throw new Error('there are two gateways')
  const { folder } = place.running
  one = await openJobGateway(place, first, join(folder, 'one'))
  other = await openJobGateway(place, second, join(folder, 'other'))
}, 120_000)
afterAll(async () => {
  await one?.stop()
  await other?.stop()
  await place?.stop()
}, 60_000)

/** Patience for a wave of jobs on a machine that does much else. */
const waveMs = 120_000
const deliveryTimeS = 600

const terms = (gateway: Address, change: Partial<JobTerms> = {}): JobTerms => ({
  modelId: mirroredModel.modelId,
  gateway,
  minTiers: 3,
  promptAtomicPerMtok: mirroredModel.promptAtomicPerMtok,
  completionAtomicPerMtok: mirroredModel.completionAtomicPerMtok,
  maxFee: 10_000n,
  deliveryFee: 1_000_000n,
  deliveryTime: deliveryTimeS,
  callbackGas: 200_000,
  agreement: 1,
  answersMax: 1,
  ...change,
})

let asked = 0
const question = (): string => {
  asked += 1
  return JSON.stringify({
    model: mirroredModel.name,
    messages: [{ role: 'user', content: `Question ${asked}` }],
    max_tokens: 16,
    temperature: 0,
    seed: 7,
  })
}

/** Asks so often, each kind of consumer in turn. */
async function askMany(
  consumers: AskingConsumers,
  count: number,
  of: JobTerms,
): Promise<readonly ContractAsk[]> {
  const asks: ContractAsk[] = []
  for (let index = 0; index < count; index += 1) {
    const kind = consumerKinds[index % consumerKinds.length]
    asks.push(await consumers.request({ terms: of, input: question() }, kind))
  }
  return asks
}

const namesOf = (asks: readonly ContractAsk[]): readonly Bytes32[] => asks.map(({ jobId }) => jobId)

const untilDelivered = (
  consumers: AskingConsumers,
  asks: readonly ContractAsk[],
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<void> =>
  vi.waitFor(
    async () => {
      await meanwhile()
      const delivered = new Set(await consumers.delivered())
      expect(namesOf(asks).filter((jobId) => !delivered.has(jobId))).toEqual([])
    },
    { timeout: waveMs, interval: 250 },
  )

type ToldJob = { readonly state: string; readonly reason: string | null }

const told = async (gateway: JobGateway, jobId: Bytes32): Promise<ToldJob> =>
  (await (await fetch(`${gateway.origin}/v1/jobs/${jobId}`)).json()) as ToldJob

const untilTold = (
  gateway: JobGateway,
  asks: readonly ContractAsk[],
  expected: Partial<ToldJob>,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<void> =>
  vi.waitFor(
    async () => {
      await meanwhile()
      for (const { jobId } of asks) expect(await told(gateway, jobId)).toMatchObject(expected)
    },
    { timeout: waveMs, interval: 100 },
  )

/** How often each job was asked of any contributor. */
const timesAsked = (): ReadonlyMap<string, number> => {
  const names = place.contributors
    .flatMap(({ upstream }) => upstream.requests)
    .map(({ headers }) => String(headers['x-vouch-job']))
  return new Map([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]))
}

test('questions to a gateway by its name, on both chains, whatever their consumers do', async () => {
  const asks = [
    await askMany(home, 80, terms(one.account.operator)),
    await askMany(mirror, 40, terms(other.account.operator)),
  ] as const
  await untilDelivered(home, asks[0])
  await untilDelivered(mirror, asks[1])
}, 200_000)

test('questions to whoever is first: two gateways compete, and one is killed in the middle', async () => {
  const open = terms(zeroAddress)
  const atHome = await askMany(home, 30, open)
  await other.kill()
  const atMirror = await askMany(mirror, 20, open)
  await other.start()
  await untilDelivered(home, atHome)
  await untilDelivered(mirror, atMirror)
}, 200_000)

test('questions that two of three contributors must agree on, of whom one lies', async () => {
  const [liar] = place.contributors
  liar?.upstream.become(liar.signing.answer(['no']))
  const asks = await askMany(home, 10, terms(one.account.operator, { agreement: 2, answersMax: 3 }))
  await untilDelivered(home, asks)
  liar?.upstream.become(liar.signing.answer(['yes']))
}, 200_000)

test('a gateway that is killed between inference and delivery delivers once, and asks nobody again', async () => {
  const setBaseFee = async (gwei: bigint): Promise<void> => {
    await home.ask('anvil_setNextBlockBaseFeePerGas', `0x${(gwei * 10n ** 9n).toString(16)}`)
    await home.ask('evm_mine')
  }
  // From the first question to a contributor on, no fee covers the gas.
  let isDear: Promise<void> | undefined
  for (const { upstream, signing } of place.contributors) {
    const answer = signing.answer(['yes'])
    upstream.become(async (request, response) => {
      // Gateways ask contributors more than the questions of contracts.
      if (request.headers['x-vouch-job'] !== undefined) isDear ??= setBaseFee(5_000n)
      await isDear
      await answer(request, response)
    })
  }
  const asks = [await home.request({ terms: terms(one.account.operator), input: question() })]
  await untilTold(one, asks, { state: 'delivering', reason: 'fee_below_gas' })
  await one.kill()
  const before = timesAsked()
  expect(asks.map(({ jobId }) => before.get(jobId))).toEqual([1])
  const delivered = new Set(await home.delivered())
  expect(namesOf(asks).some((jobId) => delivered.has(jobId))).toBe(false)
  await setBaseFee(1n)
  await one.start()
  await untilDelivered(home, asks)
  expect(asks.map(({ jobId }) => timesAsked().get(jobId))).toEqual([1])
  for (const { upstream, signing } of place.contributors) upstream.become(signing.answer(['yes']))
}, 200_000)

test('deliveries that somebody copies out of the mempool: the same are paid, whoever sends them', async () => {
  const { rpc, coordinator, minter } = place.mirror
  const thief = minter.address
  const deliverer = other.account.operator
  await mirror.ask('evm_setAutomine', false)
  const asks = await askMany(mirror, 12, terms(deliverer))
  const copied = new Set<string>()
  await mirror.ask('anvil_impersonateAccount', thief)
  await vi.waitFor(
    async () => {
      const { pending } = (await mirror.ask('txpool_content')) as {
        readonly pending: Readonly<Record<string, Readonly<Record<string, PooledTransaction>>>>
      }
      for (const [from, pooled] of Object.entries(pending)) {
        for (const { to, input } of Object.values(pooled)) {
          const isDelivery = from.toLowerCase() === deliverer && to?.toLowerCase() === coordinator
          if (!isDelivery || copied.has(input)) continue
          copied.add(input)
          const gasPrice = `0x${(100n * 10n ** 9n).toString(16)}`
          const copy = { from: thief, to: coordinator, data: input, gas: '0x1e8480', gasPrice }
          await mirror.ask('eth_sendTransaction', copy)
        }
      }
      await mirror.ask('evm_mine')
      const delivered = new Set(await mirror.delivered())
      expect(namesOf(asks).filter((jobId) => !delivered.has(jobId))).toEqual([])
    },
    { timeout: waveMs, interval: 100 },
  )
  expect(copied.size).toBeGreaterThan(0)
  // The gateway knows its own answers, whoever brought them.
  await untilTold(other, asks, { state: 'delivered' }, () => mirror.ask('evm_mine'))
  await mirror.ask('evm_setAutomine', true)
  for (const { jobId } of asks) {
    expect(expectOk(await readJob(rpc, coordinator, jobId)).state).toBe('delivered')
  }
}, 200_000)

type PooledTransaction = { readonly to: string | null; readonly input: string }

/** Asked in a block that was taken back, and never asked again. */
let vanished = 0

test('blocks that are taken back: what is still asked is delivered again, and the rest is forgotten', async () => {
  const { rpc, coordinator } = place.home
  const asks = await askMany(home, 12, terms(one.account.operator))
  await untilDelivered(home, asks)
  await home.ask('anvil_reorg', 8, [])
  const delivered = new Set(await home.delivered())
  expect(namesOf(asks).filter((jobId) => delivered.has(jobId)).length).toBeLessThan(asks.length)
  const states = await Promise.all(
    namesOf(asks).map(async (jobId) => expectOk(await readJob(rpc, coordinator, jobId)).state),
  )
  const left = asks.filter((_ask, index) => states[index] !== 'none')
  vanished += asks.length - left.length
  expect(left.length).toBeGreaterThan(0)
  // Blocks go on coming, as they do on a chain that others use.
  await untilDelivered(home, left, () => home.ask('evm_mine'))
  // What is asked after it is served as ever.
  await untilDelivered(home, await askMany(home, 10, terms(one.account.operator)))
}, 200_000)

test('private questions wait for their bytes; what never comes expires, and its money goes back', async () => {
  const of = terms(one.account.operator)
  const inputs = Array.from({ length: 10 }, question)
  const asks: ContractAsk[] = []
  for (const input of inputs) asks.push(await home.requestPrivate({ terms: of, input }))
  await untilTold(one, asks, { state: 'waiting' })
  const give = (jobId: Bytes32, body: string): Promise<Response> =>
    fetch(`${one.origin}/v1/jobs/${jobId}/input`, { method: 'POST', body })
  const [given, kept] = [asks.slice(0, 6), asks.slice(6)]
  for (const [index, { jobId }] of given.entries()) {
    expect((await give(jobId, 'something else')).status).toBe(400)
    for (let times = 0; times < 2; times += 1) {
      const answer = await give(jobId, inputs[index] ?? '')
      expect(answer.status).toBe(200)
      expect(await answer.text()).not.toContain('Question')
    }
  }
  await untilDelivered(home, given)
  await home.ask('evm_increaseTime', deliveryTimeS + 60)
  await home.ask('evm_mine')
  for (const ask of kept) await home.send(expireCall(ask))
  await untilTold(one, kept, { state: 'expired' })
  const [late] = kept
  if (late === undefined) throw new Error('some were kept')
  expect((await give(late.jobId, inputs[6] ?? '')).status).toBe(410)
}, 200_000)

test('the money of every coordinator is where its events say, and no job was paid twice', async () => {
  const all = [await home.books(), await mirror.books()]
  expect(all.reduce((sum, { requested }) => sum + requested, 0)).toBe(asked - vanished)
  expect(asked).toBeGreaterThanOrEqual(200)
  for (const books of all) {
    expect([...books.deliveries.values()].filter((times) => times !== 1)).toEqual([])
    expect(books.escrowIn).toBe(books.fees + books.refunds + books.open)
    expect(books.booked).toEqual(books.accounts)
    const booked = [...books.booked.values()].reduce((sum, amount) => sum + amount, 0n)
    expect(books.held).toBe(booked + books.open)
    for (const { operator } of place.contributors) {
      expect(books.booked.get(operator)).toBeGreaterThan(0n)
    }
  }
  for (const gateway of [one, other]) expect(gateway.output()).not.toContain('internal_error')
})
