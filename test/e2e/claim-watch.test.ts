/*
 * An agent's watch over its money on a real chain, with a gateway that does its worst: what counts is what the operator
 * account really sent, and what that brought.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { channelSettlementAt, readChannel } from '../../src/chain/channel-settlement.ts'
import { initiateWithdrawCall } from '../../src/chain/channel-withdrawal.ts'
import { readContract } from '../../src/chain/contracts.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { openSender, type Sender, sendCall } from '../../src/chain/transactions.ts'
import type { ClaimPolicy } from '../../src/contributor/claim-verdict.ts'
import { type ClaimEvent, ClaimWatch } from '../../src/contributor/claim-watch.ts'
import type { CreditBook } from '../../src/contributor/credit-book.ts'
import { claimLookSoonMs, claimPauseMs } from '../../src/contributor/limits.ts'
import { devContractHandles, devUsd } from '../../src/dev/dev-contracts.ts'
import { atomic } from '../../src/domain/units.ts'
import { devVoucher, giveCoins } from '../support/contributor-folder.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

let running: TestDevChain
let snapshot: unknown
let nowMs: number
let book: CreditBook
let events: ClaimEvent[]
let calls: number

beforeAll(async () => {
  running = await startDevChain()
  snapshot = expectOk(await running.chain.rpc.call('evm_snapshot', []))
})
afterAll(() => running.stop())
beforeEach(async () => {
  expectOk(await running.chain.rpc.call('evm_revert', [snapshot]))
  snapshot = expectOk(await running.chain.rpc.call('evm_snapshot', []))
  nowMs = Date.now()
  events = []
  calls = 0
  promise(0n)
})

/** The book with this voucher, as credit keeps it. */
function promise(amount: bigint): void {
  const vouchers = amount === 0n ? [] : [devVoucher(running, amount)]
  book = { owedAmount: atomic(amount), vouchers }
}

const rpc = (): JsonRpc => ({
  origin: running.chain.rpc.origin,
  call: (method, params) => {
    calls += 1
    return running.chain.rpc.call(method, params)
  },
})
const operator = (): Sender => {
  const { chainId, keys } = running.dev
  return openSender({ rpc: running.chain.rpc, chainId, privateKey: keys.contributorOperator })
}

/** Twenty dollars a coin: a claim costs some thousandth of a dollar on this chain. */
const usual: ClaimPolicy = {
  gatewayGoneMs: 6 * hourMs,
  claimAboveAmount: undefined,
  coinPrice: devUsd(20n),
}

const watchOf = (policy: Partial<ClaimPolicy> = {}, sender: Sender | undefined = operator()) =>
  new ClaimWatch({
    settlement: running.dev.contracts.settlement,
    book: () => book,
    rpc: rpc(),
    policy: { ...usual, ...policy },
    sender,
    gatewaySeenAtMs: nowMs,
    onEvent: (event) => void events.push(event),
    nowMs: () => nowMs,
  })

const sentByOperator = async (): Promise<number> =>
  Number(
    expectOk(
      await running.chain.rpc.call('eth_getTransactionCount', [
        running.dev.addresses.contributorOperator,
        'latest',
      ]),
    ),
  )
async function received(): Promise<bigint> {
  const contract = devContractHandles(running.dev.contracts).asset
  const args = [running.dev.addresses.contributorPayout]
  const read = await readContract(running.chain.rpc, { contract, functionName: 'balanceOf', args })
  return expectOk(read)[0] as bigint
}
const eventNames = () => events.map(({ event }) => event)

async function beginWithdrawal(amount: bigint): Promise<void> {
  const { chain, dev } = running
  const privateKey = dev.keys.treasury
  const treasury = openSender({ rpc: chain.rpc, chainId: dev.chainId, privateKey })
  await giveCoins(running, treasury.address)
  const settlement = channelSettlementAt(dev.contracts.settlement)
  const { config } = dev.payoutChannel
  expectOk(
    await sendCall(treasury, initiateWithdrawCall(settlement, { config, amount: atomic(amount) })),
  )
}

/** The chain's clock and ours, together. */
async function pass(ms: number): Promise<void> {
  nowMs += ms
  const { chain } = running
  expectOk(await chain.rpc.call('evm_increaseTime', [`0x${Math.floor(ms / 1000).toString(16)}`]))
  expectOk(await chain.rpc.call('evm_mine', []))
}

test('a gateway that is gone is left with nothing of what it promised, for one transaction', async () => {
  promise(2_000_000n)
  const watch = watchOf()
  const before = await sentByOperator()
  await watch.look()
  expect(events).toEqual([])
  nowMs += 5 * hourMs
  watch.gatewaySeen(nowMs)
  nowMs += 5 * hourMs
  await watch.look()
  expect(await sentByOperator()).toBe(before)
  nowMs += 2 * hourMs
  await watch.look()
  expect(events).toMatchObject([{ event: 'claimed', reason: 'gateway_gone', amount: 2_000_000n }])
  expect(await received()).toBe(2_000_000n)
  for (let day = 0; day < 5; day += 1) {
    nowMs += dayMs
    await watch.look()
  }
  expect(await sentByOperator()).toBe(before + 1)
})

test('vouchers that rise by single units, hour after hour, bring no further transaction', async () => {
  promise(2_000_000n)
  const watch = watchOf({ claimAboveAmount: atomic(1n) })
  const before = await sentByOperator()
  await watch.look()
  expect(await sentByOperator()).toBe(before + 1)
  for (let i = 1n; i <= 30n; i += 1n) {
    promise(2_000_000n + i)
    nowMs += claimPauseMs + 1
    await watch.look()
  }
  expect(await sentByOperator()).toBe(before + 1)
  // Less than its own row of gas is not even worth a line in a log.
  expect(eventNames()).toEqual(['claimed'])
  promise(2_003_000n)
  await watch.look()
  await watch.look()
  expect(eventNames()).toEqual(['claimed', 'claim_too_dear'])
  expect(await sentByOperator()).toBe(before + 1)

  // What is worth it is taken once the pause is over, and no sooner.
  promise(3_000_000n)
  nowMs += claimPauseMs + 1
  await watch.look()
  promise(4_000_000n)
  nowMs += claimPauseMs / 2
  await watch.look()
  expect(await sentByOperator()).toBe(before + 2)
  nowMs += claimPauseMs
  await watch.look()
  expect(await sentByOperator()).toBe(before + 3)
  expect(await received()).toBe(4_000_000n)
})

test('a withdrawal is told at once, and its escrow is claimed a day before its end, in one piece', async () => {
  promise(1_000_000n)
  const watch = watchOf()
  const before = await sentByOperator()
  await beginWithdrawal(3_000_000n)
  await watch.look()
  expect(eventNames()).toEqual(['withdrawal_pending'])
  await pass(5 * dayMs)
  promise(1_500_000n)
  watch.gatewaySeen(nowMs)
  await watch.look()
  expect(await sentByOperator()).toBe(before)
  await pass(1.5 * dayMs)
  watch.gatewaySeen(nowMs)
  await watch.look()
  expect(events).toMatchObject([
    { event: 'withdrawal_pending' },
    { event: 'claimed', reason: 'gateway_withdraws', amount: 1_500_000n },
  ])
  expect(await received()).toBe(1_500_000n)
  expect(await sentByOperator()).toBe(before + 1)
})

test('signs of a withdrawal, however many, make it look once a minute and send nothing', async () => {
  promise(1_000_000n)
  const watch = watchOf()
  const before = await sentByOperator()
  await watch.look()
  const perLook = calls
  for (let i = 0; i < 500; i += 1) await watch.lookSoon()
  expect(calls).toBe(perLook)
  for (let i = 0; i < 10; i += 1) {
    nowMs += claimLookSoonMs
    await watch.lookSoon()
    await watch.lookSoon()
  }
  expect(calls).toBeLessThanOrEqual(11 * perLook)
  expect(await sentByOperator()).toBe(before)
  expect(events).toEqual([])
})

test('without an account that pays, a person is told once for each amount', async () => {
  promise(2_000_000n)
  const watch = new ClaimWatch({
    settlement: running.dev.contracts.settlement,
    book: () => book,
    rpc: rpc(),
    policy: usual,
    sender: undefined,
    gatewaySeenAtMs: nowMs - dayMs,
    onEvent: (event) => void events.push(event),
    nowMs: () => nowMs,
  })
  for (let i = 0; i < 4; i += 1) {
    await watch.look()
    nowMs += hourMs
  }
  expect(events).toEqual([{ event: 'claim_due', reason: 'gateway_gone', amount: 2_000_000n }])
  promise(2_500_000n)
  await watch.look()
  expect(eventNames()).toEqual(['claim_due', 'claim_due'])
  expect(await received()).toBe(0n)
})

test('a claim that is on its way already is not sent again, and a node that is gone is told', async () => {
  promise(2_000_000n)
  const { chain, addresses } = { ...running, ...running.dev }
  const before = await sentByOperator()
  expectOk(await chain.rpc.call('evm_setAutomine', [false]))
  try {
    // Another process of the same account: its transaction waits in the pool.
    const mint = devContractHandles(running.dev.contracts).asset
    const args = [addresses.contributorOperator, 1n]
    const other = sendCall(operator(), { contract: mint, functionName: 'mint', args })
    const pending = ['eth_getTransactionCount', [addresses.contributorOperator, 'pending']] as const
    while (Number(expectOk(await chain.rpc.call(...pending))) === before) {
      await new Promise((again) => setImmediate(again))
    }
    const watch = watchOf()
    nowMs += dayMs
    await watch.look()
    expect(events).toEqual([])
    expectOk(await chain.rpc.call('evm_mine', []))
    expectOk(await other)
    expectOk(await chain.rpc.call('evm_setAutomine', [true]))
    await watch.look()
    expect(eventNames()).toEqual(['claimed'])
  } finally {
    expectOk(await chain.rpc.call('evm_setAutomine', [true]))
  }
  const deaf = new ClaimWatch({
    settlement: running.dev.contracts.settlement,
    book: () => book,
    rpc: {
      origin: 'a node',
      call: async () => ({
        ok: false,
        error: { reason: 'chain_unreachable', origin: 'a node', detail: 'ECONNREFUSED' },
      }),
    },
    policy: usual,
    sender: operator(),
    gatewaySeenAtMs: 0,
    onEvent: (event) => void events.push(event),
    nowMs: () => nowMs,
  })
  await deaf.look()
  expect(events.at(-1)).toMatchObject({ event: 'claim_failed' })
})

test('what another process claimed already is not claimed again', async () => {
  promise(2_000_000n)
  const watch = watchOf({ claimAboveAmount: atomic(1n) })
  await watch.look()
  const settlement = channelSettlementAt(running.dev.contracts.settlement)
  const channel = running.dev.payoutChannel
  const onChain = expectOk(await readChannel(running.chain.rpc, settlement, channel))
  expect(onChain.totalClaimed).toBe(2_000_000n)
  const before = await sentByOperator()
  const next = watchOf({ claimAboveAmount: atomic(1n) })
  await next.look()
  expect(await sentByOperator()).toBe(before)
})
