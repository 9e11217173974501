import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { settlementIntervalMs } from '../../src/base/limits.ts'
import type { GatewayLog } from '../../src/base/log.ts'
import { readChannel } from '../../src/chain/channel-settlement.ts'
import { channelDomain, channelIdOf, voucherDigest } from '../../src/chain/channel-typed-data.ts'
import { readContract } from '../../src/chain/contracts.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { type DevContractHandles, devContractHandles, devUsd } from '../../src/dev/dev-contracts.ts'
import { fundChannel } from '../../src/dev/fund-channel.ts'
import type { Channel, ChannelConfig } from '../../src/domain/channel.ts'
import {
  type AtomicAmount,
  atomic,
  type Bytes32,
  bytes32,
  unixSecondsOf,
  zeroBytes32,
} from '../../src/domain/units.ts'
import type { ClaimPolicy } from '../../src/settlement/claim-schedule.ts'
import { startSettlementLoop } from '../../src/settlement/settlement-loop.ts'
import type { LedgerStore } from '../../src/store/ledger-store.ts'
import { openSqliteLedger } from '../../src/store/ledger-store-sqlite.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'

let running: TestDevChain
let handles: DevContractHandles
let ledger: LedgerStore
let events: string[]

beforeEach(async () => {
  running = await startDevChain()
  handles = devContractHandles(running.dev.contracts)
  ledger = openSqliteLedger({
    path: join(running.folder, 'ledger.db'),
    onFailure: (error) => events.push(`ledger ${String(error)}`),
  })
  events = []
})

afterEach(async () => {
  vi.useRealTimers()
  await ledger.close()
  await running.stop()
})

const log: GatewayLog = {
  info: (event) => void events.push(event),
  error: (event) => void events.push(event),
}

const neverByItself: ClaimPolicy = {
  whenUnclaimed: atomic(2n ** 128n - 1n),
  everyMs: Number.MAX_SAFE_INTEGER,
}

function startLoop(change: { readonly policy?: ClaimPolicy; readonly rpc?: JsonRpc } = {}) {
  const rpc = change.rpc ?? running.chain.rpc
  const { keys, chainId } = running.dev
  return startSettlementLoop({
    rpc,
    settlement: handles.settlement,
    sender: openSender({ rpc, chainId, privateKey: keys.gatewayOperator }),
    ledger,
    policy: change.policy ?? neverByItself,
    log,
    nowMs: Date.now,
  })
}

/** Another channel of the same payer, funded with 100 devUSD. */
async function fundedConfig(name: number): Promise<ChannelConfig> {
  const { dev, chain } = running
  const { keys, chainId, contracts } = dev
  const salt = bytes32(`0x${name.toString(16).padStart(64, '0')}`)
  const funded = await fundChannel({
    rpc: chain.rpc,
    chainId,
    asset: handles.asset,
    settlement: handles.settlement,
    collector: contracts.eip3009Collector,
    config: { ...dev.channel.config, salt },
    relayer: openSender({ rpc: chain.rpc, chainId, privateKey: keys.deployer }),
    payerKey: keys.payer,
    nowS: unixSecondsOf(Date.now()),
  })
  return expectOk(funded).config
}

/** Opens the channel's book with a voucher, signed by the session key unless told otherwise. */
async function openBook(
  config: ChannelConfig,
  signed: AtomicAmount,
  key: PrivateKey = running.dev.keys.session,
): Promise<Bytes32> {
  const { chainId, contracts } = running.dev
  const domain = channelDomain({ chainId, verifyingContract: contracts.settlement })
  const channelId = channelIdOf(domain, config)
  const channel = { channelId, config }
  const onChain = expectOk(await readChannel(running.chain.rpc, handles.settlement, channel))
  await ledger.openChannel({ ...channel, chainId, onChain })
  const promise = { channelId, maxClaimableAmount: signed }
  const voucher = { ...promise, signature: signDigest(voucherDigest(domain, promise), key) }
  const accepted = expectOk(await ledger.acceptVoucher(voucher))
  await accepted.durable
  return channelId
}

let requests = 0
async function charge(channelId: Bytes32, held: bigint, actual: bigint): Promise<void> {
  requests += 1
  const requestId = `request-${requests}`
  expectOk(
    await ledger.hold({
      requestId,
      channelId,
      heldAmount: atomic(held),
      context: '{}',
      budget: undefined,
      announces: false,
    }),
  )
  const sealed = { receiptId: bytes32(`0x${requests.toString(16).padStart(64, '0')}`) }
  const charged = await ledger.charge(requestId, atomic(actual), () => ({
    ...sealed,
    digest: zeroBytes32,
    body: '{}',
  }))
  await charged?.durable
}

async function book(channelId: Bytes32): Promise<Channel> {
  const channel = await ledger.channel(channelId)
  if (channel === undefined) throw new Error('no such channel')
  return channel
}

const onChain = async (channel: Pick<Channel, 'channelId' | 'config'>) =>
  expectOk(await readChannel(running.chain.rpc, handles.settlement, channel))

async function receiverBalance(): Promise<unknown> {
  const balance = await readContract(running.chain.rpc, {
    contract: handles.asset,
    functionName: 'balanceOf',
    args: [running.dev.addresses.gatewayOperator],
  })
  return expectOk(balance)[0]
}

const height = async (): Promise<unknown> =>
  expectOk(await running.chain.rpc.call('eth_blockNumber', []))

test('from the deposit through 200 charges to the receiver’s wallet, to the atomic unit', async () => {
  const channelId = await openBook(running.dev.channel.config, devUsd(5n))
  expect(await receiverBalance()).toBe(0n)
  const settlement = startLoop()
  let charged = 0n
  for (let i = 1n; i <= 200n; i += 1n) {
    const actual = (i * 7_919n) % 20_011n
    await charge(channelId, 20_011n, actual)
    charged += actual
    if (i === 77n) await settlement.claimNow()
  }
  await settlement.claimNow()

  expect(charged).toBeGreaterThan(0n)
  const channel = await book(channelId)
  expect(channel).toMatchObject({ chargedCumulativeAmount: charged, totalClaimed: charged })
  expect(await onChain(channel)).toEqual({
    balance: devUsd(100n),
    totalClaimed: charged,
    withdrawFinalAtS: undefined,
  })
  expect(await receiverBalance()).toBe(charged)
  expect(events).toEqual([
    'vouchers_claimed',
    'claims_settled',
    'vouchers_claimed',
    'claims_settled',
  ])

  const settled = await height()
  await settlement.claimNow()
  expect(await height()).toBe(settled)
  await settlement.stop()
})

test('vouchers that the contract refuses are said and block nobody', async () => {
  const good: Bytes32[] = []
  const bad: Bytes32[] = []
  for (let name = 1; name <= 7; name += 1) {
    const config = await fundedConfig(name)
    const isBad = name === 3 || name === 6
    const key = isBad ? running.dev.keys.payer : running.dev.keys.session
    const channelId = await openBook(config, devUsd(5n), key)
    await charge(channelId, 50n, BigInt(name))
    ;(isBad ? bad : good).push(channelId)
  }
  const settlement = startLoop()
  await settlement.claimNow()
  for (const channelId of good) {
    const { totalClaimed, chargedCumulativeAmount } = await book(channelId)
    expect(totalClaimed).toBe(chargedCumulativeAmount)
  }
  for (const channelId of bad) expect((await book(channelId)).totalClaimed).toBe(0n)
  expect(events.filter((event) => event === 'claim_refused')).toHaveLength(2)
  expect(await receiverBalance()).toBe(1n + 2n + 4n + 5n + 7n)
  await settlement.stop()
})

test('a node that is gone costs nothing but a line, and the next round makes up for it', async () => {
  const channelId = await openBook(running.dev.channel.config, devUsd(5n))
  await charge(channelId, 100n, 42n)
  const cutOff = startLoop({ rpc: jsonRpc('http://127.0.0.1:9') })
  await cutOff.claimNow()
  await cutOff.stop()
  expect(events).toContain('chain_not_read')
  expect((await book(channelId)).totalClaimed).toBe(0n)

  const settlement = startLoop()
  await settlement.claimNow()
  expect((await book(channelId)).totalClaimed).toBe(42n)
  await settlement.stop()
})

test('a payout that a crash left out is made by the next loop', async () => {
  const channelId = await openBook(running.dev.channel.config, devUsd(5n))
  await charge(channelId, 100n, 42n)
  let sent = 0
  const { rpc } = running.chain
  const dying: JsonRpc = {
    origin: rpc.origin,
    call: async (method, params) => {
      if (method === 'eth_sendRawTransaction') sent += 1
      if (sent < 2) return rpc.call(method, params)
      return { ok: false, error: { reason: 'chain_unreachable', origin: '', detail: 'gone' } }
    },
  }
  const first = startLoop({ rpc: dying })
  await first.claimNow()
  await first.stop()
  expect((await book(channelId)).totalClaimed).toBe(42n)
  expect(await receiverBalance()).toBe(0n)

  const second = startLoop()
  await second.claimNow()
  await second.stop()
  expect(await receiverBalance()).toBe(42n)
})

test('by itself it claims what its policy finds due, and sees a withdrawal', async () => {
  const large = await openBook(running.dev.channel.config, devUsd(5n))
  const small = await openBook(await fundedConfig(1), devUsd(5n))
  const leaving = await openBook(await fundedConfig(2), devUsd(5n))
  await charge(large, 1_000n, 1_000n)
  await charge(small, 1_000n, 999n)
  await charge(leaving, 1_000n, 1n)
  const { rpc } = running.chain
  const { chainId, keys } = running.dev
  const payer = openSender({ rpc, chainId, privateKey: keys.payer })
  const { config } = await book(leaving)
  expectOk(
    await sendCall(payer, {
      contract: handles.settlement,
      functionName: 'initiateWithdraw',
      args: [config, devUsd(100n)],
    }),
  )

  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const settlement = startLoop({ policy: { ...neverByItself, whenUnclaimed: atomic(1_000n) } })
  vi.advanceTimersByTime(settlementIntervalMs)
  await settlement.stop()
  expect((await book(large)).totalClaimed).toBe(1_000n)
  expect((await book(small)).totalClaimed).toBe(0n)
  expect(await book(leaving)).toMatchObject({ totalClaimed: 1n, closing: true })
})
