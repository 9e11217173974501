/*
 * Transactions that must pay for themselves: what the outbox makes of their caps on a real chain whose base fee and clock
 * the test moves.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { worstCostWei } from '../../src/domain/transaction-caps.ts'
import { address } from '../../src/domain/units.ts'
import { openOutbox } from '../../src/settlement/outbox.ts'
import { advanceLane } from '../../src/settlement/outbox-lane.ts'
import type { OutboxEntry, OutboxStore } from '../../src/store/outbox-store.ts'
import {
  chainId,
  gwei,
  laneOf,
  type OutboxChain,
  queuedEntry,
  startOutboxChain,
  transactionOf,
} from '../support/outbox-chain.ts'
import { type OutboxPlace, sqliteOutboxPlace } from '../support/outbox-place.ts'

let chain: OutboxChain
let account: Awaited<ReturnType<OutboxChain['account']>>
let place: OutboxPlace
let store: OutboxStore
let fromBlock: number
let events: string[]
let nowMs: number

beforeAll(async () => {
  chain = await startOutboxChain()
  await chain.ask('evm_setAutomine', false)
})
afterAll(() => chain.stop())
beforeEach(async () => {
  await baseFee(1n)
  account = await chain.account()
  place = await sqliteOutboxPlace()
  store = await place.open()
  fromBlock = await chain.height()
  events = []
  nowMs = 1_700_000_000_000
})
afterEach(async () => {
  await store.close()
  await place.remove()
})

const log = {
  info: (event: string) => void events.push(event),
  error: (event: string) => void events.push(event),
}
const look = () =>
  advanceLane(laneOf(account, { rpc: chain.rpc, store, log, nowMs: () => nowMs, confirmations: 2 }))
const mine = () => chain.ask('evm_mine')
/** The block that has it, and every one after it until the next call, as far as empty blocks allow. */
async function baseFee(inGwei: bigint): Promise<void> {
  await chain.ask('anvil_setNextBlockBaseFeePerGas', `0x${(inGwei * gwei).toString(16)}`)
  await mine()
}
async function chainNowS(): Promise<number> {
  const head = (await chain.ask('eth_getBlockByNumber', 'latest', false)) as { timestamp: string }
  return Number(head.timestamp)
}
const capsOf = async (change: object = {}) => ({
  feeWeiMax: 20n * gwei,
  gasLimitMax: 200_000n,
  notAfterS: (await chainNowS()) + 600,
  ...change,
})
const put = async (intentId: string, change: object = {}) =>
  store.put(queuedEntry(account.address, intentId, await capsOf(change)))
const entry = async (intentId: string): Promise<OutboxEntry> => {
  const found = await store.find(intentId)
  if (found === undefined) throw new Error('no such intent')
  return found
}
const executions = async () =>
  Object.fromEntries(await chain.executions(account.address, fromBlock))
const spentWei = async () =>
  10n ** 20n - BigInt(String(await chain.ask('eth_getBalance', account.address, 'latest')))
const pass = async (seconds: number) => {
  await chain.ask('evm_increaseTime', seconds)
  await mine()
}

describe('a transaction with caps', () => {
  test('is signed with its own limit of gas and never offers more than its price', async () => {
    await put('a', { feeWeiMax: 2n * gwei })
    await look()
    const [attempt] = (await entry('a')).attempts
    expect(attempt).toMatchObject({ gasLimit: 200_000n, isEmpty: false })
    expect(attempt?.maxFeePerGas).toBeLessThanOrEqual(2n * gwei)
    await mine()
    await mine()
    await look()
    expect((await entry('a')).state).toBe('final')
    expect(await executions()).toEqual({ a: 1 })
  })

  test('waits while the chain asks for more, and lets others pass', async () => {
    await baseFee(60n)
    await put('a')
    await store.put(queuedEntry(account.address, 'claim'))
    expect(await look()).toBeUndefined()
    expect(await entry('a')).toMatchObject({ state: 'queued', nonce: undefined })
    expect((await entry('claim')).state).toBe('sent')
    await mine()
    await baseFee(10n)
    await look()
    await mine()
    await mine()
    await look()
    expect(await executions()).toEqual({ claim: 1, a: 1 })
  })

  test('is given up, and nothing of it is sent, when its time is over', async () => {
    await baseFee(60n)
    await put('a')
    await look()
    await pass(601)
    await baseFee(1n)
    await look()
    expect(await entry('a')).toMatchObject({
      state: 'failed',
      attempts: [],
      failure: { message: 'too late' },
    })
    expect(await spentWei()).toBe(0n)
  })

  test('is not sent where it needs more gas than it may use', async () => {
    await put('a', { gasLimitMax: 21_001n })
    expect(await look()).toBeUndefined()
    expect(await entry('a')).toMatchObject({
      state: 'failed',
      attempts: [],
      failure: { message: expect.stringMatching(/more than its 21001/) },
    })
  })

  test('that would revert ends at once, even behind others', async () => {
    const moody = address(`0x${'6f'.repeat(20)}`)
    await chain.ask('anvil_setCode', moody, '0x5f5ffd')
    await store.put(queuedEntry(account.address, 'claim'))
    await store.put({ ...queuedEntry(account.address, 'a', await capsOf()), to: moody })
    await look()
    expect(await entry('a')).toMatchObject({ state: 'failed', attempts: [] })
    expect((await entry('claim')).state).toBe('sent')
    await mine()
  })

  test('is replaced by an empty one when it is too late, and costs less than it was allowed', async () => {
    const caps = await capsOf()
    await put('a')
    await look()
    // No block takes it at its price, and then its time is over.
    await baseFee(100n)
    await pass(601)
    await baseFee(30n)
    await look()
    const emptied = await entry('a')
    expect(emptied.attempts.map(({ isEmpty }) => isEmpty)).toEqual([false, true])
    expect(events).toEqual(['transaction_emptied'])
    await baseFee(30n)
    await look()
    expect((await entry('a')).state).toBe('mined')
    await mine()
    await look()
    expect(await entry('a')).toMatchObject({
      state: 'failed',
      failure: { message: expect.stringMatching(/empty transaction took its nonce/) },
    })
    expect(await executions()).toEqual({})
    const spent = await spentWei()
    expect(spent).toBeGreaterThan(0n)
    expect(spent).toBeLessThanOrEqual(worstCostWei(caps))
  })

  test('an empty one that costs too much waits as well, and nothing else of it is sent', async () => {
    await put('a')
    await look()
    await baseFee(900n)
    await pass(601)
    await baseFee(900n)
    const [attempt] = (await entry('a')).attempts
    await chain.ask('anvil_dropTransaction', attempt?.transactionHash)
    expect(await look()).toBeUndefined()
    expect((await entry('a')).attempts).toHaveLength(1)
    expect(await chain.pooled()).toBe(0)
    await baseFee(10n)
    await look()
    await mine()
    await mine()
    await look()
    expect((await entry('a')).state).toBe('failed')
    expect(await executions()).toEqual({})
  })

  test('makes room for a claim behind it when no block takes it at its price', async () => {
    await put('a')
    await look()
    await store.put(queuedEntry(account.address, 'claim'))
    await baseFee(60n)
    nowMs += 29_999
    await look()
    expect((await entry('a')).attempts).toHaveLength(1)
    nowMs += 1
    await look()
    expect((await entry('a')).attempts[1]?.isEmpty).toBe(true)
    await baseFee(60n)
    await look()
    await mine()
    await look()
    expect(await executions()).toEqual({ claim: 1 })
    expect((await entry('a')).state).toBe('failed')
  })

  test('that got in after all counts, although an empty one was sent', async () => {
    await put('a')
    await look()
    const [attempt] = (await entry('a')).attempts
    await baseFee(100n)
    await pass(601)
    await baseFee(30n)
    await look()
    const empty = (await entry('a')).attempts[1]
    // Some other node still had the first.
    await chain.ask('anvil_dropTransaction', empty?.transactionHash)
    await baseFee(1n)
    await chain.ask('eth_sendRawTransaction', attempt?.raw)
    await mine()
    await mine()
    await look()
    expect((await entry('a')).state).toBe('final')
    expect(await executions()).toEqual({ a: 1 })
  })

  test('is the outcome that its asker is told, emptied or not', async () => {
    const outbox = openOutbox({
      ...{ rpc: chain.rpc, chainId, privateKey: account.privateKey, store, log },
      ...{ confirmations: 2, feeWeiMax: 1_000n * gwei, nowMs: Date.now },
    })
    const caps = await capsOf()
    const told = outbox.sender.transact(transactionOf('a'), {
      ...{ intentId: 'a', kind: 'delivery', caps },
    })
    await vi.waitFor(async () => expect((await entry('a')).state).toBe('sent'))
    await baseFee(100n)
    await pass(601)
    await baseFee(30n)
    await vi.waitFor(async () => expect((await entry('a')).attempts).toHaveLength(2), 10_000)
    await baseFee(30n)
    await mine()
    expect(await told).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/empty transaction/) },
    })
    await outbox.submit(transactionOf('b'), { intentId: 'b', kind: 'delivery' })
    expect(await outbox.find('b')).toMatchObject({ state: expect.any(String), caps: undefined })
    await outbox.stop()
  })
})
