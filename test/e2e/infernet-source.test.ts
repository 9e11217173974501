/*
 * What of an Infernet is found to be answered, on a real chain: over reorganisations, beside other nodes, and by what it pays.
 * The Infernet is a stand-in (support/solidity/InfernetStandIn.sol).
 */
import { join } from 'node:path'
import { AbiCoder } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Hex } from '../../src/base/hex.ts'
import { containerIdOf } from '../../src/chain/infernet-subscription.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { type EmbeddedChain, embeddedChainId } from '../../src/dev/embedded-chain.ts'
import type { Offer } from '../../src/domain/contributor.ts'
import type { InfernetContainer } from '../../src/domain/infernet-container.ts'
import { type Address, address, atomic, zeroAddress } from '../../src/domain/units.ts'
import { decodeInfernetNote } from '../../src/jobs/infernet-note.ts'
import { infernetSource } from '../../src/jobs/infernet-source.ts'
import type { InfernetTerms } from '../../src/jobs/infernet-terms.ts'
import type { FoundJob, JobSource, SourceLook } from '../../src/jobs/job-source.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import {
  type InfernetPlace,
  openInfernetPlace,
  type StandInConsumer,
} from '../support/infernet-place.ts'
import { contributorOf } from '../support/routing.ts'

const node = address(`0x${'4d'.repeat(20)}`)
const gateway = address(`0x${'6a'.repeat(20)}`)
const prompt = AbiCoder.defaultAbiCoder().encode(['string'], ['Hi?']) as Hex
const ether = 10n ** 18n

const container: InfernetContainer = {
  ...{ name: 'gpt4', modelName: 'm', input: 'abi-string', output: 'abi-string' },
  ...{ envelope: 'pair', system: undefined, completionTokensMax: 8, decimals: undefined },
  answerPrice: atomic(100n),
}

/** Of a model that is called m. */
const offered: readonly Offer[] = contributorOf().offers.map((one) => ({ ...one, modelName: 'm' }))

let folder: ReturnType<typeof temporaryFolder>
let chain: EmbeddedChain
let infernet: InfernetPlace
let consumer: StandInConsumer
let nodeWallet: Address
let logged: readonly string[] = []

const rpc = async (method: string, ...params: readonly unknown[]) =>
  expectOk(await chain.rpc.call(method, params))

beforeAll(async () => {
  folder = temporaryFolder()
  chain = await startChain(join(folder.path, 'chain'))
  infernet = await openInfernetPlace(chain.rpc)
  consumer = await infernet.consumer()
  nodeWallet = await infernet.wallet()
})

afterAll(async () => {
  await chain?.stop()
  folder?.remove()
})

function source(change: Partial<InfernetTerms> = {}): JobSource {
  const payments = {
    // Ten units of six decimals for a coin.
    tokens: [{ token: zeroAddress, decimals: 18, price: atomic(10_000_000n) }],
    free: [{ consumer: consumer.address, deliveryFee: atomic(7n), budget: atomic(10_000n) }],
    verifiers: [],
    nodeWallet,
  }
  return infernetSource({
    ...{ rpc: chain.rpc, chainId: embeddedChainId, registry: infernet.registry, node, gateway },
    ...{ account: 'key_1', payments, callbackTimeS: 600, consumerGasMax: 500_000 },
    ...{ confirmations: 1, fromBlock: undefined },
    containers: new Map([[containerIdOf('gpt4'), container]]),
    offers: () => offered,
    log: {
      info: (event, facts) => {
        logged = [...logged, `${event} ${facts?.['reason']} ${facts?.['subscriptionId']}`]
      },
      error: (event) => {
        logged = [...logged, event]
      },
    },
    ...change,
  })
}

const looked = async (of: JobSource, cursor: string | undefined): Promise<SourceLook> =>
  expectOk(await of.watch(cursor))

/** A source that stands at the newest block. */
async function standing(change: Partial<InfernetTerms> = {}) {
  const of = source(change)
  let cursor = (await looked(of, undefined)).cursor
  const look = async (): Promise<SourceLook> => {
    const seen = await looked(of, cursor)
    cursor = seen.cursor
    return seen
  }
  return { of, look }
}

const numbersOf = (found: readonly FoundJob[]): readonly unknown[] =>
  found.map(({ note }) => {
    const { subscriptionId, interval } = decodeInfernetNote(note)
    return [subscriptionId, interval]
  })

const jobOf = ({ ask, note }: FoundJob) => ({
  ask,
  note,
  jobId: ask.jobId,
  answers: [],
  foundInBlock: 0,
})

describe('a callback', () => {
  test('is found once, with what it asks and who pays', async () => {
    const { of, look } = await standing()
    const id = await consumer.request('gpt4', prompt)
    const { found } = await look()
    expect(numbersOf(found)).toEqual([[id, 1]])
    const [job] = found
    expect(job?.account).toBe('key_1')
    // Granted: no race, for as much as the operator said.
    expect(job?.ask.terms).toMatchObject({ gateway, deliveryFee: 7n })
    expect(Buffer.from(String(job?.input).slice(2), 'hex').toString()).toContain('"content":"Hi?"')
    expect((await look()).found).toEqual([])
    if (job === undefined) throw new Error('not found')
    expect(expectOk(await of.standing(jobOf(job))).state).toBe('open')
  })

  test('of before is found from the block that is named, and whatever process looks names it alike', async () => {
    const fromBlock = Number(await rpc('eth_blockNumber'))
    const id = await consumer.request('gpt4', prompt)
    const [first, second] = [
      await looked(source({ fromBlock }), undefined),
      await looked(source({ fromBlock }), undefined),
    ]
    expect(numbersOf(first.found)).toContainEqual([id, 1])
    expect(first.found.map(({ ask }) => ask.jobId)).toEqual(
      second.found.map(({ ask }) => ask.jobId),
    )
  })

  test('waits for its confirmations, and for somebody who offers its model', async () => {
    let offers: readonly Offer[] = []
    await rpc('evm_mine')
    const { look } = await standing({ confirmations: 2, offers: () => offers })
    await consumer.request('gpt4', prompt)
    offers = offered
    expect((await look()).found).toEqual([])
    offers = []
    await rpc('evm_mine')
    expect((await look()).found).toEqual([])
    offers = offered
    expect((await look()).found).toHaveLength(1)
  })

  test('that another node has answered is left to it, unless more are wanted', async () => {
    const { of, look } = await standing()
    const one = await consumer.request('gpt4', prompt)
    const two = await consumer.request('gpt4', prompt, { redundancy: 2 })
    await infernet.deliver(one, 1)
    await infernet.deliver(two, 1)
    const { found } = await look()
    expect(numbersOf(found)).toEqual([[two, 1]])
    const [job] = found
    if (job === undefined) throw new Error('not found')
    expect(expectOk(await of.standing(jobOf(job))).state).toBe('open')
  })

  test('that another node answers while it is at work is told as touched, and delivered', async () => {
    const { of, look } = await standing()
    const id = await consumer.request('gpt4', prompt)
    const [job] = (await look()).found
    if (job === undefined) throw new Error('not found')
    await infernet.deliver(id, 1)
    const next = await look()
    expect(next.touched).toEqual([job.ask.jobId])
    expect(next.found).toEqual([])
    expect(expectOk(await of.standing(jobOf(job))).state).toBe('delivered')
  })

  test('whose block is taken back is no job any more, and its number may be another', async () => {
    const { of, look } = await standing()
    const snapshot = await rpc('evm_snapshot')
    const id = await consumer.request('gpt4', prompt)
    const [job] = (await look()).found
    if (job === undefined) throw new Error('not found')
    await rpc('evm_revert', snapshot)
    await rpc('evm_increaseTime', 5)
    await rpc('evm_mine')
    const gone = await look()
    expect(gone.touched).toEqual([job.ask.jobId])
    expect(expectOk(await of.standing(jobOf(job))).state).toBe('none')
    expect(await consumer.request('gpt4', prompt, { redundancy: 3 })).toBe(id)
    const again = await look()
    expect(numbersOf(again.found)).toEqual([[id, 1]])
    expect(again.found[0]?.ask.jobId).not.toBe(job.ask.jobId)
    expect(expectOk(await of.standing(jobOf(job))).state).toBe('none')
  })

  test('of a consumer that does not say what it asks, or nonsense, is refused', async () => {
    const { look } = await standing()
    await consumer.request('gpt4', '0x12')
    expect((await look()).found[0]?.refused).toEqual({
      reason: 'input_unreadable',
      detail: 'it is no abi.encode(string)',
    })
    await consumer.send('setSilent', true)
    await consumer.request('gpt4', prompt)
    expect((await look()).found[0]?.refused?.detail).toBe('it cannot be read')
    await consumer.send('setSilent', false)
  })
})

describe('a subscription', () => {
  const pass = async (seconds: number) => {
    await rpc('evm_increaseTime', seconds)
    await rpc('evm_mine')
  }

  test('is found once in each interval, by the clock of the chain, to its end', async () => {
    const { of, look } = await standing()
    const id = await consumer.subscribe('gpt4', { frequency: 4, period: 100 })
    expect((await look()).found).toEqual([])
    await pass(100)
    const first = (await look()).found
    expect(numbersOf(first)).toEqual([[id, 1]])
    expect((await look()).found).toEqual([])
    // What nobody looked at is over.
    await pass(200)
    expect(numbersOf((await look()).found)).toEqual([[id, 3]])
    const [job] = first
    if (job === undefined) throw new Error('not found')
    expect(expectOk(await of.standing(jobOf(job))).state).toBe('expired')
    await pass(1_000)
    expect((await look()).found).toEqual([])
  })

  test('that is cancelled is found no more, and what was found of it has expired', async () => {
    const { of, look } = await standing()
    const id = await consumer.subscribe('gpt4', { frequency: 9, period: 100 })
    await pass(100)
    const [job] = (await look()).found
    if (job === undefined) throw new Error('not found')
    await consumer.send('cancel', id)
    const next = await look()
    expect(next.touched).toEqual([job.ask.jobId])
    expect(expectOk(await of.standing(jobOf(job))).state).toBe('expired')
    await pass(100)
    expect((await look()).found).toEqual([])
  })
})

describe('what is paid', () => {
  const stranger = address(`0x${'99'.repeat(20)}`)

  /** Why the look passed a subscription over; undefined where it was found. */
  async function whyNot(
    more: Parameters<StandInConsumer['subscribe']>[2],
    of = source({ payments: { ...paid(), nodeWallet } }),
  ): Promise<string | undefined> {
    const { cursor } = await looked(of, undefined)
    const id = await consumer.subscribe('gpt4', { frequency: 1, period: 10 }, more)
    await rpc('evm_increaseTime', 10)
    await rpc('evm_mine')
    const { found } = await looked(of, cursor)
    if (found.length > 0) return undefined
    return logged.find((line) => line.endsWith(` ${id}`))?.split(' ')[1]
  }
  const paid = () => ({
    tokens: [{ token: zeroAddress, decimals: 18, price: atomic(10_000_000n) }],
    ...{ free: [], verifiers: [] as readonly Address[] },
  })

  test('is what reaches the wallet of the node, without what the answer costs', async () => {
    const { look } = await standing()
    const wallet = await infernet.wallet({ spender: consumer.address, amount: ether })
    await consumer.request('gpt4', prompt, { paymentAmount: ether, wallet })
    // Nine tenths of a coin at ten units, less 100: whoever is first has it.
    expect((await look()).found[0]?.ask.terms).toMatchObject({
      ...{ gateway: zeroAddress, deliveryFee: 8_999_900n },
    })
  })

  test('is looked at before anything is answered', async () => {
    const wallet = await infernet.wallet({ spender: consumer.address, amount: ether })
    const empty = await infernet.wallet()
    const payment = { paymentAmount: ether, wallet }
    expect(await whyNot({})).toBe('payment_too_small')
    expect(await whyNot({ ...payment, paymentToken: stranger })).toBe('payment_token_unknown')
    expect(await whyNot({ ...payment, verifier: stranger })).toBe('verifier_not_accepted')
    expect(await whyNot({ ...payment, wallet: stranger })).toBe('wallet_invalid')
    expect(await whyNot({ ...payment, wallet: empty })).toBe('wallet_empty')
    expect(await whyNot({ ...payment, paymentAmount: 1n })).toBe('payment_too_small')
    const none = { ...paid(), nodeWallet: zeroAddress }
    expect(await whyNot(payment, source({ payments: none }))).toBe('wallet_invalid')
    const silent = { ...paid(), nodeWallet, verifiers: [stranger] }
    expect(await whyNot({ ...payment, verifier: stranger }, source({ payments: silent }))).toBe(
      'verifier_not_accepted',
    )
    expect(await whyNot(payment)).toBeUndefined()
  })

  test('by the operator ends with the budget, whoever looks next', async () => {
    const free = [{ consumer: consumer.address, deliveryFee: atomic(40n), budget: atomic(100n) }]
    const terms = { payments: { ...paid(), free, nodeWallet } }
    const { look } = await standing(terms)
    const found: FoundJob[] = []
    for (let times = 0; times < 4; times += 1) {
      await consumer.request('gpt4', prompt)
      found.push(...(await look()).found)
    }
    expect(found).toHaveLength(2)
    expect(logged.at(-1)).toMatch(/^infernet_passed_over payment_too_small/)
  })
})

test('a chain that is gone is told, and a subscription that cannot be read is given up in the end', async () => {
  const gone = source({ rpc: jsonRpc('http://127.0.0.1:9') })
  expect(await gone.watch(undefined)).toMatchObject({ error: { reason: 'chain_unreachable' } })
  let isDown = false
  const flaky: InfernetTerms['rpc'] = {
    origin: chain.rpc.origin,
    call: (method, params) =>
      isDown && method === 'eth_call'
        ? jsonRpc('http://127.0.0.1:9').call(method, params)
        : chain.rpc.call(method, params),
  }
  const { look } = await standing({ rpc: flaky })
  const unread = () => logged.filter((line) => line === 'infernet_unread').length
  const before = unread()
  await consumer.request('gpt4', prompt)
  isDown = true
  expect((await look()).found).toEqual([])
  isDown = false
  expect((await look()).found).toHaveLength(1)
  await consumer.request('gpt4', prompt)
  isDown = true
  for (let times = 0; times < 3; times += 1) await look()
  isDown = false
  expect((await look()).found).toEqual([])
  expect(unread() - before).toBe(4)
})
