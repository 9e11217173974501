/*
 * The outbox as others use it: a Sender on a real chain whose blocks come when the test wants.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { openSender, type Purpose } from '../../src/chain/transactions.ts'
import { address, bytes32 } from '../../src/domain/units.ts'
import { type Outbox, type OutboxTerms, openOutbox } from '../../src/settlement/outbox.ts'
import { advanceLane } from '../../src/settlement/outbox-lane.ts'
import { StoreFailure } from '../../src/store/ledger-store.ts'
import type { OutboxEntry, OutboxStore } from '../../src/store/outbox-store.ts'
import { Crash, mortal } from '../support/crash-points.ts'
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
let outbox: Outbox | undefined
let fromBlock: number
let events: string[]

beforeAll(async () => {
  chain = await startOutboxChain()
})
afterAll(() => chain.stop())
beforeEach(async () => {
  await chain.ask('evm_setAutomine', true)
  account = await chain.account()
  place = await sqliteOutboxPlace()
  store = await place.open()
  fromBlock = await chain.height()
  events = []
})
afterEach(async () => {
  await outbox?.stop()
  outbox = undefined
  await store.close()
  await place.remove()
})

const log = {
  info: (event: string) => void events.push(event),
  error: (event: string) => void events.push(event),
}
const open = (change: Partial<OutboxTerms> = {}): Outbox => {
  outbox = openOutbox({
    rpc: chain.rpc,
    chainId,
    privateKey: account.privateKey,
    store,
    confirmations: 1,
    feeWeiMax: 1_000n * gwei,
    log,
    nowMs: Date.now,
    ...change,
  })
  return outbox
}
const lane = (change: Partial<Parameters<typeof laneOf>[1]> = {}) =>
  laneOf(account, { rpc: chain.rpc, store, log, ...change })
const purpose = (intentId: string): Purpose => ({ intentId, kind: 'other' })
const transact = (of: Outbox, intentId: string) =>
  of.sender.transact(transactionOf(intentId), purpose(intentId))
const entry = async (intentId: string): Promise<OutboxEntry> => {
  const found = await store.find(intentId)
  if (found === undefined) throw new Error('no such intent')
  return found
}
const executions = async () =>
  Object.fromEntries(await chain.executions(account.address, fromBlock))

describe('a sender', () => {
  test('executes what it is asked to, once for each intent', async () => {
    const of = open()
    const names = ['a', 'b', 'c', 'a', 'b']
    const mined = await Promise.all(names.map((name) => transact(of, name)))
    expect(mined.every(({ ok }) => ok)).toBe(true)
    expect(mined[3]).toEqual(mined[0])
    expect(await transact(of, 'c')).toEqual(mined[2])
    expect(await executions()).toEqual({ a: 1, b: 1, c: 1 })
    expect((await entry('a')).state).toBe('final')
  })

  test('without a purpose, each transaction is an intent of its own', async () => {
    const of = open()
    await of.sender.transact(transactionOf('a'))
    await of.sender.transact(transactionOf('a'))
    expect(await executions()).toEqual({ a: 2 })
  })

  test('an intent that names another transaction is a bug', async () => {
    const of = open()
    await transact(of, 'a')
    await expect(of.sender.transact(transactionOf('b'), purpose('a'))).rejects.toThrow(
      /names one transaction/,
    )
  })

  test('what would revert is not sent, and can be tried again', async () => {
    const of = open()
    // A contract whose every call reverts (PUSH0 PUSH0 REVERT), until it has no code any more.
    const moody = address(`0x${'6e'.repeat(20)}`)
    await chain.ask('anvil_setCode', moody, '0x5f5ffd')
    const call = () => of.sender.transact({ to: moody, data: '0x41' }, purpose('moody'))
    expect(await call()).toMatchObject({ ok: false, error: { reason: 'chain_error', code: 3 } })
    expect(await entry('moody')).toMatchObject({ state: 'failed', nonce: undefined, attempts: [] })
    await chain.ask('anvil_setCode', moody, '0x')
    expect((await call()).ok).toBe(true)
    expect(await executions()).toEqual({ A: 1 })
  })

  test('a node that is gone is said at once, and what was decided is done when it is back', async () => {
    let gone = true
    const rpc: JsonRpc = {
      origin: 'flaky',
      call: async (method, params) =>
        gone
          ? { ok: false, error: { reason: 'chain_unreachable', origin: 'flaky', detail: 'gone' } }
          : chain.rpc.call(method, params),
    }
    const of = open({ rpc })
    expect(await transact(of, 'a')).toMatchObject({ error: { reason: 'chain_unreachable' } })
    gone = false
    expect((await transact(of, 'a')).ok).toBe(true)
    expect(await executions()).toEqual({ a: 1 })
    expect(events).toEqual(['outbox_waits'])
  })

  test('a store that fails is said, and nothing is sent that is not written down', async () => {
    const of = open(mortal({ store, rpc: chain.rpc }, { step: 2, after: false }))
    await expect(transact(of, 'a')).rejects.toThrow(Crash)
    expect(events).toEqual(['outbox_store_failed'])
    expect(await executions()).toEqual({})
  })

  test('a store that comes back is gone on with', async () => {
    let isGone = false
    const orGone =
      <Args extends readonly unknown[], T>(act: (...args: Args) => Promise<T>) =>
      async (...args: Args): Promise<T> => {
        if (isGone) throw new StoreFailure('gone')
        return act(...args)
      }
    const flaky = {
      put: store.put.bind(store),
      update: orGone(store.update.bind(store)),
      find: store.find.bind(store),
      open: orGone(store.open.bind(store)),
    }
    const of = open({ store: flaky })
    isGone = true
    await expect(transact(of, 'a')).rejects.toThrow('gone')
    isGone = false
    expect((await transact(of, 'a')).ok).toBe(true)
    expect(await executions()).toEqual({ a: 1 })
  })

  // What leaves a mark, in order: put, the signed bytes, the sending, the block.
  const points = [1, 2, 3, 4].flatMap((step) => [
    { step, after: false },
    { step, after: true },
  ])
  test.each(points)(
    'a process that ends at step $step (after it: $after) is gone on with',
    async (point) => {
      const first = open(mortal({ store, rpc: chain.rpc }, point))
      await expect(transact(first, 'a')).rejects.toThrow(Crash)
      await first.stop()
      // Asked again, as by a client that got no answer, or not: what was written down goes on either way.
      const wasPut = (await store.find('a')) !== undefined
      expect(wasPut).toBe(point.step > 1 || point.after)
      const next = open()
      if (wasPut) await vi.waitFor(async () => expect((await entry('a')).state).toBe('final'))
      expect((await transact(next, 'a')).ok).toBe(true)
      expect(await executions()).toEqual({ a: 1 })
    },
  )

  test('what one process left open the next one finishes by itself', async () => {
    await chain.ask('evm_setAutomine', false)
    const waiting = transact(open(), 'a')
    await vi.waitFor(async () => expect(await chain.pooled()).toBe(1))
    expect(await outbox?.pendingChannels('other')).toEqual(new Set())
    await outbox?.stop()
    expect(await waiting).toMatchObject({ error: { reason: 'transaction_unconfirmed' } })
    await chain.ask('evm_mine')
    open()
    await vi.waitFor(async () => expect((await entry('a')).state).toBe('final'))
    expect(await executions()).toEqual({ a: 1 })
  })

  test('knows which channels something is on its way for', async () => {
    await chain.ask('evm_setAutomine', false)
    const channelId = bytes32(`0x${'c1'.repeat(32)}`)
    const of = open()
    const sent = of.sender.transact(transactionOf('a'), {
      intentId: 'a',
      kind: 'refund',
      channelIds: [channelId],
    })
    await vi.waitFor(async () => expect((await chain.pooled()) > 0).toBe(true))
    expect(await of.pendingChannels('refund')).toEqual(new Set([channelId]))
    expect(await of.pendingChannels('claim')).toEqual(new Set())
    await chain.ask('evm_mine')
    await sent
    // Its outcome is known with its block; it is closed once that block is deep enough, by a later look.
    await vi.waitFor(
      async () => expect(await of.pendingChannels('refund')).toEqual(new Set()),
      5_000,
    )
  })
})

describe('a lane', () => {
  const put = (...names: string[]) =>
    Promise.all(names.map((name) => store.put(queuedEntry(account.address, name))))

  beforeEach(() => chain.ask('evm_setAutomine', false))

  test('sends several without waiting for blocks, each with its nonce', async () => {
    await put('a', 'b', 'c')
    await advanceLane(lane())
    await chain.ask('evm_mine')
    await advanceLane(lane())
    expect(await executions()).toEqual({ a: 1, b: 1, c: 1 })
    expect((await Promise.all(['a', 'b', 'c'].map(entry))).map(({ nonce }) => nonce)).toEqual([
      0, 1, 2,
    ])
  })

  test('sends again what the node dropped, byte for byte', async () => {
    await put('a')
    await advanceLane(lane())
    const [attempt] = (await entry('a')).attempts
    await chain.ask('anvil_dropTransaction', attempt?.transactionHash)
    await chain.ask('evm_mine')
    expect(await executions()).toEqual({})
    await advanceLane(lane())
    await chain.ask('evm_mine')
    await advanceLane(lane())
    expect(await executions()).toEqual({ a: 1 })
    expect(await entry('a')).toMatchObject({ state: 'final', attempts: [attempt] })
  })

  test('replaces what does not get in by more than an eighth, and whichever gets in counts', async () => {
    let nowMs = 1_700_000_000_000
    const slow = lane({ nowMs: () => nowMs })
    await put('a')
    await advanceLane(slow)
    nowMs += 29_999
    await advanceLane(slow)
    expect((await entry('a')).attempts).toHaveLength(1)
    nowMs += 1
    await advanceLane(slow)
    const { attempts } = await entry('a')
    const [first, second] = attempts
    if (first === undefined || second === undefined) throw new Error('not replaced')
    expect(second.maxFeePerGas * 8n).toBeGreaterThanOrEqual(first.maxFeePerGas * 9n)
    expect(second.maxPriorityFeePerGas * 8n).toBeGreaterThanOrEqual(first.maxPriorityFeePerGas * 9n)
    expect(events).toEqual(['transaction_replaced'])
    // The older one comes back from some other node after the newer one was dropped.
    await chain.ask('anvil_dropTransaction', second.transactionHash)
    await chain.ask('eth_sendRawTransaction', first.raw)
    await chain.ask('evm_mine')
    await advanceLane(slow)
    expect(await entry('a')).toMatchObject({
      state: 'final',
      inclusion: { transactionHash: first.transactionHash },
    })
    expect(await executions()).toEqual({ a: 1 })
  })

  test('outbids a spike of fees at once, but never the maximum', async () => {
    const spike = async (baseFeeGwei: bigint) => {
      const hex = `0x${(baseFeeGwei * gwei).toString(16)}`
      await chain.ask('anvil_setNextBlockBaseFeePerGas', hex)
      await chain.ask('evm_mine')
    }
    const bounded = lane({ feeWeiMax: 100n * gwei })
    await put('a')
    await advanceLane(bounded)
    await spike(60n)
    await advanceLane(bounded)
    expect((await entry('a')).attempts).toHaveLength(2)
    expect((await entry('a')).attempts[1]?.maxFeePerGas).toBe(100n * gwei)
    await spike(1_000n)
    const failure = await advanceLane(bounded)
    expect(failure).toMatchObject({ reason: 'chain_error', message: /fee maximum of 100 gwei/ })
    await put('b')
    expect(await advanceLane(bounded)).toMatchObject({ message: /fee maximum of 100 gwei/ })
    expect((await entry('b')).state).toBe('queued')
    await spike(1n)
    await advanceLane(bounded)
    await chain.ask('evm_mine')
    await advanceLane(bounded)
    expect(await executions()).toEqual({ a: 1, b: 1 })
  })

  test('takes another nonce when somebody else used its own', async () => {
    await put('a')
    await advanceLane(lane())
    const [attempt] = (await entry('a')).attempts
    await chain.ask('anvil_dropTransaction', attempt?.transactionHash)
    await chain.ask('evm_setAutomine', true)
    const stranger = openSender({ rpc: chain.rpc, chainId, privateKey: account.privateKey })
    expect((await stranger.transact(transactionOf('x'))).ok).toBe(true)
    await chain.ask('evm_setAutomine', false)
    let nowMs = Date.now()
    const careful = lane({ nowMs: () => nowMs })
    // Nodes behind one address may differ for a moment: one look proves nothing.
    await advanceLane(careful)
    nowMs += 9_999
    await advanceLane(careful)
    expect((await entry('a')).attempts).toEqual([attempt])
    nowMs += 1
    await advanceLane(careful)
    await chain.ask('evm_mine')
    await advanceLane(careful)
    expect(await executions()).toEqual({ x: 1, a: 1 })
    expect(events).toEqual(['nonce_taken_by_another'])
  })

  test('fills a nonce that nothing has, because all behind it wait', async () => {
    await put('a', 'b')
    await advanceLane(lane())
    const first = await entry('a')
    await chain.ask('anvil_dropTransaction', first.attempts[0]?.transactionHash)
    // As after a store that lost its last write.
    await store.update({ ...first, state: 'failed', failure: { message: 'lost', data: undefined } })
    let nowMs = Date.now()
    const careful = lane({ nowMs: () => nowMs })
    await advanceLane(careful)
    nowMs += 10_000
    await advanceLane(careful)
    await advanceLane(careful)
    await chain.ask('evm_mine')
    await advanceLane(careful)
    expect(await executions()).toEqual({ b: 1 })
    expect(events).toContain('nonce_gap')
    expect((await entry('b')).state).toBe('final')
  })

  test('waits for its confirmations, and sends again what a reorganisation took back', async () => {
    const patient = lane({ confirmations: 3 })
    await put('a')
    await advanceLane(patient)
    await chain.ask('evm_mine')
    await advanceLane(patient)
    expect((await entry('a')).state).toBe('mined')
    await chain.ask('anvil_reorg', 1, [])
    expect(await executions()).toEqual({})
    await advanceLane(patient)
    expect(await entry('a')).toMatchObject({ state: 'sent', inclusion: undefined })
    await advanceLane(patient)
    for (const state of ['mined', 'mined', 'final']) {
      await chain.ask('evm_mine')
      await advanceLane(patient)
      expect((await entry('a')).state).toBe(state)
    }
    expect(await executions()).toEqual({ a: 1 })
  })

  test('two processes at once still execute each intent once', async () => {
    await put('a', 'b', 'c', 'd')
    const other = await place.open()
    await Promise.all([advanceLane(lane()), advanceLane(lane({ store: other }))])
    await Promise.all([advanceLane(lane()), advanceLane(lane({ store: other }))])
    for (let look = 0; look < 3; look += 1) {
      await chain.ask('evm_mine')
      await Promise.all([advanceLane(lane()), advanceLane(lane({ store: other }))])
    }
    await other.close()
    expect(await executions()).toEqual({ a: 1, b: 1, c: 1, d: 1 })
  })

  test('an account without money waits, and says why', async () => {
    await chain.ask('anvil_setBalance', account.address, '0x0')
    await put('a')
    expect(await advanceLane(lane())).toMatchObject({ reason: 'chain_error' })
    expect(await executions()).toEqual({})
    await chain.ask('anvil_setBalance', account.address, `0x${(10n ** 18n).toString(16)}`)
    await advanceLane(lane())
    await chain.ask('evm_mine')
    await advanceLane(lane())
    expect(await executions()).toEqual({ a: 1 })
  })
})
