import { id } from 'ethers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { settlementIntervalMs } from '../../src/base/limits.ts'
import { err } from '../../src/base/result.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import { devUsd } from '../../src/dev/dev-contracts.ts'
import { atomic, type Bytes32 } from '../../src/domain/units.ts'
import { readQuarantine } from '../../src/settlement/quarantine.ts'
import { neverByItself, SettlementRig } from '../support/settlement-rig.ts'

let rig: SettlementRig
beforeEach(async () => {
  rig = await SettlementRig.open()
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.close()
})

test('from the deposit through 200 charges to the receiver’s wallet, to the atomic unit', async () => {
  const channelId = await rig.openBook()
  expect(await rig.balanceOf('gatewayOperator')).toBe(0n)
  const settlement = rig.startLoop()
  let charged = 0n
  for (let i = 1n; i <= 200n; i += 1n) {
    const actual = (i * 7_919n) % 20_011n
    await rig.charge(channelId, actual)
    charged += actual
    if (i === 77n) await settlement.claimNow()
  }
  await settlement.claimNow()

  expect(charged).toBeGreaterThan(0n)
  const channel = await rig.book(channelId)
  expect(channel).toMatchObject({ chargedCumulativeAmount: charged, totalClaimed: charged })
  expect(await rig.onChain(channel)).toEqual({
    balance: devUsd(100n),
    totalClaimed: charged,
    withdrawFinalAtS: undefined,
  })
  expect(await rig.balanceOf('gatewayOperator')).toBe(charged)
  const round = ['vouchers_claimed', 'claims_settled']
  expect(rig.events).toEqual([...round, ...round])

  const settled = await rig.ask('eth_blockNumber')
  await settlement.claimNow()
  expect(await rig.ask('eth_blockNumber')).toBe(settled)
})

test('a node that is gone costs nothing but lines, and the next round makes up for it', async () => {
  const channelId = await rig.openBook()
  await rig.charge(channelId, 42n)
  await rig.startLoop({ rpc: jsonRpc('http://127.0.0.1:9') }).claimNow()
  await rig.stopLoops()
  expect(rig.events).toContain('chain_not_read')
  expect((await rig.book(channelId)).totalClaimed).toBe(0n)

  await rig.startLoop().claimNow()
  expect((await rig.book(channelId)).totalClaimed).toBe(42n)
})

test('a payout that a crash left out is made by the next loop', async () => {
  const channelId = await rig.openBook()
  await rig.charge(channelId, 42n)
  let sent = 0
  const { rpc } = rig.running.chain
  const dying: JsonRpc = {
    origin: rpc.origin,
    call: async (method, params) => {
      if (method === 'eth_sendRawTransaction') sent += 1
      if (sent < 2) return rpc.call(method, params)
      return { ok: false, error: { reason: 'chain_unreachable', origin: '', detail: 'gone' } }
    },
  }
  await rig.startLoop({ rpc: dying }).claimNow()
  await rig.stopLoops()
  expect((await rig.book(channelId)).totalClaimed).toBe(42n)
  expect(await rig.balanceOf('gatewayOperator')).toBe(0n)

  await rig.startLoop().claimNow()
  expect(await rig.balanceOf('gatewayOperator')).toBe(42n)
  // What the first loop had signed is what was executed: one payout, not two.
  expect(await rig.intents('settle')).toHaveLength(1)
})

test('by itself it claims what its policy finds due, and sees a withdrawal', async () => {
  const large = await rig.openBook()
  const small = await rig.openBook(await rig.fundedConfig(1))
  const leaving = await rig.openBook(await rig.fundedConfig(2))
  await rig.charge(large, 1_000n)
  await rig.charge(small, 999n)
  await rig.charge(leaving, 1n)
  await rig.payerCalls('initiateWithdraw', leaving, devUsd(100n))

  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const claim = { ...neverByItself.claim, whenUnclaimed: atomic(1_000n) }
  const settlement = rig.startLoop({ policy: { claim } })
  vi.advanceTimersByTime(settlementIntervalMs)
  await settlement.stop()
  expect((await rig.book(large)).totalClaimed).toBe(1_000n)
  expect((await rig.book(small)).totalClaimed).toBe(0n)
  expect(await rig.book(leaving)).toMatchObject({ totalClaimed: 1n, closing: true })
  // Claimed is not yet paid: that waits for an amount, or for a day.
  expect(await rig.balanceOf('gatewayOperator')).toBe(0n)
})

test('by itself it tries what was refused again after a pause, or when the channel changes', async () => {
  const channelId = await rig.openBook(undefined, devUsd(5n), rig.running.dev.keys.payer)
  await rig.charge(channelId, 42n)
  let nowMs = Date.now()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const claim = { ...neverByItself.claim, whenUnclaimed: atomic(1n) }
  const refusalsAfterARound = async () => {
    const settlement = rig.startLoop({ policy: { claim }, nowMs: () => nowMs })
    vi.advanceTimersByTime(settlementIntervalMs)
    await settlement.stop()
    await rig.stopLoops()
    return rig.events.filter((event) => event === 'claim_refused').length
  }
  expect(await refusalsAfterARound()).toBe(1)
  nowMs += 59_999
  expect(await refusalsAfterARound()).toBe(1)
  nowMs += 1
  expect(await refusalsAfterARound()).toBe(2)
  await rig.charge(channelId, 1n)
  expect(await refusalsAfterARound()).toBe(3)
})

describe('paying out', () => {
  const settleAfter = async (change: {
    readonly whenClaimed?: bigint
    readonly laterMs?: number
  }) => {
    const channelId = await rig.openBook()
    await rig.charge(channelId, 42n)
    let nowMs = Date.now()
    const policy = {
      claim: { ...neverByItself.claim, whenUnclaimed: atomic(1n) },
      settle: { whenClaimed: atomic(change.whenClaimed ?? 1_000n), everyMs: 86_400_000 },
    }
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const round = async () => {
      const settlement = rig.startLoop({ policy, nowMs: () => nowMs })
      vi.advanceTimersByTime(settlementIntervalMs)
      await settlement.stop()
      await rig.stopLoops()
    }
    await round()
    nowMs += change.laterMs ?? 0
    // Another process: the age of what is unpaid outlives the one that claimed it.
    await round()
    return rig.balanceOf('gatewayOperator')
  }

  test('waits while it is little and young', async () => {
    expect(await settleAfter({ laterMs: 86_399_000 })).toBe(0n)
  })
  test('comes with the amount', async () => {
    expect(await settleAfter({ whenClaimed: 42n })).toBe(42n)
  })
  test('comes after a day', async () => {
    expect(await settleAfter({ laterMs: 86_400_000 })).toBe(42n)
  })
})

/** A contract that has only what x402's canonical one has: it knows nothing of our addition. */
function canonical(rpc: JsonRpc): JsonRpc {
  const selector = id('claimBestEffort(CLAIMS,bytes)'.replace('CLAIMS', claimsType)).slice(0, 10)
  return {
    origin: rpc.origin,
    call: async (method, params) => {
      const { data } = Object(params[0]) as { data?: string }
      if (data?.startsWith(selector) !== true) return rpc.call(method, params)
      return err({ reason: 'chain_error', method, code: 3, message: 'reverted', data: '0x' })
    },
  }
}
const configType = '(address,address,address,address,address,uint40,bytes32)'
const claimsType = `((${configType},uint128),bytes,uint128)[]`

describe.each([
  { contract: 'ours', relayer: false },
  { contract: 'the canonical one', relayer: false },
  { contract: 'ours', relayer: true },
  { contract: 'the canonical one', relayer: true },
])('rows that the contract refuses, on $contract, by a relayer: $relayer', (way) => {
  const node = () => rig.running.chain.rpc

  /** Seven channels with something to claim; the vouchers of two are signed by nobody who may. */
  async function openSeven() {
    const [good, bad]: [Bytes32[], Bytes32[]] = [[], []]
    const { payer, session } = rig.running.dev.keys
    for (let name = 1; name <= 7; name += 1) {
      const isBad = name === 3 || name === 6
      const config = await rig.fundedConfig(name)
      const channelId = await rig.openBook(config, devUsd(5n), isBad ? payer : session)
      await rig.charge(channelId, BigInt(name))
      ;(isBad ? bad : good).push(channelId)
    }
    return { good, bad }
  }

  test('are said, quarantined and block nobody', async () => {
    const { good, bad } = await openSeven()
    const settlement = rig.startLoop({
      rpc: way.contract === 'ours' ? node() : canonical(node()),
      ...(way.relayer ? { role: 'deployer', authorized: true } : {}),
    })
    await settlement.claimNow()
    for (const channelId of good) {
      const { totalClaimed, chargedCumulativeAmount } = await rig.book(channelId)
      expect(totalClaimed).toBe(chargedCumulativeAmount)
    }
    for (const channelId of bad) expect((await rig.book(channelId)).totalClaimed).toBe(0n)
    expect(rig.events.filter((event) => event === 'claim_refused')).toHaveLength(2)
    expect(await rig.balanceOf('gatewayOperator')).toBe(1n + 2n + 4n + 5n + 7n)
    const quarantined = (await readQuarantine(rig.store)).map(({ channelId }) => channelId)
    expect([...quarantined].sort()).toEqual([...bad].sort())
    // Tried out first: the five good rows went in one transaction.
    const claims = await rig.intents('claim')
    expect(claims).toMatchObject([{ channelIds: good, state: 'final' }])
  })
})
