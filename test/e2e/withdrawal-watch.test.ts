/*
 * What payers and chains do behind the gateway's back, and that it is seen in time: withdrawals, nodes that are gone or lie,
 * and chains that take back what they said.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import { devUsd } from '../../src/dev/dev-contracts.ts'
import type { Bytes32 } from '../../src/domain/units.ts'
import { type LoopChange, SettlementRig } from '../support/settlement-rig.ts'

let rig: SettlementRig
beforeEach(async () => {
  // Nothing happens by itself: every look is asked for.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  rig = await SettlementRig.open()
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.close()
})

const dead = jsonRpc('http://127.0.0.1:9')
/** A node of the same chain that changes what it answers. */
const lying = (change: (method: string, result: unknown) => unknown): JsonRpc => ({
  origin: 'liar',
  call: async (method, params) => {
    const answer = await rig.running.chain.rpc.call(method, params)
    return answer.ok ? { ok: true, value: change(method, answer.value) } : answer
  },
})
const start = async (change: LoopChange = {}) => {
  const loop = rig.startLoop(change)
  // The watch begins at the newest block.
  await loop.watchNow()
  return loop
}
const claimed = (channelId: Bytes32, amount: bigint) =>
  vi.waitFor(async () => expect((await rig.book(channelId)).totalClaimed).toBe(amount), 10_000)
const warp = async (seconds: number) => {
  await rig.ask('evm_increaseTime', seconds)
  await rig.ask('evm_mine')
}

describe('a withdrawal that is started while requests are in flight', () => {
  test('closes the channel at once, and everything that is charged is claimed before it is final', async () => {
    const channelId = await rig.openBook()
    await rig.charge(channelId, 10n)
    const inFlight = [await rig.hold(channelId, 1_000n), await rig.hold(channelId, 1_000n)]
    const loop = await start()
    const before = await rig.balanceOf('payer')
    await rig.payerCalls('initiateWithdraw', channelId, devUsd(100n))
    await loop.watchNow()
    expect(await rig.book(channelId)).toMatchObject({ closing: true })
    expect((await rig.book(channelId)).withdrawFinalAtS).toBeGreaterThan(0)
    await expect(rig.hold(channelId, 1n)).rejects.toThrow(/channel_closing/)
    await claimed(channelId, 10n)

    // The answers end one after the other, each charged and claimed while the delay runs.
    for (const [index, requestId] of inFlight.entries()) {
      await rig.chargeHeld(requestId, 700n)
      await loop.claimNow()
      await claimed(channelId, 10n + 700n * BigInt(index + 1))
    }
    await warp(86_400)
    await rig.payerCalls('finalizeWithdraw', channelId)
    expect(await rig.balanceOf('gatewayOperator')).toBe(1_410n)
    expect(((await rig.balanceOf('payer')) as bigint) - (before as bigint)).toBe(
      devUsd(100n) - 1_410n,
    )
    await loop.watchNow()
    expect(await rig.book(channelId)).toMatchObject({
      closing: true,
      withdrawFinalAtS: undefined,
      chargedCumulativeAmount: 1_410n,
      totalClaimed: 1_410n,
    })
  })

  test('is seen by the next process when nobody was there to see it', async () => {
    const channelId = await rig.openBook()
    const loop = await start()
    await loop.stop()
    await rig.stopLoops()
    await rig.payerCalls('initiateWithdraw', channelId, devUsd(1n))
    await rig.ask('anvil_mine', '0x5')
    await start()
    expect(await rig.book(channelId)).toMatchObject({ closing: true })
  })

  test('that is final opens the channel again as far as money is left and signed', async () => {
    const channelId = await rig.openBook()
    const loop = await start()
    await rig.payerCalls('initiateWithdraw', channelId, devUsd(90n))
    await loop.watchNow()
    await warp(86_400)
    await rig.payerCalls('finalizeWithdraw', channelId)
    await loop.watchNow()
    expect(await rig.book(channelId)).toMatchObject({ closing: false, balance: devUsd(10n) })
    await rig.hold(channelId, devUsd(5n))
  })
})

describe('with two nodes', () => {
  const eitherOrder = describe.each([
    ['first', (odd: JsonRpc): LoopChange => ({ rpc: odd, secondRpc: rig.running.chain.rpc })],
    ['second', (odd: JsonRpc): LoopChange => ({ secondRpc: odd })],
  ] as const)

  eitherOrder('of which the %s is gone', (_which, nodes) => {
    test('a withdrawal is seen and claimed through the other', async () => {
      const channelId = await rig.openBook()
      await rig.charge(channelId, 42n)
      const loop = await start(nodes(dead))
      await rig.payerCalls('initiateWithdraw', channelId, devUsd(1n))
      await loop.watchNow()
      await loop.watchNow()
      expect(await rig.book(channelId)).toMatchObject({ closing: true })
      await claimed(channelId, 42n)
      // Said once, however often it is asked.
      expect(rig.events.filter((event) => event === 'chain_watch_blind')).toHaveLength(1)
    })
  })

  eitherOrder('of which the %s hides a withdrawal', (_which, nodes) => {
    test('the other shows it', async () => {
      const channelId = await rig.openBook()
      const hides = lying((method, result) =>
        method === 'eth_getLogs'
          ? []
          : typeof result === 'string'
            ? withoutWithdrawal(result)
            : result,
      )
      const loop = await start(nodes(hides))
      await rig.payerCalls('initiateWithdraw', channelId, devUsd(1n))
      await loop.watchNow()
      expect(await rig.book(channelId)).toMatchObject({ closing: true, frozen: false })
    })
  })
  /** The answer of `pendingWithdrawals` is an amount of 1 devUSD and a time: both become zero. */
  const withoutWithdrawal = (result: string) =>
    result.startsWith(`0x${devUsd(1n).toString(16).padStart(64, '0')}`)
      ? `0x${'0'.repeat(128)}`
      : result

  eitherOrder('of which the %s invents a deposit', (_which, nodes) => {
    const inventing = (amount: bigint) =>
      lying((_method, result) => {
        // The answer of `channels`: the balance, then what is claimed.
        const balance = devUsd(100n).toString(16).padStart(64, '0')
        if (typeof result !== 'string' || !result.startsWith(`0x${balance}`)) return result
        const invented = (devUsd(100n) + amount).toString(16).padStart(64, '0')
        return `0x${invented}${result.slice(66)}`
      })
    const look = async (amount: bigint) => {
      const channelId = await rig.openBook()
      await rig.charge(channelId, 1n)
      await rig.startLoop(nodes(inventing(amount))).claimNow()
      return channelId
    }

    test('of more than the limit, the channel is frozen until they agree', async () => {
      const channelId = await look(devUsd(5n) + 1n)
      expect(await rig.book(channelId)).toMatchObject({ frozen: true, balance: devUsd(100n) })
      expect(rig.lines).toContainEqual({
        event: 'channel_frozen',
        facts: { channelId, reason: 'chain_views_differ' },
      })
      await expect(rig.hold(channelId, 1n)).rejects.toThrow(/channel_frozen/)
      await rig.stopLoops()
      await rig.startLoop().claimNow()
      expect(await rig.book(channelId)).toMatchObject({ frozen: false })
    })

    test('of less, the smaller balance counts and the channel lives on', async () => {
      const channelId = await look(devUsd(5n))
      expect(await rig.book(channelId)).toMatchObject({ frozen: false, balance: devUsd(100n) })
    })
  })

  test('a channel that a person froze stays frozen', async () => {
    const channelId = await rig.openBook()
    await rig.ledger.setFrozen(channelId, true)
    await rig.startLoop().claimNow()
    expect(await rig.book(channelId)).toMatchObject({ frozen: true })
  })
})

describe('a reorganisation', () => {
  test('that takes back a claim: the same claim is made again, and paid once', async () => {
    const channelId = await rig.openBook()
    await rig.charge(channelId, 42n)
    const loop = await start({ confirmations: 3 })
    await rig.ask('evm_setAutomine', false)
    const claiming = loop.claimNow()
    const mine = async () => void (await rig.ask('evm_mine'))
    await vi.waitFor(async () => {
      await mine()
      expect((await rig.onChain(await rig.book(channelId))).totalClaimed).toBe(42n)
    }, 10_000)
    const settled = async () => (await rig.intents('settle')).length > 0
    await vi.waitFor(async () => expect(await settled()).toBe(true), 10_000)
    const depth = (await rig.intents('claim'))[0]?.inclusion
    const head = Number(await rig.ask('eth_blockNumber'))
    await rig.ask('anvil_reorg', head - (depth?.blockNumber ?? head) + 1, [])
    expect((await rig.onChain(await rig.book(channelId))).totalClaimed).toBe(0n)
    await vi.waitFor(async () => {
      await mine()
      expect(await rig.balanceOf('gatewayOperator')).toBe(42n)
    }, 20_000)
    await claiming
    expect(await rig.intents('claim')).toHaveLength(1)
    expect(rig.events).toContain('transaction_reorganised')
  })

  test('that takes back even what was final: the chain is believed and the claim is made anew', async () => {
    const channelId = await rig.openBook()
    await rig.charge(channelId, 42n)
    const loop = await start()
    await loop.claimNow()
    await loop.watchNow()
    expect(await rig.balanceOf('gatewayOperator')).toBe(42n)
    await rig.ask('anvil_reorg', 2, [])
    expect(await rig.balanceOf('gatewayOperator')).toBe(0n)
    await loop.watchNow()
    expect(rig.events).toContain('chain_reorganised')
    await loop.claimNow()
    expect(await rig.balanceOf('gatewayOperator')).toBe(42n)
    expect(await rig.intents('claim')).toHaveLength(2)
  })

  test('that takes back a deposit freezes the channel until it is there again', async () => {
    const loop = await start()
    const config = await rig.fundedConfig(1)
    const channelId = await rig.openBook(config)
    await loop.watchNow()
    const head = (await rig.ask('eth_getBlockByNumber', 'latest', true)) as {
      transactions: { hash: string }[]
    }
    const raw = await rig.ask('eth_getRawTransactionByHash', head.transactions[0]?.hash)
    await rig.ask('anvil_reorg', 1, [])
    await loop.watchNow()
    expect(await rig.book(channelId)).toMatchObject({ frozen: true })
    await expect(rig.hold(channelId, 1n)).rejects.toThrow(/channel_closing|channel_frozen/)
    await rig.ask('eth_sendRawTransaction', raw)
    // A node that mines by itself answers before it has mined.
    const isMined = async () =>
      (await rig.ask('eth_getTransactionReceipt', head.transactions[0]?.hash)) !== null
    await vi.waitFor(async () => expect(await isMined()).toBe(true), 10_000)
    await loop.watchNow()
    expect(await rig.book(channelId)).toMatchObject({ frozen: false, closing: false })
    await rig.hold(channelId, 1n)
  })
})

test('a drained row among 100 does not hold up the others', async () => {
  const channelIds: Bytes32[] = []
  for (let name = 1; name <= 100; name += 1) {
    channelIds.push(await rig.openBook(await rig.fundedConfig(name)))
  }
  const [drained, ...others] = channelIds
  if (drained === undefined) throw new Error('no channel')
  for (const channelId of channelIds) await rig.charge(channelId, 7n)
  await rig.payerCalls('initiateWithdraw', drained, devUsd(100n))
  await warp(86_400)
  await rig.payerCalls('finalizeWithdraw', drained)

  await rig.startLoop().claimNow()
  for (const channelId of others) expect((await rig.book(channelId)).totalClaimed).toBe(7n)
  expect(await rig.balanceOf('gatewayOperator')).toBe(99n * 7n)
  expect((await rig.book(drained)).totalClaimed).toBe(0n)
  const detail = 'nothing_left'
  expect(rig.lines).toContainEqual({
    event: 'claim_refused',
    facts: { channelId: drained, detail },
  })
  expect(await rig.intents('claim')).toMatchObject([{ channelIds: others }])
})
